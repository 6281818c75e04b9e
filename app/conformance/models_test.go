package conformance

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive writes a zip of names and contents; a content that starts with -> is a link.
func archive(t *testing.T, files ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "models.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		h.SetMode(0o644)
		text, link := strings.CutPrefix(files[i+1], "->")
		if link {
			h.SetMode(0o777 | os.ModeSymlink)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Files and links are extracted as files; paths outside of the folder and broken links are refused.
func TestUnpack(t *testing.T) {
	dir := t.TempDir()
	if err := Unpack(archive(t, "a/unet/model.onnx", "net", "b/unet/model.onnx", "->../../a/unet/model.onnx"), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name, "unet", "model.onnx")
		data, err := os.ReadFile(path)
		info, _ := os.Lstat(path)
		if err != nil || string(data) != "net" || !info.Mode().IsRegular() {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, bad := range []string{
		archive(t, "../out", "x"),
		archive(t, "a", "->../../etc/passwd"),
		archive(t, "a", "->b", "b", "->a"),
		filepath.Join(dir, "a", "unet", "model.onnx"),
	} {
		if err := Unpack(bad, t.TempDir()); err == nil {
			t.Errorf("%s is unpacked", bad)
		}
	}
}
