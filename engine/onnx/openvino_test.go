package onnx

import (
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine/fault"
	library "nirvana/models/runtime"
)

// OpenVINO's plug-in that is damaged is listed, is not used, and the notice says what is wrong with it. Nothing else of the library
// suffers.
func TestOpenVINODamaged(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := library.OpenVINOFolder()
	if dir == "" {
		t.Skip("OpenVINO is for Linux on x86-64")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, library.OpenVINOLibrary), []byte("no library"), 0o755); err != nil {
		t.Fatal(err)
	}
	verified := shared.verified
	shared.verified = nil
	t.Cleanup(func() { shared.verified = verified })
	provider, notice := shared.selectProvider("openvino", "")
	if provider != CPU || notice.Format != fault.DeviceUnfit || notice.Detail == "" {
		t.Errorf("%s %+v", provider, notice)
	}
	t.Log(notice)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if provider, notice = shared.selectProvider("openvino", ""); provider != CPU || notice.Format != fault.NoDevice {
		t.Errorf("%s %+v", provider, notice)
	}
	if err := shared.verifyProvider(CPU); err != nil {
		t.Error(err)
	}
}
