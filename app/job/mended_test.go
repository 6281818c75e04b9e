package job

import (
	"image"
	"image/color"
	"math"
	"testing"

	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// wavy is a picture of smooth colours, lighter by some on the right half.
func wavy(step float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			v := 110 + 8*math.Sin(float64(x)/5) + 6*math.Cos(float64(y)/7)
			if x >= 32 {
				v += step
			}
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v / 2), 90, 255})
		}
	}
	return img
}

// A mended seam is never worse than it was, by the meter itself: what is painted along it counts as far as it helps.
func TestMendedSeam(t *testing.T) {
	edge := pixel.Rectangle(image.Rect(0, 0, 64, 64), image.Rect(32, 0, 64, 64))
	band := pixel.Rectangle(edge.Rect, image.Rect(20, 0, 44, 64))
	for name, c := range map[string]struct {
		was, painted float64 // how large the step is along the border
		most         float64 // of the share of the seam that may stay
	}{"worse": {6, 90, 1}, "much better": {60, 0, 0.4}, "too far the other way": {40, -40, 0.4}, "as it was": {30, 30, 1}} {
		t.Run(name, func(t *testing.T) {
			j := Job{Mode: task.Inpaint, Frame: edge.Rect, Base: wavy(c.was), Mask: band, Edge: edge, Was: nil, Onto: edge, Feather: 0}
			before := j.seam(j.Base)
			r := j.Finish(wavy(c.painted), false)
			if r.Seam > before*c.most+1e-9 || r.Seam != j.seam(r.Picture) {
				t.Errorf("the seam is %.2f, and was %.2f", r.Seam, before)
			}
			if name == "worse" && string(r.Picture.Pix) != string(j.Base.Pix) {
				t.Error("what makes it worse was kept")
			}
			if r.Alpha == nil || r.Small == nil || r.Raw != r.Picture {
				t.Errorf("%+v", r)
			}
		})
	}
}
