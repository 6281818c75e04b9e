package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
)

// Every edit whose memory grows with the picture asks for it first; where it is refused, nothing has changed. Bytes a
// pixel of the canvas, with what undo keeps:
const (
	maskBytes   = 3  // a mask's next state, its coverage and its tiles from before
	ringBytes   = 20 // growing and fading a mask: its distances
	redrawBytes = 4  // the picture, drawn again
	paintBytes  = 13 // the picture, the coverage, a layer's tiles before and after
	wholeBytes  = 10 // picture, mask, selection and lines on another canvas
)

// room fails where an edit of a canvas of a size does not fit into the memory, or the canvas is too large.
func room(what string, size image.Point, bytes int) error {
	if size.X > pixel.MaxPixels || size.Y > pixel.MaxPixels/max(size.X, 1) {
		return fault.TooLarge.Errorf("a canvas of %d x %d px has more than %d megapixels: make it smaller first", size.X, size.Y, pixel.MaxPixels/1_000_000)
	}
	return memory.Pixels(what, size, bytes)
}

// Room fails where painting all over the canvas does not fit into the memory.
func (d *Document) Room() error { return room("painting on a canvas", d.Bounds().Size(), paintBytes) }

// has is room on the canvas as it is. What is refused is told of.
func (d *Document) has(what string, bytes int) bool {
	return d.allowed(room(what, d.Bounds().Size(), bytes))
}

// allowed tells of an error; false where there is one.
func (d *Document) allowed(err error) bool {
	if err != nil {
		d.hooks.Refused(err)
	}
	return err == nil
}

// extends is room for everything on a canvas of another size, all layers of which move.
func (d *Document) extends(to image.Rectangle) error {
	if err := room("a canvas", to.Size(), wholeBytes); err != nil {
		return err
	}
	return memory.Ask("the layers on another canvas", int64(d.layers.Bytes(nil)))
}

// joined is room for a result in its frame.
func (d *Document) joined(c Result) error {
	if d.Picture == nil || c.Replaces {
		return room("a picture", c.Picture.Rect.Size(), maskBytes)
	}
	if all := d.Picture.Rect.Union(c.Frame); all != d.Picture.Rect {
		return d.extends(all)
	}
	return room("a result", d.Picture.Rect.Size(), wholeBytes)
}

// Fits fails where a result on the canvas does not fit into the memory, or the canvas that holds both is too large.
func (c *Canvas) Fits() error {
	if c == nil {
		return nil
	}
	return room("a canvas", c.picture.Rect.Union(c.frame).Size(), wholeBytes)
}

// transforms is room for a part of a layer before and after a transform.
func transforms(from, to image.Rectangle) error {
	if to.Dx() > pixel.MaxPixels || to.Dy() > pixel.MaxPixels/max(to.Dx(), 1) {
		return layers.ErrLarge
	}
	if err := memory.Pixels("a layer", from.Size(), 8); err != nil {
		return err
	}
	return memory.Pixels("a layer", to.Size(), 12)
}
