package canvas

import (
	"bytes"
	"image"
	"image/color"
)

// maskMips are the halved versions of a mask, so that a small view of a large one neither shimmers nor reads every
// pixel. Masks are written in place: call changed or forget then.
type maskMips struct {
	of    *image.Gray
	down  []*image.Gray
	valid int // of them
}

// level is the halved version of a mask that a zoom shows at more than half its size.
func (m *maskMips) level(mask *image.Gray, zoom float64) *image.Gray {
	if mask == nil {
		return nil
	}
	if m.of != mask {
		m.of, m.down, m.valid = mask, nil, 0
	}
	for n := 0; zoom <= 0.5 && mask.Rect.Dx() >= 2 && mask.Rect.Dy() >= 2; n, zoom = n+1, 2*zoom {
		if n == len(m.down) {
			m.down = append(m.down, image.NewGray(image.Rect(0, 0, (mask.Rect.Dx()+1)/2, (mask.Rect.Dy()+1)/2)))
		}
		if n == m.valid {
			halve(m.down[n], mask, m.down[n].Rect)
			m.valid++
		}
		mask = m.down[n]
	}
	return mask
}

// changed updates r of the mask in all versions.
func (m *maskMips) changed(r image.Rectangle) {
	from := m.of
	for _, to := range m.down[:m.valid] {
		r = image.Rect(r.Min.X>>1, r.Min.Y>>1, (r.Max.X+1)>>1, (r.Max.Y+1)>>1).Intersect(to.Rect)
		halve(to, from, r)
		from = to
	}
}

// forget marks all versions as outdated.
func (m *maskMips) forget() { m.valid = 0 }

// halve averages 2x2 pixels of a mask into the part r of one of half its size; an odd last row or column counts twice.
func halve(to, from *image.Gray, r image.Rectangle) {
	right, low := from.Rect.Dx()-1, from.Rect.Dy()-1
	split(r.Dy(), func(first, last int) {
		for y := r.Min.Y + first; y < r.Min.Y+last; y++ {
			a, b := from.Pix[2*y*from.Stride:], from.Pix[min(2*y+1, low)*from.Stride:]
			out := to.Pix[y*to.Stride:]
			for x := r.Min.X; x < r.Max.X; x++ {
				l, k := 2*x, min(2*x+1, right)
				out[x] = uint8((int(a[l]) + int(a[k]) + int(b[l]) + int(b[k]) + 2) / 4)
			}
		}
	})
}

// overlay tints what a mask covers, the mask being drawn to the rectangle to of the screen.
func overlay(dst *image.RGBA, m *image.Gray, to image.Rectangle, c color.NRGBA, opacity float32) {
	r := to.Intersect(dst.Rect)
	if r.Empty() || m.Rect.Empty() {
		return
	}
	tint := [3]uint32{uint32(c.R), uint32(c.G), uint32(c.B)}
	strength := uint32(opacity * 256)
	covered(m, to, r, func(y int, line []uint8) {
		out := dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i, cover := range line {
			a := uint32(cover) * strength >> 8
			if a == 0 {
				continue
			}
			for k := 0; k < 3; k++ {
				out[4*i+k] = uint8((uint32(out[4*i+k])*(255-a) + tint[k]*a) / 255)
			}
		}
	})
}

// covered reports for each row of r how much of its pixels a mask covers: like sampled, the mean below twice its
// size, pixels as squares above. Rows without mask may be left out.
func covered(m *image.Gray, to, r image.Rectangle, row func(y int, line []uint8)) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if to.Dx() == w && to.Dy() == h || to.Dx() >= 2*w || to.Dy() >= 2*h || w < 3 || h < 3 {
		coveredNearest(m, to, r, row)
		return
	}
	columns := boxes(r.Min.X-to.Min.X, r.Dx(), to.Dx(), w)
	rows := boxes(r.Min.Y-to.Min.Y, r.Dy(), to.Dy(), h)
	line := make([]uint8, r.Dx())
	var kept [3][]uint64 // the mask's rows, averaged horizontally; row n is at n%3
	have, blank := [3]int{-1, -1, -1}, [3]bool{true, true, true}
	first, last := columns[0].at, columns[len(columns)-1].at+3
	for i := range kept {
		kept[i] = make([]uint64, r.Dx())
	}
	for j, b := range rows {
		for k := range 3 {
			n := b.at + k
			if have[n%3] == n || b.w[k] == 0 {
				continue
			}
			have[n%3] = n
			from, out := m.Pix[n*m.Stride:], kept[n%3]
			if blank[n%3] = bytes.Count(from[first:last], []byte{0}) == last-first; blank[n%3] {
				clear(out)
				continue
			}
			for i, c := range columns {
				p := from[c.at : c.at+3 : c.at+3]
				out[i] = uint64(p[0])*c.w[0] + uint64(p[1])*c.w[1] + uint64(p[2])*c.w[2]
			}
		}
		if blank == [3]bool{true, true, true} {
			continue
		}
		r0, r1, r2 := kept[b.at%3], kept[(b.at+1)%3], kept[(b.at+2)%3]
		for i := range line {
			line[i] = uint8((r0[i]*b.w[0] + r1[i]*b.w[1] + r2[i]*b.w[2] + 1<<15) >> 16)
		}
		row(r.Min.Y+j, line)
	}
}

func coveredNearest(m *image.Gray, to, r image.Rectangle, row func(y int, line []uint8)) {
	columns := make([]int, r.Dx())
	for i := range columns {
		columns[i] = (r.Min.X + i - to.Min.X) * m.Rect.Dx() / to.Dx()
	}
	line, last := make([]uint8, r.Dx()), -1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if n := (y - to.Min.Y) * m.Rect.Dy() / to.Dy(); n != last {
			last = n
			for i, x := range columns {
				line[i] = m.Pix[n*m.Stride+x]
			}
		}
		row(y, line)
	}
}

// edged draws a mask's outline, white inside and dark outside, so that it is visible on any picture and under any
// tint.
func edged(dst *image.RGBA, m *image.Gray, to image.Rectangle) {
	edges(dst.Rect, m, to, func(x, y int, in bool) {
		if in {
			dst.SetRGBA(x, y, edgeIn)
		} else {
			dst.SetRGBA(x, y, edgeOut)
		}
	})
}

// dashes draws a selection's outline in dashes of a length in device pixels, which have marched phase; false where none of it is on dst.
func dashes(dst *image.RGBA, m *image.Gray, to image.Rectangle, phase, length int) (any bool) {
	edges(dst.Rect, m, to, func(x, y int, _ bool) {
		any = true
		c := edgeIn
		if (x+y+phase)%(2*length) < length {
			c = edgeOut
		}
		dst.SetRGBA(x, y, c)
	})
	return any
}

// edges reports the pixels on each side of a mask's outline that are within bounds.
func edges(bounds image.Rectangle, m *image.Gray, to image.Rectangle, pixel func(x, y int, in bool)) {
	mark := func(x, y int, in bool) {
		if (image.Point{X: x, Y: y}).In(bounds) {
			pixel(x, y, in)
		}
	}
	r := to.Intersect(bounds.Inset(-1))
	if r.Empty() || m.Rect.Empty() {
		return
	}
	blank := make([]uint8, r.Dx())
	above, last := blank, r.Min.Y-1
	line := make([]uint8, r.Dx())
	spare := make([]uint8, r.Dx())
	covered(m, to, r, func(y int, now []uint8) {
		if y != last+1 { // rows without mask in between
			edge(mark, r.Min.X, last, above, last+1, blank)
			above = blank
		}
		copy(line, now)
		edge(mark, r.Min.X, y-1, above, y, line)
		along(mark, r.Min.X, y, line)
		for _, side := range [2][2]int{{to.Min.X, to.Min.X - 1}, {to.Max.X - 1, to.Max.X}} { // the left and right borders
			if i := side[0] - r.Min.X; i >= 0 && i < len(line) && line[i] >= edgeAt {
				mark(side[0], y, true)
				mark(side[1], y, false)
			}
		}
		above, line, spare = line, spare, line
		last = y
	})
	if last >= r.Min.Y { // also along the lower border, as along the others
		edge(mark, r.Min.X, last, above, last+1, blank)
	}
}

var edgeIn, edgeOut = color.RGBA{255, 255, 255, 255}, color.RGBA{20, 20, 20, 255}

const edgeAt = 128 // a mask value: the outline is where half is covered

// edge marks where one row is masked and the next is not.
func edge(mark func(x, y int, in bool), x, y0 int, a []uint8, y1 int, b []uint8) {
	for i := range a {
		if in := a[i] >= edgeAt; in != (b[i] >= edgeAt) {
			mark(x+i, y0, in)
			mark(x+i, y1, !in)
		}
	}
}

// along marks it within a row.
func along(mark func(x, y int, in bool), x, y int, line []uint8) {
	for i := 1; i < len(line); i++ {
		if in := line[i-1] >= edgeAt; in != (line[i] >= edgeAt) {
			mark(x+i-1, y, in)
			mark(x+i, y, !in)
		}
	}
}
