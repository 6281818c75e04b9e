package document

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Mode is what a run will do, decided by what is under the frame.
func (d *Document) Mode() task.Mode {
	if d.Picture == nil {
		return task.TextToImage
	}
	inside := d.Frame.Intersect(d.Picture.Rect)
	if inside.Empty() {
		return task.TextToImage
	}
	holes, solid := d.opacity(inside)
	switch {
	case !solid:
		return task.TextToImage
	case inside != d.Frame:
		return task.Outpaint
	case !pixel.Empty(d.Mask, inside): // what is to be painted is said: what is transparent elsewhere stays so
		return task.Inpaint
	case holes && !d.cutOut():
		return task.Outpaint
	}
	return task.ImageToImage
}

// cutOut reports whether the picture is transparent because its run cut it out: nothing is missing then.
func (d *Document) cutOut() bool {
	r := d.Recipe
	return r != nil && r.CutOut
}

// opacity reports whether the picture has pixels inside r that are at least partly transparent, and pixels that are
// visible. Pictures are immutable, so the result is cached.
func (d *Document) opacity(r image.Rectangle) (holes, solid bool) {
	if k := &d.known; k.picture == d.Picture && k.at == r {
		return k.holes, k.solid
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.Picture.Pix[d.Picture.PixOffset(r.Min.X, y) : d.Picture.PixOffset(r.Max.X-1, y)+4]
		for i := 3; i < len(row); i += 4 {
			solid = solid || row[i] != 0
			holes = holes || row[i] != 255
		}
		if holes && solid {
			break
		}
	}
	d.known = opacity{d.Picture, r, holes, solid}
	return holes, solid
}

// opacity is the cached result for a part of a picture.
type opacity struct {
	picture      *image.RGBA
	at           image.Rectangle
	holes, solid bool
}
