package canvas

import (
	"image"
	"testing"
)

// BenchmarkRender draws one frame of a window of 1440 x 900 px: at rest, and with a running step over it. A tick of
// the window lasts 16.7 ms.
func BenchmarkRender(b *testing.B) {
	picture := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * 37)
	}
	for i := 3; i < len(picture.Pix); i += 4 {
		picture.Pix[i] = 255
	}
	step := image.NewRGBA(image.Rect(0, 0, 16, 16))
	copy(step.Pix, picture.Pix)
	mask := image.NewGray(picture.Rect)
	for i := range mask.Pix {
		mask.Pix[i] = uint8(i)
	}
	screen := image.NewRGBA(image.Rect(0, 0, 1070, 720))
	for _, s := range []struct {
		name  string
		scene Scene
	}{
		{"rest", Scene{Picture: picture}},
		{"mask", Scene{Picture: picture, Mask: mask, MaskOpacity: 0.45}},
		{"step", Scene{Picture: picture, Live: step}},
	} {
		b.Run(s.name, func(b *testing.B) {
			s.scene.Frame = picture.Rect
			view := Fitted(picture.Rect, screen.Rect.Dx(), screen.Rect.Dy())
			var m mips
			for b.Loop() {
				m.render(screen, &s.scene, view, 1)
			}
		})
	}
}
