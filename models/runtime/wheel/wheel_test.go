package wheel

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/models/runtime"
)

func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	z.Close()
	return b.Bytes()
}

// serve answers with wheels by their packages' names, and gives a set that pins them.
func serve(t *testing.T, wheels map[string][]byte) ([]Wheel, Locator) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.whl", time.Time{}, bytes.NewReader(wheels[r.URL.Path[1:]]))
	}))
	t.Cleanup(s.Close)
	var set []Wheel
	for name, data := range wheels {
		sum := sha256.Sum256(data)
		set = append(set, Wheel{name, "1", hex.EncodeToString(sum[:]), int64(len(data))})
	}
	return set, func(_ context.Context, w Wheel) (string, error) { return s.URL + "/" + w.Package, nil }
}

func wheels(t *testing.T) map[string][]byte {
	return map[string][]byte{
		"onnxruntime-gpu": packed(t, map[string]string{"onnxruntime/capi/libonnxruntime.so." + runtime.Version: "ort", "onnxruntime/capi/libonnxruntime_providers_cuda.so": "cuda",
			"onnxruntime/capi/onnxruntime_pybind11_state.cpython-312.so": "python", "onnxruntime/__init__.py": "no"}),
		"nvidia-cublas": packed(t, map[string]string{"nvidia/cu13/lib/libcublas.so.13": "blas", "../../evil/libx.so": "no", "nvidia/../../libout.so": "out", "nvidia_cublas-1.dist-info/licenses/License.txt": "terms"}),
	}
}

// All libraries come into one folder under the names that the loader asks for, and nothing else.
func TestBring(t *testing.T) {
	set, locate := serve(t, wheels(t))
	folder := filepath.Join(t.TempDir(), "cuda")
	if err := Bring(t.Context(), set, folder, locate, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"libonnxruntime.so.1": "ort", "libonnxruntime_providers_cuda.so": "cuda", "libcublas.so.13": "blas", "licences/nvidia-cublas-License.txt": "terms"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	for _, name := range []string{"__init__.py", "onnxruntime_pybind11_state.cpython-312.so", "libx.so", "../libx.so", "../libout.so"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := os.Stat(folder + ".download"); err == nil {
		t.Error("the wheels are still there")
	}
}

// What was interrupted is not there, and is gone on with.
func TestInterrupted(t *testing.T) {
	set, locate := serve(t, wheels(t))
	folder := filepath.Join(t.TempDir(), "cuda")
	asked := map[string]int{}
	cut := func(ctx context.Context, w Wheel) (string, error) {
		asked[w.Package]++
		if w.Package == set[1].Package && asked[w.Package] == 1 {
			return "", errors.New("the network is gone")
		}
		return locate(ctx, w)
	}
	if err := Bring(t.Context(), set, folder, cut, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "the network is gone") {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Fatal("half of it is there")
	}
	if err := Bring(t.Context(), set, folder, cut, io.Discard, nil); err != nil || asked[set[0].Package] != 1 {
		t.Errorf("%v, the first was asked for %d times", err, asked[set[0].Package])
	}
}

// A wheel that is not the pinned one is thrown away.
func TestAnotherWheel(t *testing.T) {
	set, locate := serve(t, map[string][]byte{"nvidia-cublas": packed(t, map[string]string{"nvidia/libx.so": "x"})})
	set[0].SHA256 = strings.Repeat("0", 64)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	folder := filepath.Join(t.TempDir(), "cuda")
	if err := Bring(ctx, set, folder, locate, io.Discard, nil); err == nil {
		t.Error("it was taken")
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("it is there")
	}
}

// The real wheels, 1.5 GB: NIRVANA_CUDA_FOLDER says where to.
func TestReal(t *testing.T) {
	folder := os.Getenv("NIRVANA_CUDA_FOLDER")
	if folder == "" {
		t.Skip("NIRVANA_CUDA_FOLDER names no folder")
	}
	if err := Bring(t.Context(), CUDA, folder, Pip, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"libonnxruntime.so.1", "libonnxruntime_providers_cuda.so", "libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libcurand.so.10", "libcudnn.so.9"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}
