package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Skip("no links here: ", err)
	}
}

// Names that lead out of the folder are refused as they are written, whether there is something or not.
func TestNamesStayInside(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "model")
	secret := put(t, filepath.Join(top, "secret"), "s")
	put(t, filepath.Join(dir, "unet", "model.onnx"), "x")
	for _, name := range []string{"../secret", "unet/../../secret", secret, "", "..", "unet\\..\\..\\secret", "C:secret", "a\x00b", "../missing"} {
		if _, _, err := Inside(dir, name); !errors.Is(err, ErrOutside) {
			t.Errorf("%q: %v", name, err)
		}
		if _, _, err := Beside(filepath.Join(dir, "unet", "model.onnx"), name); !errors.Is(err, ErrOutside) {
			t.Errorf("beside a file, %q: %v", name, err)
		}
	}
	for _, name := range []string{"unet/model.onnx", "./unet/model.onnx", "unet/../unet/model.onnx"} {
		if _, info, err := Inside(dir, name); err != nil || info.Size() != 1 {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, _, err := Inside(dir, "unet/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, _, err := Inside(dir, "unet"); err == nil {
		t.Error("a folder passes for a file")
	}
}

// Links are followed in the folder and in its repository of the hub's cache; out of them they are refused.
func TestLinksStayInside(t *testing.T) {
	top := t.TempDir()
	repository := filepath.Join(top, "models--owner--name")
	dir := filepath.Join(repository, "snapshots", "0123abcd")
	put(t, filepath.Join(repository, "blobs", "aa"), "graph")
	put(t, filepath.Join(repository, "blobs", "bb"), "weights")
	link(t, "../../../blobs/aa", filepath.Join(dir, "unet", "model.onnx"))
	link(t, "../../../blobs/bb", filepath.Join(dir, "unet", "model.onnx_data"))
	put(t, filepath.Join(top, "secret"), "s")
	link(t, "../../../secret", filepath.Join(dir, "out"))
	link(t, filepath.Join(top, "secret"), filepath.Join(dir, "unet", "out"))
	link(t, "model.onnx", filepath.Join(dir, "unet", "again"))
	link(t, "ring", filepath.Join(dir, "ring"))
	for name, want := range map[string]bool{"unet/model.onnx": true, "unet/model.onnx_data": true, "unet/again": true, "out": false, "unet/out": false, "ring": false} {
		if _, _, err := Inside(dir, name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	model := filepath.Join(dir, "unet", "model.onnx")
	if path, info, err := Beside(model, "model.onnx_data"); err != nil || info.Size() != 7 || filepath.Base(path) != "bb" {
		t.Errorf("external data: %s, %v", path, err)
	}
	if _, _, err := Beside(model, "out"); !errors.Is(err, ErrOutside) {
		t.Errorf("external data behind a link: %v", err)
	}
	// A file that the artist linked to: its data lie beside the real one.
	put(t, filepath.Join(top, "store", "model.onnx"), "graph")
	put(t, filepath.Join(top, "store", "weights"), "weights")
	link(t, filepath.Join(top, "store", "model.onnx"), filepath.Join(top, "mine", "unet", "model.onnx"))
	if _, _, err := Beside(filepath.Join(top, "mine", "unet", "model.onnx"), "weights"); err != nil {
		t.Errorf("data beside what a link points to: %v", err)
	}
}

func TestRead(t *testing.T) {
	path := put(t, filepath.Join(t.TempDir(), "config.json"), "0123456789")
	if data, err := Read(path, 10); err != nil || len(data) != 10 {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Read(path, 9); err == nil {
		t.Error("a file over the limit is read")
	}
	if _, err := Read(os.DevNull, 10); err == nil {
		t.Error("a device is read")
	}
}
