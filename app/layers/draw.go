package layers

import (
	"image"

	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// Draw composites the visible layers within r into dst, tile by tile. dst has the picture's coordinates.
func (s *Stack) Draw(dst *image.RGBA, r image.Rectangle) {
	s.draw(r.Intersect(dst.Rect), func(at image.Point, row []float32) {
		composite.Premultiplied(dst.Pix[dst.PixOffset(at.X, at.Y):], row)
	})
}

// Picture is what is visible within r, its corner at 0,0.
func (s *Stack) Picture(r image.Rectangle) *image.RGBA {
	out := image.NewRGBA(r)
	s.Draw(out, r)
	out.Rect = image.Rectangle{Max: r.Size()}
	return out
}

// draw composites r and passes it on row by row of its tiles.
func (s *Stack) draw(r image.Rectangle, done func(at image.Point, row []float32)) {
	row, group := make([]float32, 4*plane.Side), make([]float32, 4*plane.Side)
	for _, tile := range plane.Tiles(r) {
		part := plane.Rect(tile).Intersect(r)
		c := composer{tile: tile, x: part.Min.X, group: group[:4*part.Dx()]}
		list := c.seen(s.Layers)
		for c.y = part.Min.Y; c.y < part.Max.Y; c.y++ {
			line := row[:4*part.Dx()]
			clear(line)
			c.lay(line, list)
			done(image.Pt(part.Min.X, c.y), line)
		}
	}
}

// composer composites a row of a tile.
type composer struct {
	tile  image.Point
	x, y  int
	group []float32
}

// seen are the layers that are visible in the tile, from the topmost one that covers it.
func (c *composer) seen(list []Layer) []Layer {
	var out []Layer
	for _, l := range list {
		t := l.Pixels.Tile(c.tile)
		switch {
		case l.Hidden || l.Opacity == 0 && !l.Mode.Everywhere():
			continue
		case l.Group:
			l.Layers = c.seen(l.Layers)
			if len(l.Layers) == 0 && !l.Mode.Everywhere() {
				continue
			}
		case t == nil && !l.Mode.Everywhere():
			continue
		case t != nil && l.Mode == composite.Normal && l.Opacity == 1 && t.Opaque():
			out = out[:0]
		}
		out = append(out, l)
	}
	return out
}

func (c *composer) lay(row []float32, list []Layer) {
	for _, l := range list {
		t := l.Pixels.Tile(c.tile)
		switch {
		case l.Group && l.Apart():
			clear(c.group)
			c.lay(c.group, l.Layers) // groups are of one level, so one row is enough
			composite.Group(row, c.group, l.Mode, l.Opacity)
		case l.Group:
			c.lay(row, l.Layers)
		case t == nil:
			composite.Nothing(row, l.Mode)
		default:
			composite.Row(row, t.Pix[t.PixOffset(c.x, c.y):], l.Mode, l.Opacity)
		}
	}
}

// Differs is the rectangle within which two stacks may look different.
func Differs(a, b *Stack) (out image.Rectangle) {
	if a == b {
		return out
	}
	la, lb := a.flat(), b.flat()
	if len(la) != len(lb) {
		return everything(a).Union(everything(b))
	}
	for i := range la {
		x, y := la[i], lb[i]
		if !x.same(y) {
			return everything(a).Union(everything(b))
		}
		out = out.Union(between(x.Pixels, y.Pixels))
		if x.Mode.Everywhere() && x.Pixels != y.Pixels {
			return everything(a).Union(everything(b))
		}
	}
	return out
}

// same reports whether two layers look alike apart from their pixels.
func (l Layer) same(o Layer) bool {
	return l.ID == o.ID && l.Hidden == o.Hidden && l.Opacity == o.Opacity && l.Mode == o.Mode && l.Group == o.Group && l.Isolated == o.Isolated && len(l.Layers) == len(o.Layers)
}

// between are the tiles that one plane has and the other has not.
func between(a, b *plane.Plane) (out image.Rectangle) {
	if a == b {
		return out
	}
	for at, t := range a.All() {
		if b.Tile(at) != t {
			out = out.Union(t.Rect)
		}
	}
	for at, t := range b.All() {
		if a.Tile(at) == nil {
			out = out.Union(t.Rect)
		}
	}
	return out
}

// flat lists groups and layers, each group before its layers.
func (s *Stack) flat() (out []Layer) {
	if s == nil {
		return nil
	}
	for _, l := range s.Layers {
		out = append(append(out, l), l.Layers...)
	}
	return out
}

// everything is a rectangle round all of a stack's pixels.
func everything(s *Stack) (out image.Rectangle) {
	for _, p := range s.planes() {
		for _, t := range p.All() {
			out = out.Union(t.Rect)
		}
	}
	if out.Empty() {
		return out
	}
	const far = 1 << 20 // modes that change pixels where the layer is transparent
	for _, l := range s.flat() {
		if l.Mode.Everywhere() {
			return image.Rect(-far, -far, far, far)
		}
	}
	return out
}
