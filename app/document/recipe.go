package document

import (
	"image"
	"image/draw"

	"nirvana/app/recipe"
)

// UseMask sets a recipe's mask in the frame or in the whole picture, whichever has its size. It can be undone. Without a
// mask, a picture or a matching size it does nothing.
func (d *Document) UseMask(r recipe.Recipe) error {
	m, err := r.MaskPicture()
	if err != nil || m == nil || d.Picture == nil {
		return err
	}
	at := d.Frame
	if f, ok := r.FrameIn(d.Picture.Rect); ok {
		at = f
	}
	if m.Rect.Size() != at.Size() {
		at = d.Picture.Rect
	}
	if m.Rect.Size() != at.Size() {
		return nil
	}
	whole := image.NewGray(d.Picture.Rect)
	draw.Draw(whole, at, m, m.Rect.Min, draw.Src)
	d.SetMask("use settings", whole)
	return nil
}

// UseFrame sets the frame to a recipe's, if it has one inside the picture.
func (d *Document) UseFrame(r recipe.Recipe) {
	if d.Picture == nil {
		return
	}
	if f, ok := r.FrameIn(d.Picture.Rect); ok {
		d.SetFrame(f)
	}
}
