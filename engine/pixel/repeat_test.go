package pixel

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func TestWidened(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 5, 3))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	for _, m := range []image.Point{{}, {X: 2}, {Y: 7}, {X: 5, Y: 3}, {X: 13, Y: 4}} {
		got := Widened(img, m)
		for y := range got.Rect.Dy() {
			for x := range got.Rect.Dx() {
				if got.RGBAAt(x, y) != img.RGBAAt(((x-m.X)%5+5)%5, ((y-m.Y)%3+3)%3) {
					t.Fatalf("margin %v: the pixel at %d, %d is %v", m, x, y, got.RGBAAt(x, y))
				}
			}
		}
	}
}

// A wave that closes round the edges is enlarged to one that does.
func TestResizeAround(t *testing.T) {
	wave := func(w, h int) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				v := 128 + 60*math.Sin(2*math.Pi*(float64(x)+0.5)/float64(w)) + 60*math.Cos(2*math.Pi*(float64(y)+0.5)/float64(h)+1)
				img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v), uint8(v), 255})
			}
		}
		return img
	}
	small, want := wave(24, 30), wave(60, 40)
	got := ResizeAround(small, 60, 40, true, true)
	if got.Rect != want.Rect {
		t.Fatal(got.Rect)
	}
	for i := range want.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d < -3 || d > 3 {
			t.Fatalf("value %d is %d, want %d", i, got.Pix[i], want.Pix[i])
		}
	}
}
