package document

import (
	"bytes"
	"image"
	"slices"
)

const tileSide = 256 // px

// tile is an old part of a plane; a single pixel if all are equal.
type tile struct {
	at  image.Rectangle
	pix []byte
}

// tilesIn are the tiles of bounds that intersect r.
func tilesIn(r, bounds image.Rectangle) []image.Rectangle {
	r = r.Intersect(bounds)
	var out []image.Rectangle
	for y := r.Min.Y / tileSide * tileSide; y < r.Max.Y; y += tileSide {
		for x := r.Min.X / tileSide * tileSide; x < r.Max.X; x += tileSide {
			out = append(out, image.Rect(x, y, x+tileSide, y+tileSide).Intersect(bounds))
		}
	}
	return out
}

func copyTile(pix []byte, stride, size int, at image.Rectangle) tile {
	t := tile{at: at, pix: make([]byte, 0, at.Dx()*at.Dy()*size)}
	for y := at.Min.Y; y < at.Max.Y; y++ {
		t.pix = append(t.pix, pix[y*stride+at.Min.X*size:][:at.Dx()*size]...)
	}
	if n := len(t.pix); n > size && bytes.Equal(t.pix[size:], t.pix[:n-size]) {
		t.pix = append([]byte(nil), t.pix[:size]...) // all one colour
	}
	return t
}

// exchange swaps the tiles with pix's contents.
func exchange(tiles []tile, pix []byte, stride, size int) {
	for i, t := range tiles {
		tiles[i] = copyTile(pix, stride, size, t.at)
		wide := t.at.Dx() * size
		for y := 0; y < t.at.Dy(); y++ {
			row := pix[(t.at.Min.Y+y)*stride+t.at.Min.X*size:][:wide]
			if len(t.pix) == size {
				for x := 0; x < wide; x += size {
					copy(row[x:], t.pix)
				}
				continue
			}
			copy(row, t.pix[y*wide:])
		}
	}
}

// Tiled is a snapshot of a mask or a scribble in immutable tiles. Snapshots share unchanged tiles.
type Tiled struct {
	rect  image.Rectangle
	tiles []tile // as tilesIn gives them
}

// next is the snapshot of the current plane, which differs from the last one only within dirty.
func (p *Tiled) next(now *image.Gray, dirty image.Rectangle) *Tiled {
	if now == nil {
		return nil
	}
	all := tilesIn(now.Rect, now.Rect)
	if p == nil || p.rect != now.Rect {
		out := &Tiled{rect: now.Rect}
		for _, at := range all {
			out.tiles = append(out.tiles, copyTile(now.Pix, now.Stride, 1, at))
		}
		return out
	}
	out := p
	for i, at := range all {
		if !at.Overlaps(dirty) || p.tiles[i].on(now) {
			continue
		}
		if out == p {
			out = &Tiled{p.rect, slices.Clone(p.tiles)}
		}
		out.tiles[i] = copyTile(now.Pix, now.Stride, 1, at)
	}
	return out
}

// on reports whether the plane has just this tile in its place.
func (t tile) on(plane *image.Gray) bool {
	wide := t.at.Dx()
	for y := range t.at.Dy() {
		row := plane.Pix[(t.at.Min.Y+y)*plane.Stride+t.at.Min.X:][:wide]
		if len(t.pix) == 1 {
			if bytes.Count(row, t.pix) != wide {
				return false
			}
		} else if !bytes.Equal(row, t.pix[y*wide:(y+1)*wide]) {
			return false
		}
	}
	return true
}

// same reports whether two moments share a tile.
func (t tile) same(o tile) bool { return len(t.pix) == len(o.pix) && &t.pix[0] == &o.pix[0] }

// Gray is the plane as a picture of its own; nil for nil.
func (p *Tiled) Gray() *image.Gray {
	if p == nil {
		return nil
	}
	out := image.NewGray(p.rect)
	exchange(slices.Clone(p.tiles), out.Pix, out.Stride, 1)
	return out
}

// TiledOf is a plane as it is now.
func TiledOf(plane *image.Gray) *Tiled { return (*Tiled)(nil).next(plane, image.Rectangle{}) }
