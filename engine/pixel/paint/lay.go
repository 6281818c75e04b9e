// Package paint paints colour: strokes, lines, shapes, gradients, fills and text are each a coverage (a mask), which
// Ink lays into a layer. Colours are straight and blended in code values, as in Krita and GIMP.
package paint

import (
	"image"
	"image/color"

	"nirvana/engine/pixel"
	"nirvana/engine/pixel/plane"
)

// Source is the colour at a pixel.
type Source interface{ At(x, y int) color.NRGBA }

// Flat is one colour everywhere.
type Flat color.NRGBA

// At is the colour.
func (f Flat) At(int, int) color.NRGBA { return color.NRGBA(f) }

// Ink is how coverage is painted.
type Ink struct {
	Source    Source
	Opacity   float32     // 0 to 1, a factor of the coverage
	Erase     bool        // removes opacity instead of adding colour
	LockAlpha bool        // changes colours and leaves opacity as it is
	Within    *pixel.Mask // the selection, in picture coordinates; outside of it nothing is changed; nil: no limit
}

// Lay paints the coverage over the plane as it was when the edit began, within r: repeating it for a longer stroke is
// the same as painting it once. The coverage's Rect is its position.
func (k Ink) Lay(e *plane.Edit, cover *image.Gray, r image.Rectangle) {
	r = r.Intersect(cover.Rect)
	if k.Within != nil {
		r = r.Intersect(k.Within.Rect)
	}
	for _, at := range plane.Tiles(r) {
		part := plane.Rect(at).Intersect(r)
		if blank(cover, part) && e.Now().Tile(at) == nil {
			continue
		}
		before, to := e.Before(at), e.Tile(at)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			k.row(to.Pix[to.PixOffset(part.Min.X, y):], before.Pix[before.PixOffset(part.Min.X, y):],
				cover.Pix[cover.PixOffset(part.Min.X, y):][:part.Dx()], image.Pt(part.Min.X, y))
		}
	}
}

// blank reports whether a coverage is 0 in a part.
func blank(cover *image.Gray, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for _, v := range cover.Pix[cover.PixOffset(part.Min.X, y):][:part.Dx()] {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

func (k Ink) row(to, before, cover []uint8, at image.Point) {
	var limit []uint8
	if k.Within != nil {
		limit = k.Within.Pix[k.Within.PixOffset(at.X, at.Y):]
	}
	for i, v := range cover {
		a := float32(v) / 255 * k.Opacity
		if limit != nil {
			a *= float32(limit[i]) / 255
		}
		out, was := to[4*i:4*i+4:4*i+4], before[4*i:4*i+4:4*i+4]
		if a <= 0 {
			copy(out, was)
			continue
		}
		k.pixel(out, was, a, at.X+i, at.Y)
	}
}

// pixel paints one pixel with coverage a.
func (k Ink) pixel(to, was []uint8, a float32, x, y int) {
	under := float32(was[3]) / 255
	if k.Erase {
		copy(to, was)
		if !k.LockAlpha {
			to[3] = round(under * (1 - a))
		}
		return
	}
	c := k.Source.At(x, y)
	a *= float32(c.A) / 255
	whole := a + under*(1-a)
	share := a // of the new colour
	if k.LockAlpha {
		whole = under
	} else if whole > 0 {
		share = a / whole
	}
	for i, s := range [3]uint8{c.R, c.G, c.B} {
		to[i] = uint8(float32(was[i]) + (float32(s)-float32(was[i]))*share + 0.5)
	}
	if to[3] = round(whole); to[3] == 0 {
		copy(to, was)
	}
}

func round(v float32) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }
