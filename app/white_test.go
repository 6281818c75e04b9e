package app

import (
	"image"
	"image/color"
	"testing"
	"time"
)

// A picture that was cut out is given to the model on white, as it learned its drawings, also to be enlarged.
func TestEnlargesCutOutOnWhite(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		img := image.NewRGBA(image.Rect(0, 0, 64, 64))
		for y := 20; y < 44; y++ {
			for x := 20; x < 44; x++ {
				img.SetRGBA(x, y, color.RGBA{200, 10, 20, 255})
			}
		}
		b.Document.Set(img)
		b.Upscale(2)
		b.after(30 * time.Second)
		asked := b.models["a"].asked
		if len(asked) != 1 || asked[0].Init == nil {
			t.Fatalf("asked %d times (%v)", len(asked), b.Notice)
		}
		if c := asked[0].Init.RGBAAt(2, 2); c != (color.RGBA{255, 255, 255, 255}) {
			t.Errorf("the ground is %v", c)
		}
		if c := asked[0].Init.RGBAAt(32, 32); c != (color.RGBA{200, 10, 20, 255}) {
			t.Errorf("the drawing is %v", c)
		}
	})
}
