//go:build migrated_fynedo

package program

import (
	"image"
	"math"
	"testing"

	"nirvana/app"
	"nirvana/engine/pixel"
)

// A picture of three times the model's side shows once what the model draws at its own size, and its windows leave
// no seam: neither along the lines of a grid of their size nor of half of it.
func TestLargePicture(t *testing.T) {
	a := openAtelier(t)
	d := a.Document
	paint := func(side int) *image.RGBA {
		a.Set(func(s *app.Settings) { s.Prompt, s.Seed, s.Steps, s.Locked = "a red heart, 3d emoji", 5, 10, true })
		a.NewDocument()
		d.SetFrame(image.Rect(0, 0, side, side))
		return a.make().Picture
	}
	small, large := paint(256), paint(768)
	if large.Rect.Dx() != 768 {
		t.Fatalf("made %v", large.Rect)
	}
	if r := likeness(small, pixel.Resize(large, 256, 256)); r < 0.9 {
		t.Errorf("the large picture's likeness to the small one is %.2f, want 0.9", r)
	}
	grid := image.NewGray(large.Rect)
	for i := range grid.Pix {
		if (i%768/128+i/768/128)%2 == 0 {
			grid.Pix[i] = 255
		}
	}
	seam := pixel.Seam(large, nil, grid)
	t.Logf("seam %.2f", seam)
	if seam > 1.1 {
		t.Errorf("the windows' lines are %.2f times the picture's others, want at most 1.1", seam)
	}
}

// likeness is the correlation of two pictures of one size, 1 for equal ones.
func likeness(a, b *image.RGBA) float64 {
	var n, sa, sb, aa, bb, ab float64
	for i := range a.Pix {
		if i%4 == 3 {
			continue
		}
		x, y := float64(a.Pix[i]), float64(b.Pix[i])
		n, sa, sb, aa, bb, ab = n+1, sa+x, sb+y, aa+x*x, bb+y*y, ab+x*y
	}
	return (ab - sa*sb/n) / math.Sqrt((aa-sa*sa/n)*(bb-sb*sb/n))
}
