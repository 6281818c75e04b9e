package canvas

import (
	"image"
	"testing"
)

// BenchmarkRender draws one frame of a window of 1440 x 900 px: at rest, and with a running step over it. A tick of
// the window lasts 16.7 ms.
func BenchmarkRender(b *testing.B) {
	shown := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for i := range shown.Pix {
		shown.Pix[i] = uint8(i * 37)
	}
	for i := 3; i < len(shown.Pix); i += 4 {
		shown.Pix[i] = 255
	}
	step := image.NewRGBA(image.Rect(0, 0, 16, 16))
	copy(step.Pix, shown.Pix)
	mask := image.NewGray(shown.Rect)
	for i := range mask.Pix {
		mask.Pix[i] = uint8(i)
	}
	screen := image.NewRGBA(image.Rect(0, 0, 1070, 720))
	for _, s := range []struct {
		name  string
		scene Scene
	}{
		{"rest", Scene{Picture: shown}},
		{"mask", Scene{Picture: shown, Mask: mask, MaskOpacity: 0.45}},
		{"step", Scene{Picture: shown, Live: step}},
	} {
		b.Run(s.name, func(b *testing.B) {
			s.scene.Frame, s.scene.LiveAt = shown.Rect, shown.Rect
			p := shot{Scene: &s.scene, view: Fitted(shown.Rect, screen.Rect.Dx(), screen.Rect.Dy()), scale: 1, size: screen.Rect.Size(), picture: shown}
			for b.Loop() {
				p.draw(screen)
			}
		})
	}
}
