//go:build window

package drive

import (
	"archive/zip"
	"encoding/binary"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/project"
	"nirvana/app/project/kritatest"
	"nirvana/app/psd"
	"nirvana/engine/pixel"
)

// checkInKrita has Krita, where `make krita` asks for it, open a project and a Photoshop file of the same document. The
// merged pictures in both are made black first, so that what Krita shows is composited by Krita from the layers; it
// is ours in every channel.
func checkInKrita(t *testing.T, ora, photoshop string) {
	t.Helper()
	if !kritatest.Asked() {
		return
	}
	of, err := project.Read(disk.OS{}, ora)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(photoshop)
	if err != nil {
		t.Fatal(err)
	}
	file, err := psd.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := of.Merged
	if worst, n := kritatest.Apart(pixel.Packed(file.Merged).Pix, want.Pix); n > 0 {
		t.Errorf("our pictures of the two files are up to %d of 255 apart, in %d channels", worst, n)
	}
	dir := t.TempDir()
	for name, path := range map[string]string{"the .ora": oraOfLayers(t, ora, dir), "the .psd": psdOfLayers(t, data, dir)} {
		shown, err := pixel.Load(kritatest.Export(t, path, filepath.Base(path)+".png"))
		if err != nil {
			t.Fatal(err)
		}
		worst, n := kritatest.Apart(shown.Pix, want.Pix)
		t.Logf("Krita shows %s of %d x %d px with %d channels different", name, want.Rect.Dx(), want.Rect.Dy(), n)
		if n > 0 {
			t.Errorf("Krita shows %s up to %d of 255 away, in %d channels", name, worst, n)
		}
	}
}

// oraOfLayers copies a project, its merged picture made black.
func oraOfLayers(t *testing.T, path, dir string) string {
	t.Helper()
	from, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	out := filepath.Join(dir, "layers.ora")
	file, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to := zip.NewWriter(file)
	for _, f := range from.File {
		if f.Name != "mergedimage.png" {
			if err := to.Copy(f); err != nil {
				t.Fatal(err)
			}
			continue
		}
		entry, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(entry)
		if err != nil {
			t.Fatal(err)
		}
		var w io.Writer
		if w, err = to.Create(f.Name); err == nil {
			err = png.Encode(w, image.NewGray(image.Rect(0, 0, size.Width, size.Height)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// psdOfLayers writes a Photoshop file's bytes, its merged picture made black and opaque.
func psdOfLayers(t *testing.T, data []byte, dir string) string {
	t.Helper()
	at := 26
	for range 3 { // the colour mode, the resources, the layers
		at += 4 + int(binary.BigEndian.Uint32(data[at:]))
	}
	plane := int(binary.BigEndian.Uint32(data[14:])) * int(binary.BigEndian.Uint32(data[18:]))
	channels := int(binary.BigEndian.Uint16(data[12:]))
	black := make([]byte, 2+plane*channels) // not packed
	for i := 2 + 3*plane; i < len(black); i++ {
		black[i] = 255
	}
	out := filepath.Join(dir, "layers.psd")
	if err := os.WriteFile(out, append(append([]byte{}, data[:at]...), black...), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}
