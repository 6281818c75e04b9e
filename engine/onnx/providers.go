package onnx

import (
	"os"
	"path/filepath"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	library "nirvana/models/runtime"
)

// CPU is the provider that is always available.
const CPU = "cpu"

// candidates are the providers in order of preference, with how each is enabled.
var candidates = []struct {
	name string
	on   func(*Runtime, *ort.SessionOptions) error
}{
	{"tensorrt", func(_ *Runtime, o *ort.SessionOptions) error {
		p, err := ort.NewTensorRTProviderOptions()
		if err != nil {
			return err
		}
		defer p.Destroy()
		return o.AppendExecutionProviderTensorRT(p)
	}},
	{"cuda", func(_ *Runtime, o *ort.SessionOptions) error {
		p, err := ort.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		defer p.Destroy()
		return o.AppendExecutionProviderCUDA(p)
	}},
	{"directml", func(_ *Runtime, o *ort.SessionOptions) error { return o.AppendExecutionProviderDirectML(0) }},
	{"coreml", func(_ *Runtime, o *ort.SessionOptions) error { return o.AppendExecutionProviderCoreMLV2(nil) }},
	{"openvino", (*Runtime).appendOpenVINO},
	{"webgpu", func(_ *Runtime, o *ort.SessionOptions) error { return o.AppendExecutionProvider("WebGPU", nil) }},
}

// appendProvider enables a provider in a session's options.
func (r *Runtime) appendProvider(o *ort.SessionOptions, name string) error {
	for _, c := range candidates {
		if c.name != name {
			continue
		}
		if name == "directml" { // it needs memory arenas switched off
			if err := o.SetMemPattern(false); err != nil {
				return err
			}
			if err := o.SetExecutionMode(ort.ExecutionModeSequential); err != nil {
				return err
			}
		}
		return c.on(r, o)
	}
	return nil
}

// Providers are those that the library was built with and those with a plug-in, the preferred first; "cpu" is the last. Load finds out whether
// one works on this machine.
func (r *Runtime) Providers() []string {
	var out []string
	for _, c := range candidates {
		if c.name == "openvino" && library.OpenVINO() != "" { // it is loaded when it is used
			out = append(out, c.name)
			continue
		}
		o, err := ort.NewSessionOptions()
		if err != nil {
			continue
		}
		if c.on(r, o) == nil {
			out = append(out, c.name)
		}
		o.Destroy()
	}
	return append(out, CPU)
}

// firstLine is an error in one line, for a notice.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// lacking explains that the library has no such provider, and where there is one that has; docs/servers.md has more.
func (r *Runtime) lacking(name string) string {
	provider := filepath.Join(filepath.Dir(r.library), "libonnxruntime_providers_"+name+".so")
	if _, err := os.Stat(provider); err == nil {
		why := r.answer(name)
		if more := loadFault(provider); more != "" {
			why += " (" + more + ")"
		}
		return "It is there and does not load: " + why
	}
	return elsewhere(name)
}

// answer is the error of enabling a provider; of CUDA, its driver's.
func (r *Runtime) answer(name string) string {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return firstLine(err)
	}
	defer o.Destroy()
	for _, c := range candidates {
		if c.name != name {
			continue
		}
		if err := c.on(r, o); err != nil {
			return firstLine(err)
		}
	}
	return "it says nothing"
}

// elsewhere says where a library with the provider is available.
func elsewhere(name string) string {
	switch name {
	case "cuda", "tensorrt":
		return "To have it, run make gpu, or nirvana runtime cuda (Linux on x86-64, NVIDIA cards)."
	case "openvino":
		return "To have it, run nirvana runtime openvino (Linux on x86-64)."
	case "directml":
		return "It is in the library for Windows alone."
	case "coreml":
		return "It is in the library for macOS alone."
	case "webgpu":
		return "It is in the library that make setup brings."
	}
	return "Devices that this program knows: tensorrt, cuda, directml, coreml, openvino, webgpu, cpu."
}
