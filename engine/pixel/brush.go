package pixel

import (
	"image"
	"math"
)

// Trail draws a brush's dabs along a line. Coverage is the maximum over all dabs, so that it does not depend on their
// spacing or on the stroke crossing itself.
type Trail struct {
	Radius   float32 // px
	Softness float32 // 0: hard, one pixel of anti-aliasing; 1: falls off from the centre

	// Thin is how much thinner the brush is at the point that is drawn to next, 0 to below 1; in between it tapers.
	Thin float32

	x, y    float32
	thin    float32 // at x, y
	started bool
}

// Reach is the rectangle that To(x, y) may change.
func (t *Trail) Reach(x, y float32) image.Rectangle {
	x0, y0 := t.x, t.y
	if !t.started {
		x0, y0 = x, y
	}
	r := t.Radius + 1
	return image.Rect(int(math.Floor(float64(min(x, x0)-r))), int(math.Floor(float64(min(y, y0)-r))),
		int(math.Ceil(float64(max(x, x0)+r)))+1, int(math.Ceil(float64(max(y, y0)+r)))+1)
}

// To draws from the trail's end to the point into the layer, and returns the rectangle of pixels that may have
// changed. Distances are to the line itself: the limit of ever closer dabs.
func (t *Trail) To(layer *image.Gray, x, y float32) image.Rectangle {
	r := t.Reach(x, y).Intersect(layer.Rect)
	x0, y0 := t.x, t.y
	if !t.started {
		x0, y0 = x, y
	}
	thin := min(max(t.Thin, 0), 1)
	if !t.started {
		t.thin = thin
	}
	r0, r1 := t.Radius*(1-t.thin), t.Radius*(1-thin)
	t.x, t.y, t.thin, t.started = x, y, thin, true
	dx, dy := x-x0, y-y0
	length := dx*dx + dy*dy
	lean := lean(r0-r1, length)
	far := (t.Radius + 1) * (t.Radius + 1)
	for j := r.Min.Y; j < r.Max.Y; j++ {
		row := layer.Pix[j*layer.Stride : j*layer.Stride+layer.Rect.Dx()]
		py := float32(j) + 0.5 - y0
		for i := r.Min.X; i < r.Max.X; i++ {
			px := float32(i) + 0.5 - x0
			k := float32(0)
			if length > 0 {
				k = (px*dx + py*dy - float32(math.Abs(float64(px*dy-py*dx)))*lean) / length
				k = min(max(k, 0), 1)
			}
			ex, ey := px-k*dx, py-k*dy
			d := ex*ex + ey*ey
			if d >= far {
				continue
			}
			if v := t.coverage(float32(math.Sqrt(float64(d))), r0+(r1-r0)*k); v > row[i] {
				row[i] = v
			}
		}
	}
	return r
}

// lean is how far the dab that covers a place most lies from the place's foot on the line, towards the wider end, as a share
// of the distance to the line: 0 where the brush is as wide at both ends.
func lean(narrows, length float32) float32 {
	if narrows == 0 {
		return 0
	}
	if narrows*narrows >= length { // the wider dab covers the other
		return float32(math.Copysign(1e6, float64(narrows)))
	}
	return narrows / float32(math.Sqrt(float64(length-narrows*narrows)))
}

// coverage is that of a dab of a radius at distance d from its centre: full inside, then a smooth step down to the rim, which is one
// pixel wide for a hard brush.
func (t *Trail) coverage(d, radius float32) uint8 {
	wide := max(radius*min(max(t.Softness, 0), 1), 0.5)
	k := min(max((radius+0.5-d)/(wide+0.5), 0), 1)
	if t.Softness > 0 {
		k = k * k * (3 - 2*k)
	}
	return uint8(k*255 + 0.5)
}
