package onnx

import (
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	library "nirvana/models/runtime"
)

// CPU is the provider that is always there.
const CPU = "cpu"

// candidates are the providers in the order in which they are preferred, with how each is switched on.
var candidates = []struct {
	name string
	on   func(*ort.SessionOptions) error
}{
	{"tensorrt", func(o *ort.SessionOptions) error {
		p, err := ort.NewTensorRTProviderOptions()
		if err != nil {
			return err
		}
		defer p.Destroy()
		return o.AppendExecutionProviderTensorRT(p)
	}},
	{"cuda", func(o *ort.SessionOptions) error {
		p, err := ort.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		defer p.Destroy()
		return o.AppendExecutionProviderCUDA(p)
	}},
	{"directml", func(o *ort.SessionOptions) error { return o.AppendExecutionProviderDirectML(0) }},
	{"coreml", func(o *ort.SessionOptions) error { return o.AppendExecutionProviderCoreMLV2(nil) }},
	{"openvino", func(o *ort.SessionOptions) error { return o.AppendExecutionProviderOpenVINO(nil) }},
	{"webgpu", func(o *ort.SessionOptions) error { return o.AppendExecutionProvider("WebGPU", nil) }},
}

// appendProvider switches a provider on in a session's options.
func appendProvider(o *ort.SessionOptions, name string) error {
	for _, c := range candidates {
		if c.name != name {
			continue
		}
		if name == "directml" { // it has to have the memory to itself
			if err := o.SetMemPattern(false); err != nil {
				return err
			}
			if err := o.SetExecutionMode(ort.ExecutionModeSequential); err != nil {
				return err
			}
		}
		return c.on(o)
	}
	return nil
}

// Providers are those that the library was built with, best first; "cpu" is
// the last. Whether one works on this machine Load finds out.
func (r *Runtime) Providers() []string {
	var out []string
	for _, c := range candidates {
		o, err := ort.NewSessionOptions()
		if err != nil {
			continue
		}
		if c.on(o) == nil {
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

// elsewhere says where there is a library that has a provider; README.md has the same at length.
func elsewhere(name string) string {
	wheel := func(name, more string) string {
		return "To have it, install the package " + name + " from PyPI" + more + " and set " + library.Variable + " to the libonnxruntime.so.1.* (Windows: onnxruntime.dll) in its folder onnxruntime/capi."
	}
	switch name {
	case "cuda", "tensorrt":
		return wheel("onnxruntime-gpu[cuda,cudnn]", " (for NVIDIA cards; with CUDA and cuDNN)")
	case "openvino":
		return wheel("onnxruntime-openvino", "")
	case "directml":
		return "It is in the library for Windows alone."
	case "coreml":
		return "It is in the library for macOS alone."
	case "webgpu":
		return "It is in the library that make setup brings."
	}
	return "Devices that this program knows: tensorrt, cuda, directml, coreml, openvino, webgpu, cpu."
}
