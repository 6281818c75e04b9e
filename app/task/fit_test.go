package task

import (
	"image"
	"image/color"
	"testing"

	"nirvana/engine"
)

// A request of any size is extended to the next that divides, its pictures with it, and what is made is cut back.
func TestFit(t *testing.T) {
	for _, c := range []struct{ w, h, multiple, toW, toH int }{{64, 64, 8, 64, 64}, {63, 65, 8, 64, 72}, {1, 1, 64, 64, 64}, {100, 64, 32, 128, 64}} {
		q := engine.Request{Init: plain(c.w, c.h, color.RGBA{9, 9, 9, 255}), Mask: half(c.w, c.h, 1), Depth: half(c.w, c.h, 1)}
		own := Fit(&q, c.multiple)
		if c.w == c.toW && c.h == c.toH {
			if own != (image.Point{}) || q.Width != 0 {
				t.Errorf("%v was extended", c)
			}
			continue
		}
		want := image.Pt(c.toW, c.toH)
		if own != image.Pt(c.w, c.h) || image.Pt(q.Width, q.Height) != want || q.Init.Rect.Size() != want || q.Mask.Rect.Size() != want || q.Depth.Rect.Size() != want {
			t.Errorf("%v: own %v, %dx%d, picture %v, mask %v", c, own, q.Width, q.Height, q.Init.Rect, q.Mask.Rect)
		}
		if got := Cut(plain(2*c.toW, 2*c.toH, color.RGBA{1, 2, 3, 255}), own, q).Rect.Size(); got != image.Pt(2*c.w, 2*c.h) {
			t.Errorf("%v: cut to %v", c, got)
		}
	}
	q := engine.Request{Width: 50, Height: 40}
	if own := Fit(&q, 16); own != image.Pt(50, 40) || q.Width != 64 || q.Height != 48 {
		t.Errorf("without a picture: %v, %dx%d", own, q.Width, q.Height)
	}
}
