package task

import (
	"image"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Fit extends the size of a request, and its pictures of that size, to sides that divide by the model's multiple: a
// photograph has any size. It gives the size that Cut brings the made picture back to; 0,0 where nothing was extended.
func Fit(q *engine.Request, multiple int) (own image.Point) {
	own = image.Pt(q.Width, q.Height)
	if own == (image.Point{}) && q.Init != nil {
		own = q.Init.Rect.Size()
	}
	up := func(v int) int { return (v + multiple - 1) / multiple * multiple }
	w, h := up(own.X), up(own.Y)
	if own == image.Pt(w, h) {
		return image.Point{}
	}
	q.Width, q.Height = w, h
	if q.Init != nil && q.Init.Rect.Size() == own {
		q.Init = pixel.Pad(q.Init, w, h)
	}
	if q.Mask != nil && q.Mask.Rect.Size() == own {
		q.Mask = pixel.PadMask(q.Mask, w, h)
	}
	if q.Depth != nil && q.Depth.Rect.Size() == own {
		q.Depth = pixel.PadMask(q.Depth, w, h)
	}
	for i := range q.Control {
		if c := &q.Control[i]; c.Picture.Rect.Size() == own {
			c.Picture = pixel.Pad(c.Picture, w, h)
		}
	}
	return own
}

// Cut is the part of a made picture that was asked for, where Fit extended the request q to be made. Some models enlarge.
func Cut(made *image.RGBA, own image.Point, q engine.Request) *image.RGBA {
	if own == (image.Point{}) {
		return made
	}
	size := made.Rect.Size()
	return pixel.Crop(made, image.Rect(0, 0, own.X*size.X/q.Width, own.Y*size.Y/q.Height))
}
