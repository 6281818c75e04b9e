package canvas

import (
	"fmt"
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
			p := shot{Scene: &s.scene, view: Fitted(shown.Rect, screen.Rect.Dx(), screen.Rect.Dy()), scale: 1, size: screen.Rect.Size(), picture: shown, mask: s.scene.Mask}
			for b.Loop() {
				p.draw(screen)
			}
		})
	}
}

// BenchmarkLarge draws a picture of 4096 px with a mask over it: whole, as wide as every second pixel, and pixel for pixel.
func BenchmarkLarge(b *testing.B) {
	large := image.NewRGBA(image.Rect(0, 0, 4096, 4096))
	for i := range large.Pix {
		large.Pix[i] = uint8(i*37) | uint8(255*(i%4/3))
	}
	mask := image.NewGray(large.Rect)
	screen := image.NewRGBA(image.Rect(0, 0, 1070, 720))
	var m mips
	var k maskMips
	for _, zoom := range []float64{0.16, 0.3, 0.7, 1, 3} {
		b.Run(fmt.Sprint(zoom), func(b *testing.B) {
			s := Scene{Picture: large, Frame: large.Rect, Mask: mask, MaskOpacity: 0.45}
			p := shot{Scene: &s, view: Centred(large.Rect, 1070, 720, zoom), scale: 1, size: screen.Rect.Size(), picture: m.level(large, zoom), mask: k.level(mask, zoom)}
			for b.Loop() {
				p.draw(screen)
			}
		})
	}
}
