package canvas

import "image"

// repeat shows picture and run again beside themselves, as far as the screen goes.
func (p *shot) repeat(dst *image.RGBA, check [2]uint8) {
	one := p.canvas()
	if !p.RepeatX && !p.RepeatY || p.Divides() || one.Empty() {
		return
	}
	from, to := p.copies(dst.Rect, one)
	for y := from.Y; y <= to.Y; y++ {
		for x := from.X; x <= to.X; x++ {
			if x == 0 && y == 0 {
				continue
			}
			by := image.Pt(x*one.Dx(), y*one.Dy())
			checkerboard(dst, p.view.ToScreen(one.Add(by)), dst.Rect, check)
			if p.Picture != nil {
				sampled(dst, p.picture, p.view.ToScreen(p.Picture.Rect.Add(p.At).Add(by)), dst.Rect)
			}
			if p.Live != nil {
				live(dst, p.Live, p.view.ToScreen(p.LiveAt.Add(by)), p.LiveMask, check)
			}
		}
	}
}

// Divides reports whether a divider compares two pictures.
func (s *Scene) Divides() bool { return s.Before != nil }

// copies are the first and last copies that reach a part of the screen; the picture itself is 0, 0.
func (p *shot) copies(part, one image.Rectangle) (from, to image.Point) {
	x0, y0 := p.view.ToDocument(float64(part.Min.X), float64(part.Min.Y))
	x1, y1 := p.view.ToDocument(float64(part.Max.X), float64(part.Max.Y))
	within := func(on bool, low, high float64, first, size int) (int, int) {
		if !on {
			return 0, 0
		}
		return floorDiv(int(low)-1-first, size), floorDiv(int(high)+1-first, size)
	}
	from.X, to.X = within(p.RepeatX, x0, x1, one.Min.X, one.Dx())
	from.Y, to.Y = within(p.RepeatY, y0, y1, one.Min.Y, one.Dy())
	return from, to
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
