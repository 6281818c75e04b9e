package app

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"nirvana/app/history"
)

// half is a picture with straight alpha that premultiplied colours of 8 bits cannot hold.
func half(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8(3 * x), uint8(5 * y), uint8(x ^ y), 3})
		}
	}
	return img
}

// newest is the file of the history's last picture.
func newest(t *testing.T, c *child, have int) (history.Entry, image.Image) {
	t.Helper()
	var all []history.Entry
	c.until(func() bool {
		var err error
		if all, err = c.History.List("", 0, 10); err != nil {
			t.Fatal(err)
		}
		return len(all) >= have
	})
	if len(all) != have {
		t.Fatalf("%d pictures in the history: %+v", len(all), c.Notice)
	}
	f, err := os.Open(all[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return all[0], img
}

// The history has the whole of what a run ends in: the picture round the frame of an inpaint, of a close-up and of an
// outpaint, in the file's own straight pixels.
func TestHistoryKeepsTheWholePicture(t *testing.T) {
	c := studioAt(t, t.TempDir())
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	from := half(100, 80)
	if err := c.OpenPicture(pngFile(t, from)); err != nil {
		t.Fatal(err)
	}
	c.Set(func(s *Settings) { s.Steps, s.Feather, s.HoldMask = 2, 0, true })
	outside := func(what string, img image.Image, size image.Point, corner image.Point, inside image.Rectangle) {
		t.Helper()
		if img.Bounds().Size() != size {
			t.Fatalf("%s: %v instead of %v", what, img.Bounds().Size(), size)
		}
		changed := 0
		for y := range 80 {
			for x := range 100 {
				got := color.NRGBAModel.Convert(img.At(x+corner.X, y+corner.Y)).(color.NRGBA)
				if same := got == from.NRGBAAt(x, y); !same && !image.Pt(x, y).In(inside) {
					t.Fatalf("%s: pixel %d,%d is %v, was %v", what, x, y, got, from.NRGBAAt(x, y))
				} else if !same {
					changed++
				}
			}
		}
		if changed == 0 {
			t.Errorf("%s: nothing is new", what)
		}
	}
	frame, mask := image.Rect(16, 8, 64, 56), image.Rect(24, 16, 48, 40)
	for i, only := range []bool{false, true} {
		c.Set(func(s *Settings) { s.OnlyMasked, s.Padding = only, 8 })
		c.Document.SetFrame(frame)
		c.Document.Rectangle(mask, Replace)
		c.Generate()
		e, img := newest(t, c, i+1)
		outside("inpaint", img, image.Pt(100, 80), image.Point{}, mask)
		f, ok := e.Recipe.FrameIn(img.Bounds())
		if !ok || !mask.In(f) || e.Width != 100 || e.Height != 80 {
			t.Errorf("the recipe's frame is %v, the picture's size %d x %d", e.Recipe.Frame, e.Width, e.Height)
		}
		c.until(func() bool { return !c.Run().Active() })
		c.Tray.Clear()
	}
	c.Document.SetMask("clear", image.NewGray(c.Document.Picture.Rect))
	c.Set(func(s *Settings) { s.Overlap = 8 })
	c.Document.SetFrame(image.Rect(-24, -16, 40, 48))
	if c.Mode() != Outpaint {
		t.Fatal(c.Mode())
	}
	c.Generate()
	e, img := newest(t, c, 3)
	outside("outpaint", img, image.Pt(124, 96), image.Pt(24, 16), image.Rect(-24, -16, 40, 48))
	if f, _ := e.Recipe.FrameIn(img.Bounds()); f != image.Rect(0, 0, 64, 64) {
		t.Errorf("the outpaint's frame is %v", f)
	}
	// Opened again, its settings lead to the same place.
	if err := c.OpenPicture(e.Path); err != nil {
		t.Fatal(err)
	}
	c.Document.SetFrame(image.Rect(40, 16, 104, 80))
	c.Use(e.Recipe)
	if c.Document.Frame != image.Rect(0, 0, 64, 64) {
		t.Errorf("the frame is at %v", c.Document.Frame)
	}
}
