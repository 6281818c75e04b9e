package project

import (
	"archive/zip"
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/engine/budget"
)

func square(side int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

func TestRoundTrip(t *testing.T) {
	png, err := PNG(square(4))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.ora")
	f := &File{Width: 8, Height: 8, Merged: square(8), Entries: map[string][]byte{"project.json": []byte("{}"), "deep/x": {1, 2}},
		Layers: []Layer{{Name: `<&" top`, PNG: png, At: image.Pt(-3, 2), Opacity: 0.5, Hidden: true}, {Name: "", PNG: png, Opacity: 1}}}
	for range 2 { // over itself
		if err := Write(disk.OS{}, path, f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Layers) != 2 || got.Layers[0].Name != `<&" top` || got.Layers[0].At != image.Pt(-3, 2) || got.Layers[0].Opacity != 0.5 || !got.Layers[0].Hidden ||
		string(got.Entries["deep/x"]) != "\x01\x02" || got.Merged.Rect != f.Merged.Rect {
		t.Errorf("%+v", got)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if first := z.File[0]; first.Name != "mimetype" || first.Method != zip.Store || len(first.Extra) > 0 || len(z.File) != 8 {
		t.Errorf("the first of %d entries is %+v", len(z.File), first.FileHeader)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(raw[38:54]) != mimetype { // where file(1) and desktops look
		t.Errorf("at byte 38 stands %q", raw[38:54])
	}
}

func FuzzDecode(f *testing.F) {
	var out bytes.Buffer
	png, _ := PNG(square(2))
	file := &File{Width: 2, Height: 2, Merged: square(2), Layers: []Layer{{Name: "a", PNG: png, Opacity: 1}}}
	if err := file.encode(&out, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		if err != nil || got.Width*got.Height > 1<<16 {
			return
		}
		if img, _, err := got.Flatten(func(Layer) bool { return false }); err == nil && img != nil && img.Rect.Dx() != got.Width {
			t.Error("the flat picture has another size")
		}
	})
}

// FuzzStack reads stack.xml alone, since a fuzzer cannot make zip files.
func FuzzStack(f *testing.F) {
	f.Add([]byte(`<image w="8" h="8"><stack opacity="nan" x="1e300"><layer src="a.png" x="-4" opacity="9"/></stack></image>`))
	f.Add([]byte(`<image w="99999999" h="99999999"/>`))
	f.Add([]byte("\xff\xfe<\x00i\x00"))
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1252"?><image w="8" h="8"/>`))
	png, _ := PNG(square(2))
	data := zipOf(f, map[string][]byte{"a.png": png})
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := open(z, budget.For(int64(len(data))))
		if err != nil {
			t.Fatal(err)
		}
		file := File{decoded: in.budget}
		if file.readStack(data, in) != nil || file.Width*file.Height > 1<<16 {
			return
		}
		file.Flatten(func(Layer) bool { return false })
		if xml, _ := file.stack(map[string]bool{}); len(xml) == 0 {
			t.Error("no stack")
		}
	})
}
