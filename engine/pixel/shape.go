package pixel

import (
	"encoding/binary"
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Polygon is the anti-aliased polygon of the points (picture pixels), within bounds, by the non-zero rule.
func Polygon(bounds image.Rectangle, points [][2]float32) *Mask {
	return filled(bounds, func(z *vector.Rasterizer) {
		for i, p := range points {
			if i == 0 {
				z.MoveTo(p[0], p[1])
			} else {
				z.LineTo(p[0], p[1])
			}
		}
	})
}

// Rectangle is r within bounds.
func Rectangle(bounds, r image.Rectangle) *Mask {
	out := image.NewGray(bounds)
	draw.Draw(out, r.Intersect(bounds), image.White, image.Point{}, draw.Src)
	return out
}

// Ellipse is the anti-aliased ellipse inside r, by four cubic arcs (error below 0.03 % of the radius).
func Ellipse(bounds, r image.Rectangle) *Mask {
	const k = 0.5522847498
	cx, cy := float32(r.Min.X+r.Max.X)/2, float32(r.Min.Y+r.Max.Y)/2
	a, b := float32(r.Dx())/2, float32(r.Dy())/2
	return filled(bounds, func(z *vector.Rasterizer) {
		z.MoveTo(cx+a, cy)
		z.CubeTo(cx+a, cy+k*b, cx+k*a, cy+b, cx, cy+b)
		z.CubeTo(cx-k*a, cy+b, cx-a, cy+k*b, cx-a, cy)
		z.CubeTo(cx-a, cy-k*b, cx-k*a, cy-b, cx, cy-b)
		z.CubeTo(cx+k*a, cy-b, cx+a, cy-k*b, cx+a, cy)
	})
}

func filled(bounds image.Rectangle, path func(*vector.Rasterizer)) *Mask {
	out := image.NewGray(bounds)
	if bounds.Empty() {
		return out
	}
	z := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	path(z)
	z.ClosePath()
	cover := image.NewAlpha(bounds)
	z.Draw(cover, bounds, image.Opaque, image.Point{})
	copy(out.Pix, cover.Pix)
	return out
}

// Flood selects the pixels that are connected by edges with the one at a point and differ from it by at most
// tolerance (0 to 255) in every channel.
func Flood(img *image.RGBA, at image.Point, tolerance int) *Mask {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(img.Rect)
	if !at.In(img.Rect) {
		return out
	}
	seed := [4]uint8(img.Pix[4*(at.Y*w+at.X):])
	like := func(i int) bool {
		for c, v := range seed {
			if d := int(img.Pix[4*i+c]) - int(v); d > tolerance || d < -tolerance {
				return false
			}
		}
		return out.Pix[i] == 0
	}
	if tolerance < 0 {
		return out
	}
	queue := []image.Point{at}
	for len(queue) > 0 { // a run of the row at a time
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		row := p.Y * w
		if !like(row + p.X) {
			continue
		}
		first, last := p.X, p.X
		for first > 0 && like(row+first-1) {
			first--
		}
		for last+1 < w && like(row+last+1) {
			last++
		}
		for x := first; x <= last; x++ {
			out.Pix[row+x] = 255
		}
		for _, y := range [2]int{p.Y - 1, p.Y + 1} {
			if y < 0 || y >= h {
				continue
			}
			for x := first; x <= last; x++ {
				if like(y*w+x) && (x == first || !like(y*w+x-1)) {
					queue = append(queue, image.Pt(x, y))
				}
			}
		}
	}
	return out
}

// Either is the union of two masks.
func Either(a, b *Mask) *Mask { return pointwise(a, b, func(x, y uint8) uint8 { return max(x, y) }) }

// Without is a minus b.
func Without(a, b *Mask) *Mask {
	return pointwise(a, b, func(x, y uint8) uint8 { return min(x, 255-y) })
}

func pointwise(a, b *Mask, f func(x, y uint8) uint8) *Mask {
	out := image.NewGray(a.Rect)
	for i := range out.Pix {
		out.Pix[i] = f(a.Pix[i], b.Pix[i])
	}
	return out
}

// Transparent is 255 minus the opacity.
func Transparent(img *image.RGBA) *Mask {
	out := image.NewGray(img.Rect)
	for i := range out.Pix {
		out.Pix[i] = 255 - img.Pix[4*i+3]
	}
	return out
}

// Empty reports whether a mask is 0 inside r.
func Empty(m *Mask, r image.Rectangle) bool {
	r = r.Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[y*m.Stride+r.Min.X : y*m.Stride+r.Max.X]
		for ; len(row) >= 8; row = row[8:] {
			if binary.LittleEndian.Uint64(row) != 0 {
				return false
			}
		}
		for _, v := range row {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// round8 is the nearest 8-bit value of v in 0 to 1.
func round8(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 1) * 255)) }
