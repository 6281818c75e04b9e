package document

import (
	"image"
	"image/draw"

	"nirvana/engine/pixel"
)

// Canvas is the picture as it was at one moment, with a frame on it. The history keeps results on it, whole: of an
// inpaint or an outpaint the frame's part alone would be a piece of nothing. Nobody writes to it.
type Canvas struct {
	picture *image.RGBA
	source  *pixel.Source // the file's own pixels, see Straight
	origin  image.Point   // the source's corner
	frame   image.Rectangle
}

// Canvas is the picture as it is; nil where there is none.
func (d *Document) Canvas(frame image.Rectangle) *Canvas {
	if d.Picture == nil {
		return nil
	}
	return &Canvas{d.Picture, d.source, d.origin, frame}
}

// With is the canvas with a result in its frame, grown where the frame sticks out, and where on it the frame is. The
// file has what nobody has changed in the straight pixels of the file that was opened. Without a canvas the result is
// the whole.
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
