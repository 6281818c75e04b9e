package pixel

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

// A drawing on a transparent ground is on white in a JPEG, however its pixels are kept, and its half-transparent rim too.
func TestJPEGIsOnWhite(t *testing.T) {
	straight := drawing(64, color.NRGBA{20, 90, 40, 255})
	for name, img := range map[string]image.Image{"straight": straight, "premultiplied": laid(straight, color.Transparent),
		"part of another": laid(straight, color.Transparent).SubImage(image.Rect(8, 8, 60, 60))} {
		data, err := JPEG(img, 95)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := Decode(bytes.NewReader(data))
		if err != nil || got.Rect.Size() != img.Bounds().Size() {
			t.Fatal(name, err, got)
		}
		want := laid(img, color.White)
		sum := 0
		for y := range got.Rect.Dy() {
			for x := range got.Rect.Dx() {
				g, w := got.RGBAAt(x, y), want.RGBAAt(x+want.Rect.Min.X, y+want.Rect.Min.Y)
				sum += max(int(g.G)-int(w.G), int(w.G)-int(g.G))
			}
		}
		if c := got.RGBAAt(0, 0); c.R < 250 || c.G < 250 || c.B < 250 {
			t.Errorf("%s: the ground is %v", name, c)
		}
		if mean := float64(sum) / float64(got.Rect.Dx()*got.Rect.Dy()); mean > 3 {
			t.Errorf("%s: %.1f away from the drawing on white", name, mean)
		}
	}
}
