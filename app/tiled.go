package app

import (
	"bytes"
	"image"
	"slices"
)

// tiled is a mask or a scribble as it was at one moment, in tiles that nobody writes to. One moment's shares with the
// next what did not change.
type tiled struct {
	rect  image.Rectangle
	tiles []tile // as tilesIn gives them
}

// next is the plane as it is now, which differs from what it was within dirty only.
func (p *tiled) next(now *image.Gray, dirty image.Rectangle) *tiled {
	if now == nil {
		return nil
	}
	all := tilesIn(now.Rect, now.Rect)
	if p == nil || p.rect != now.Rect {
		out := &tiled{rect: now.Rect}
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
			out = &tiled{p.rect, slices.Clone(p.tiles)}
		}
		out.tiles[i] = copyTile(now.Pix, now.Stride, 1, at)
	}
	return out
}

// on says whether the plane has just this tile in its place.
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

// same says whether two moments share a tile.
func (t tile) same(o tile) bool { return len(t.pix) == len(o.pix) && &t.pix[0] == &o.pix[0] }

// gray is the plane as a picture of its own; nil for nil.
func (p *tiled) gray() *image.Gray {
	if p == nil {
		return nil
	}
	out := image.NewGray(p.rect)
	exchange(slices.Clone(p.tiles), out.Pix, out.Stride, 1)
	return out
}
