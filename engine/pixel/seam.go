package pixel

import (
	"image"
	"math"
)

// Seam measures how visible the mask's boundary is: the mismatch between neighbours on its two sides (of colour and
// gradient), divided by the same mismatch between undisturbed neighbours a few pixels away. 1 is a boundary like any
// other line of the picture; 0 where there is none. Where was, the picture before it was repainted, had an edge of
// its own along the boundary, the mismatch is compared with that edge; was may be nil, or transparent where there was
// nothing.
func Seam(img, was *image.RGBA, m *Mask) float64 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	in := func(x, y int) bool { return m.Pix[y*m.Stride+x] >= 128 }
	var seam, calm, own mismatch
	before := func(x, y, dx, dy int) {
		if was != nil && was.Pix[4*(y*w+x)+3] == 255 && was.Pix[4*((y+dy)*w+x+dx)+3] == 255 {
			own.add(was, x, y, dx, dy)
		}
	}
	for y := 0; y < h; y++ {
		for x := 0; x+1 < w; x++ {
			if in(x, y) != in(x+1, y) {
				seam.add(img, x, y, 1, 0)
				calm.around(img, m, x, y, 1, 0)
				before(x, y, 1, 0)
			}
		}
	}
	for y := 0; y+1 < h; y++ {
		for x := 0; x < w; x++ {
			if in(x, y) != in(x, y+1) {
				seam.add(img, x, y, 0, 1)
				calm.around(img, m, x, y, 0, 1)
				before(x, y, 0, 1)
			}
		}
	}
	if seam.n == 0 || calm.n == 0 {
		return 0
	}
	const floor = 0.5 // of a code value: noise of 8-bit pictures
	usual := calm.mean()
	if 2*own.n > seam.n {
		usual = max(usual, own.mean())
	}
	return (seam.mean() + floor) / (usual + floor)
}

type mismatch struct {
	sum float64
	n   int
}

func (s *mismatch) mean() float64 { return s.sum / float64(s.n) }

// around adds undisturbed lines along the same direction, 4 to 12 pixels away on both sides.
func (s *mismatch) around(img *image.RGBA, m *Mask, x, y, dx, dy int) {
	for _, d := range [6]int{-12, -8, -4, 4, 8, 12} {
		px, py := x+d*dx, y+d*dy
		if px < 0 || py < 0 || px+dx >= m.Rect.Dx() || py+dy >= m.Rect.Dy() {
			continue
		}
		if (m.Pix[py*m.Stride+px] >= 128) == (m.Pix[(py+dy)*m.Stride+px+dx] >= 128) {
			s.add(img, px, py, dx, dy)
		}
	}
}

// add adds the mismatch between (x, y) and its neighbour: the colour step, and its difference from what the gradients
// on both sides predict.
func (s *mismatch) add(img *image.RGBA, x, y, dx, dy int) {
	var total float64
	for c := 0; c < 3; c++ {
		step := at(img, x+dx, y+dy, c) - at(img, x, y, c)
		before := at(img, x, y, c) - at(img, x-dx, y-dy, c)
		after := at(img, x+2*dx, y+2*dy, c) - at(img, x+dx, y+dy, c)
		bend := step - (before+after)/2
		total += step*step + bend*bend
	}
	s.sum += math.Sqrt(total / 6)
	s.n++
}

// at is a channel's value; outside of the picture that of the nearest pixel.
func at(img *image.RGBA, x, y, c int) float64 {
	x, y = min(max(x, 0), img.Rect.Dx()-1), min(max(y, 0), img.Rect.Dy()-1)
	return float64(img.Pix[4*(y*img.Rect.Dx()+x)+c])
}
