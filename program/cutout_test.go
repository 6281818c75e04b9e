//go:build migrated_fynedo

package program

import (
	"image"
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
