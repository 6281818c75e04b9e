package app

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/psd"
)

// A document goes out as Photoshop's file and comes back with its layers; one that does more than ours opens as its picture, and that is told.
func TestPhotoshop(t *testing.T) {
	dir := t.TempDir()
	c := studioAt(t, filepath.Join(dir, "a"))
	blocked(t, c.Document)
	want, path := c.Document.Picture, filepath.Join(dir, "a.PSD")
	if err := c.Export(path); err != nil {
		t.Fatal(err)
	}
	other := studioAt(t, filepath.Join(dir, "b"))
	if err := other.OpenPicture(path); err != nil {
		t.Fatal(err)
	}
	d := other.Document
	if n := farthest(d.Picture, want); n > 1 || len(d.Stack().Layers) != 2 || d.Stack().Layers[1].Layers[0].Name != "Sky" || d.CanUndo() != "" || d.Unsaved {
		t.Errorf("%d away, %+v", n, d.Stack())
	}
	data, _ := os.ReadFile(path)
	// another picture of all than the layers give: what an effect would do
	f, err := psd.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	white := image.NewRGBA(want.Rect)
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	if err := psd.Encode(&b, f.Layers, white); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(path, b.Bytes(), 0o644)
	if err := other.OpenPicture(path); err != nil {
		t.Fatal(err)
	}
	if farthest(d.Picture, white) > 0 || d.Layered() || other.Notice == nil {
		t.Error("a file whose layers show something else did not open as its picture", other.Notice)
	}
	os.WriteFile(path, data[:len(data)/9], 0o644)
	if err := other.OpenPicture(path); err == nil || d.Picture == nil || farthest(d.Picture, white) > 0 {
		t.Error("a file that was cut off was taken, or what was there is lost", err)
	}
}
