package ui

import (
	"image"
	"image/color"
	"testing"
)

// A curve is drawn from the left to the right without a gap, 1 at the top; what is no number is left out.
func TestDrawCurve(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	ink := color.RGBA{255, 0, 0, 255}
	drawCurve(img, ink, func(t int) float64 { return 1 - float64(t)/999 }, 1000)
	if img.RGBAAt(0, 0) != ink || img.RGBAAt(39, 27) != ink || img.RGBAAt(39, 0) == ink {
		t.Error("it does not fall from the top to the bottom")
	}
	before := -1
	for x := range 40 {
		top := -1
		for y := range 30 {
			if img.RGBAAt(x, y) == ink {
				top = y
				break
			}
		}
		if top < before-1 || top > before+3 {
			t.Fatalf("a gap at %d: from %d to %d", x, before, top)
		}
		before = top
	}
}
