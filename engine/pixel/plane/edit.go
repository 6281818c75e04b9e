package plane

import (
	"image"
	"image/color"
	"image/draw"
	"maps"
)

// Edit is a plane being changed: a tile is copied when it is first written to.
type Edit struct {
	before *Plane
	tiles  map[image.Point]*image.NRGBA
	own    map[image.Point]bool
}

// Edit begins a change; the plane itself stays as it is.
func (p *Plane) Edit() *Edit {
	e := &Edit{before: p, tiles: map[image.Point]*image.NRGBA{}, own: map[image.Point]bool{}}
	if p != nil {
		maps.Copy(e.tiles, p.tiles)
	}
	return e
}

// Tile is a tile for writing; its Rect is its position in the picture.
func (e *Edit) Tile(at image.Point) *image.NRGBA {
	if e.own[at] {
		return e.tiles[at]
	}
	out := image.NewNRGBA(rectOf(at))
	if was := e.tiles[at]; was != nil {
		copy(out.Pix, was.Pix)
	}
	e.tiles[at], e.own[at] = out, true
	return out
}

// Before is a tile as it was when the change began; transparent where there was none.
func (e *Edit) Before(at image.Point) *image.NRGBA {
	if t := e.before.Tile(at); t != nil {
		return t
	}
	return image.NewNRGBA(rectOf(at))
}

// Now is the plane as changed so far, for reading until the next write.
func (e *Edit) Now() *Plane { return &Plane{e.tiles} }

// Put replaces a rectangle by a picture's.
func (e *Edit) Put(img image.Image, r image.Rectangle) {
	for _, at := range Tiles(r) {
		t := e.Tile(at)
		put(t, t.Rect.Intersect(r), img, img.Bounds().Min.Sub(r.Min))
	}
}

// put copies straight colours without a detour through premultiplied ones.
func put(to *image.NRGBA, part image.Rectangle, img image.Image, by image.Point) {
	switch from := img.(type) {
	case *image.NRGBA:
		for y := part.Min.Y; y < part.Max.Y; y++ {
			copy(to.Pix[to.PixOffset(part.Min.X, y):][:4*part.Dx()], from.Pix[from.PixOffset(part.Min.X+by.X, y+by.Y):])
		}
	case *image.RGBA:
		for y := part.Min.Y; y < part.Max.Y; y++ {
			a, b := to.Pix[to.PixOffset(part.Min.X, y):][:4*part.Dx()], from.Pix[from.PixOffset(part.Min.X+by.X, y+by.Y):]
			for i := 0; i < len(a); i += 4 {
				straight(a[i:i+4:i+4], b[i:i+4:i+4])
			}
		}
	default:
		draw.Draw(to, part, img, part.Min.Add(by), draw.Src)
	}
}

// straight is a premultiplied pixel's colour, rounded; multiplied again it is the same pixel.
func straight(to, from []uint8) {
	a := int(from[3])
	if a == 255 {
		copy(to, from[:4])
		return
	}
	for c := 0; c < 3; c++ {
		to[c] = 0
		if a > 0 {
			to[c] = uint8(min((int(from[c])*255+a/2)/a, 255))
		}
	}
	to[3] = from[3]
}

// Clear makes a rectangle transparent.
func (e *Edit) Clear(r image.Rectangle) {
	for _, at := range Tiles(r) {
		if e.tiles[at] == nil {
			continue
		}
		t := e.Tile(at)
		draw.Draw(t, t.Rect.Intersect(r), image.NewUniform(color.NRGBA{}), image.Point{}, draw.Src)
	}
}

// Done is the changed plane. The edit must not be written to any more. Empty tiles are dropped, and unchanged ones
// are shared with the plane before.
func (e *Edit) Done() *Plane {
	out := &Plane{make(map[image.Point]*image.NRGBA, len(e.tiles))}
	for at, t := range e.tiles {
		was := e.before.Tile(at)
		switch {
		case !e.own[at]:
			out.tiles[at] = t
		case was != nil && string(was.Pix) == string(t.Pix):
			out.tiles[at] = was
		case !content(t).Empty():
			out.tiles[at] = t
		}
	}
	return out
}

// Of is a picture as a plane, its corner at the point.
func Of(img image.Image, at image.Point) *Plane {
	e := (*Plane)(nil).Edit()
	e.Put(img, image.Rectangle{Min: at, Max: at.Add(img.Bounds().Size())})
	return e.Done()
}

// Moved is the plane moved by some px.
func (p *Plane) Moved(by image.Point) *Plane {
	if p == nil || by == (image.Point{}) {
		return p
	}
	e := (*Plane)(nil).Edit()
	for _, t := range p.tiles {
		for _, at := range Tiles(t.Rect.Add(by)) {
			to := e.Tile(at)
			put(to, to.Rect.Intersect(t.Rect.Add(by)), t, image.Point{}.Sub(by))
		}
	}
	return e.Done()
}

// Cropped is the plane without anything outside of r.
func (p *Plane) Cropped(r image.Rectangle) *Plane {
	if p == nil || p.Bounds().In(r) {
		return p
	}
	e := p.Edit()
	for at, t := range p.tiles {
		switch part := t.Rect.Intersect(r); {
		case part.Empty():
			delete(e.tiles, at)
		case part != t.Rect:
			out := image.NewNRGBA(t.Rect)
			put(out, part, t, image.Point{})
			e.tiles[at], e.own[at] = out, true
		}
	}
	return e.Done()
}

// Tiled is a plane of stored tiles; each must be Side x Side, with its position as Rect, and must not be written to
// any more.
func Tiled(tiles map[image.Point]*image.NRGBA) *Plane { return &Plane{tiles} }

// Sharing is the plane with another's tiles where they are equal, to save memory.
func (p *Plane) Sharing(other *Plane) *Plane {
	if p == nil || other == nil {
		return p
	}
	out := &Plane{maps.Clone(p.tiles)}
	for at, t := range p.tiles {
		if o := other.tiles[at]; o != nil && string(o.Pix) == string(t.Pix) {
			out.tiles[at] = o
		}
	}
	return out
}
