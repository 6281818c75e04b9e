// Package plane holds a layer's pixels: straight RGBA, 8 bits a channel, in tiles that are immutable once a Plane
// holds them. A plane has no borders; where it has no tile it is transparent. Changing one returns another that
// shares the unchanged tiles, so undo keeps the plane before. Start with Of and Plane.Edit.
package plane

import (
	"image"
	"image/color"
	"maps"
)

// Side is a tile's width and height, px.
const Side = 256

// Plane is a picture in tiles. Its zero value, and nil, is transparent everywhere.
type Plane struct {
	tiles map[image.Point]*image.NRGBA // by column and row; Rect is the position in the picture
}

// rectOf is a tile's rectangle, px.
func rectOf(at image.Point) image.Rectangle {
	corner := at.Mul(Side)
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(Side, Side))}
}

// Tiles are the columns and rows of all tiles that overlap r, row by row.
func Tiles(r image.Rectangle) []image.Point {
	if r.Empty() {
		return nil
	}
	var out []image.Point
	for y := floor(r.Min.Y); y <= floor(r.Max.Y-1); y++ {
		for x := floor(r.Min.X); x <= floor(r.Max.X-1); x++ {
			out = append(out, image.Pt(x, y))
		}
	}
	return out
}

func floor(v int) int {
	if v < 0 {
		return -((Side - 1 - v) / Side)
	}
	return v / Side
}

// Tile is a tile for reading, its Rect its position in the picture; nil where the plane is transparent.
func (p *Plane) Tile(at image.Point) *image.NRGBA {
	if p == nil {
		return nil
	}
	return p.tiles[at]
}

// Rect is the rectangle of a tile by column and row, px.
func Rect(at image.Point) image.Rectangle { return rectOf(at) }

// At is the pixel at x, y.
func (p *Plane) At(x, y int) color.NRGBA {
	if t := p.Tile(image.Pt(floor(x), floor(y))); t != nil {
		return t.NRGBAAt(x, y)
	}
	return color.NRGBA{}
}

// All are the tiles by column and row, for reading.
func (p *Plane) All() map[image.Point]*image.NRGBA {
	if p == nil {
		return nil
	}
	return maps.Clone(p.tiles)
}

// Bounds is the smallest rectangle around everything that is not fully transparent.
func (p *Plane) Bounds() image.Rectangle {
	var out image.Rectangle
	if p == nil {
		return out
	}
	for _, t := range p.tiles {
		if !t.Rect.In(out) {
			out = out.Union(content(t))
		}
	}
	return out
}

// content is the smallest rectangle around the visible pixels of a tile.
func content(t *image.NRGBA) (out image.Rectangle) {
	for y := t.Rect.Min.Y; y < t.Rect.Max.Y; y++ {
		row := t.Pix[(y-t.Rect.Min.Y)*t.Stride:][:4*Side]
		first, last := -1, -1
		for x := 0; x < Side; x++ {
			if row[4*x+3] != 0 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			out = out.Union(image.Rect(t.Rect.Min.X+first, y, t.Rect.Min.X+last+1, y+1))
		}
	}
	return out
}

// Picture is a part of the plane with its corner at 0,0.
func (p *Plane) Picture(r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: r.Size()})
	for _, at := range Tiles(r) {
		t := p.Tile(at)
		if t == nil {
			continue
		}
		part := t.Rect.Intersect(r)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			copy(out.Pix[out.PixOffset(part.Min.X-r.Min.X, y-r.Min.Y):][:4*part.Dx()], t.Pix[t.PixOffset(part.Min.X, y):])
		}
	}
	return out
}

// Bytes is the memory of the tiles that the others do not share.
func (p *Plane) Bytes(others ...*Plane) (n int) {
	if p == nil {
		return 0
	}
tiles:
	for at, t := range p.tiles {
		for _, o := range others {
			if o.Tile(at) == t {
				continue tiles
			}
		}
		n += len(t.Pix)
	}
	return n
}

// Same reports whether two planes hold the same tiles, not just equal ones.
func (p *Plane) Same(o *Plane) bool { return p == o || p.Bytes(o) == 0 && o.Bytes(p) == 0 }
