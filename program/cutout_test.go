//go:build migrated_fynedo

package program

import (
	"archive/zip"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app"
)

// What was cut out stays cut out, however it is worked on: widened, and repainted under a mask. What lies outside of
// either keeps its bytes, and the transparent ground is not taken for something missing.
func TestWorkOnWhatIsCutOut(t *testing.T) {
	a := openAtelier(t)
	d := a.Document
	a.Set(func(s *app.Settings) {
		s.Prompt, s.Seed, s.Steps, s.CutOut, s.Locked = "a red heart", 1, 10, true, true
	})
	d.SetFrame(image.Rect(0, 0, 256, 256))
	a.make()
	a.Tray.Keep()
	sticker := d.Picture
	if at := sticker.RGBAAt(3, 3); at.A > 60 {
		t.Fatalf("the ground is not cut out: %v", at)
	}
	if middle := sticker.RGBAAt(128, 128); middle.A < 200 {
		t.Fatalf("the thing is cut out too: %v", middle)
	}

	d.Pan(0.5, 0)
	if a.Mode() != app.Outpaint {
		t.Fatalf("a widened picture is %v", a.Mode())
	}
	a.make()
	a.Tray.Keep()
	wide := d.Picture
	if wide.Rect.Dx() <= 256 {
		t.Fatalf("the picture is %v", wide.Rect)
	}
	for y := range 256 {
		for x := range 256 - a.Settings.Overlap {
			if wide.RGBAAt(x, y) != sticker.RGBAAt(x, y) {
				t.Fatalf("kept pixel %d,%d was %v and is %v", x, y, sticker.RGBAAt(x, y), wide.RGBAAt(x, y))
			}
		}
	}
	clear := 0
	for y := range 256 {
		if wide.RGBAAt(wide.Rect.Dx()-3, y).A < 60 {
			clear++
		}
	}
	if clear < 128 {
		t.Errorf("of the new edge %d of 256 pixels are transparent", clear)
	}

	d.SetFrame(image.Rect(0, 0, 256, 256))
	d.Ellipse(image.Rect(0, 0, 40, 40), app.Add)
	if a.Mode() != app.Inpaint {
		t.Fatalf("with a mask it is %v", a.Mode())
	}
	a.make()
	a.Tray.Keep()
	if at := d.Picture.RGBAAt(20, 20); at.A > 60 {
		t.Errorf("repainted ground is %v", at)
	}
}

// In an OpenRaster file that the studio saves, the layer of a picture that was cut out is transparent, and so is the
// merged picture.
func TestCutOutInOpenRaster(t *testing.T) {
	a := openAtelier(t)
	a.Set(func(s *app.Settings) {
		s.Prompt, s.Seed, s.Steps, s.CutOut, s.Locked = "a red heart", 1, 10, true, true
	})
	a.Document.SetFrame(image.Rect(0, 0, 256, 256))
	a.make()
	a.Tray.Keep()
	path := filepath.Join(t.TempDir(), "heart.ora")
	saved := false
	a.SaveProject(path, func(err error) {
		if saved = true; err != nil {
			t.Fatal(err)
		}
	})
	for !saved {
		(<-a.posted)()
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	layers := 0
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "data/") && f.Name != "mergedimage.png" || filepath.Ext(f.Name) != ".png" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(r)
		if err != nil {
			t.Fatal(f.Name, err)
		}
		r.Close()
		if img.Bounds().Dx() != 256 {
			continue // a mask or a thumbnail
		}
		layers++
		_, _, _, ground := img.At(1, 1).RGBA()
		_, _, _, middle := img.At(128, 128).RGBA()
		if ground != 0 || middle < 0xc000 {
			t.Errorf("%s: the ground's opacity is %x, the thing's %x of ffff", f.Name, ground, middle)
		}
	}
	if layers < 2 {
		t.Errorf("%d pictures in the file: want the layer and the merged picture", layers)
	}
}
