package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"nirvana/models/runtime"
	"nirvana/models/runtime/wheel"
	"nirvana/models/runtime/wheel/wheeltest"
)

// cards puts an nvidia-smi of its own before the machine's.
func cards(t *testing.T, says string) {
	t.Helper()
	if goruntime.GOOS != "linux" || goruntime.GOARCH != "amd64" {
		t.Skip("CUDA is fetched for Linux on x86-64")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

// said runs nirvana runtime and gives what it says.
func said(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := runtimeCommand(context.Background(), Env{Out: &out, Err: &out}, args)
	return out.String(), err
}

// nirvana runtime cuda recognises the card, fetches what it needs through pip, after a cut too, and says so; remove takes it away.
func TestRuntimeCUDA(t *testing.T) {
	cards(t, "NVIDIA RTX 4090, 590.10.01, 24564, 8.9")
	var x wheeltest.Index
	set := x.Libraries(t)
	x.Cut("onnxruntime-gpu", "1.2.3")
	x.Start(t)
	real := wheel.CUDA
	wheel.CUDA = set
	defer func() { wheel.CUDA = real }()
	if text, err := said(t); err != nil || !strings.Contains(text, "card: NVIDIA RTX 4090, 25757 MB") || !strings.Contains(text, "nirvana runtime cuda fetches") {
		t.Fatal(text, err)
	}
	text, err := said(t, "cuda")
	if err != nil || !strings.Contains(text, "The libraries are in "+runtime.CardFolder()) {
		t.Fatal(text, err)
	}
	if library, err := runtime.Find(); err != nil || filepath.Dir(library) != runtime.CardFolder() {
		t.Errorf("%s %v, want one in %s", library, err, runtime.CardFolder())
	}
	if text, err := said(t); err != nil || !strings.Contains(text, "its libraries are in "+runtime.CardFolder()) {
		t.Error(text, err)
	}
	if text, err := said(t); err != nil || !strings.Contains(text, "tensorrt: no, TensorRT's own library") {
		t.Error(text, err)
	}
	nvinfer := t.TempDir()
	if err := os.WriteFile(filepath.Join(nvinfer, "libnvinfer.so.10"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LD_LIBRARY_PATH", nvinfer)
	if text, err := said(t); err != nil || !strings.Contains(text, "tensorrt: can be tried") {
		t.Error(text, err)
	}
	if text, err := said(t, "remove"); err != nil {
		t.Error(text, err)
	}
	if _, err := os.Stat(runtime.CardFolder()); err == nil {
		t.Error("the libraries are still there")
	}
}

// nirvana runtime openvino fetches the plug-in through pip, after a cut too, without a card; remove takes it away.
func TestRuntimeOpenVINO(t *testing.T) {
	cards(t, "")
	var x wheeltest.Index
	set := x.OpenVINO(t)
	x.Cut("onnxruntime-ep-openvino", "1.2.3")
	x.Start(t)
	real := wheel.OpenVINO
	wheel.OpenVINO = set
	defer func() { wheel.OpenVINO = real }()
	if text, err := said(t); err != nil || !strings.Contains(text, "nirvana runtime openvino fetches") || runtime.OpenVINO() != "" {
		t.Fatal(text, err)
	}
	text, err := said(t, "openvino")
	if err != nil || !strings.Contains(text, "The libraries are in "+runtime.OpenVINOFolder()+": use --device openvino") {
		t.Fatal(text, err)
	}
	if at := runtime.OpenVINO(); filepath.Dir(at) != runtime.OpenVINOFolder() {
		t.Errorf("it is found at %q", at)
	}
	if _, err := os.Stat(filepath.Join(runtime.OpenVINOFolder(), "libopenvino.so.1")); err != nil {
		t.Error(err)
	}
	if text, err := said(t); err != nil || !strings.Contains(text, "openvino: can be used, on the processor too; its libraries are in "+runtime.OpenVINOFolder()) {
		t.Error(text, err)
	}
	if text, err := said(t, "remove"); err != nil || runtime.OpenVINO() != "" {
		t.Error(text, err)
	}
}

// A driver or a card that is too old is refused with the reason, and nothing is fetched.
func TestRuntimeRefused(t *testing.T) {
	for says, want := range map[string]string{"NVIDIA RTX 4090, 470.10.01, 24564, 8.9": "470.10.01", "NVIDIA GTX 1080, 590.10.01, 8192, 6.1": "6.1"} {
		cards(t, says)
		if text, err := said(t, "cuda"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v", says, text, err)
		}
	}
}
