package wheel_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/models/runtime/wheel"
	"nirvana/models/runtime/wheel/wheeltest"
)

// A set is found by pip in the index that this machine uses; a download that breaks off is continued where it was.
func TestIndex(t *testing.T) {
	var x wheeltest.Index
	set := x.Libraries(t)
	x.Cut("nvidia-cublas", "13.0.1")
	x.Start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	var told []string
	if err := wheel.Bring(t.Context(), set, folder, wheel.Pip, io.Discard, func(what string, have, of int64) {
		if of != wheel.Size(set) || have > of {
			t.Errorf("%d of %d bytes", have, of)
		}
		told = append(told, what)
	}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"libonnxruntime_providers_cuda.so": "cuda ", "libcublas.so.13": "blas ", "licences/nvidia-cublas-License.txt": "terms"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %.20q %v", name, got, err)
		}
	}
	if asked := x.Asked(); len(asked) != 3 || strings.Contains(asked[1], "bytes=") || !strings.Contains(asked[2], "bytes=") {
		t.Errorf("asked for %q", asked)
	}
	if len(told) < 3 || told[0] != "onnxruntime-gpu" || told[len(told)-1] != "nvidia-cublas" {
		t.Errorf("told %q", told)
	}
}

// What the index has under the pinned name is refused where its SHA-256 is another, and a package that it does not have is
// named. Nothing of it is used.
func TestIndexLies(t *testing.T) {
	var x wheeltest.Index
	set := x.Libraries(t)
	x.Start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	wrong := []wheel.Wheel{set[0], set[1]}
	wrong[1].SHA256 = strings.Repeat("0", 64)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var log bytes.Buffer
	if err := wheel.Bring(ctx, wrong, folder, wheel.Pip, &log, nil); err == nil || !strings.Contains(err.Error()+log.String(), "SHA-256") {
		t.Errorf("%v\n%s", err, &log)
	}
	none := []wheel.Wheel{{Package: "nvidia-nothing", Version: "1.0"}}
	if err := wheel.Bring(t.Context(), none, folder, wheel.Pip, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "nvidia-nothing 1.0") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("libraries are there")
	}
}

// A full disk is said at once, and what was there before stays.
func TestIndexFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	var x wheeltest.Index
	set := x.Libraries(t)
	x.Start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	if err := os.MkdirAll(folder+".download", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(folder+".download", "onnxruntime-gpu-1.2.3.whl.part")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err := wheel.Bring(t.Context(), set, folder, wheel.Pip, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "no space left") || time.Since(began) > 15*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if got, err := os.ReadFile(folder); err != nil || string(got) != "before" {
		t.Errorf("%q %v", got, err)
	}
}
