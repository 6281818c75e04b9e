package canvas

import (
	"image"
	"image/color"
	"testing"
)

// A preview of 8 x 8 latents beside the frame has no squares: it changes by little from one screen pixel to the next, as
// the frame's own preview does. A picture of the frame's size keeps its squares where they are to be seen.
func TestBesideIsSmooth(t *testing.T) {
	ramp := func(n int) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, n, n))
		for i := range n * n {
			img.Set(i%n, i/n, color.Gray{uint8(255 * (i % n) / (n - 1))})
		}
		return img
	}
	leap := func(img *image.RGBA, zoom float64) (most int) {
		s := Scene{Frame: image.Rect(0, 0, 64, 64), Beside: img, BesideAt: image.Rect(0, 0, 64, 64), Accent: accent}
		shot := shoot(s, Viewport{Zoom: zoom}, 1, image.Pt(300, 300))
		for x := 101; x < 200; x++ {
			most = max(most, int(shot.RGBAAt(x, 150).R)-int(shot.RGBAAt(x-1, 150).R))
		}
		return most
	}
	if d := leap(ramp(8), 6); d > 3 {
		t.Errorf("a preview leaps by %d levels between two pixels of the screen", d)
	}
	if d := leap(ramp(64), 6); d < 4 {
		t.Errorf("a picture at 600 %% leaps by %d levels at most: its pixels are not seen", d)
	}
}

// Where the picture beside is transparent the canvas's squares are seen, as under the picture itself.
func TestBesideIsCutOut(t *testing.T) {
	s := Scene{Frame: image.Rect(0, 0, 64, 64), Beside: image.NewRGBA(image.Rect(0, 0, 64, 64)), BesideAt: image.Rect(80, 0, 144, 64), Accent: accent}
	shot := shoot(s, Viewport{Zoom: 1}, 1, image.Pt(160, 64))
	for _, p := range []image.Point{{90, 20}, {130, 50}} {
		if c := shot.RGBAAt(p.X, p.Y).R; c != darkCheck[0] && c != darkCheck[1] {
			t.Errorf("at %v is %d", p, c)
		}
	}
}

// A run's last step may be cut out: its transparent part shows the canvas's squares, not black, with and without a mask.
func TestCutOutStepIsNotBlack(t *testing.T) {
	mask := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	for _, m := range []*image.Gray{nil, mask} {
		s := Scene{Frame: image.Rect(0, 0, 64, 64), Live: image.NewRGBA(image.Rect(0, 0, 16, 16)), LiveAt: image.Rect(0, 0, 64, 64), LiveMask: m, Accent: accent}
		shot := shoot(s, Viewport{Zoom: 2}, 1, image.Pt(128, 128))
		for _, p := range []image.Point{{20, 20}, {70, 90}} {
			if c := shot.RGBAAt(p.X, p.Y).R; c != darkCheck[0] && c != darkCheck[1] {
				t.Errorf("mask %v: at %v is %d", m != nil, p, c)
			}
		}
	}
}
