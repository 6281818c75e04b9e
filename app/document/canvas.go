package document

import (
	"image"
	"image/draw"

	"nirvana/engine/pixel"
)

// Canvas is a snapshot of the picture with a frame on it. The history stores results composited into it, because the
// frame's part of an inpaint or an outpaint alone would not be a complete picture. It is immutable.
type Canvas struct {
	picture *image.RGBA
	source  *pixel.Source // the file's own pixels, see Straight
	origin  image.Point   // the source's corner
	frame   image.Rectangle
}

// Canvas is a snapshot of the picture; nil if there is none.
func (d *Document) Canvas(frame image.Rectangle) *Canvas {
	if d.Picture == nil {
		return nil
	}
	return &Canvas{d.Picture, d.source, d.origin, frame}
}

// With is the canvas with a result in its frame, extended if the frame reaches beyond it, and the frame's position on
// it. Unchanged pixels have the straight alpha of the file that was opened. Without a canvas it is the result alone.
func (c *Canvas) With(result *image.RGBA) (whole *image.RGBA, file image.Image, frame image.Rectangle) {
	if c == nil {
		return result, result, result.Rect
	}
	all := c.picture.Rect.Union(c.frame)
	whole, frame = result, image.Rectangle{Max: all.Size()}
	if all != c.frame {
		whole, frame = pixel.Crop(c.picture, all), c.frame.Sub(all.Min)
		draw.Draw(whole, frame, result, result.Rect.Min, draw.Src)
	}
	return whole, c.source.Under(whole, c.origin.Sub(all.Min)), frame
}
