package document

import (
	"image"
	"image/draw"

	"nirvana/app/recipe"
)

// UseMask lays a recipe's mask where it fits: over the frame, or over the whole picture. It can be undone. Nothing is done
// where there is no mask, no picture or no fit.
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

// UseFrame puts the frame where a recipe's run drew, where it says so and that lies in the picture.
func (d *Document) UseFrame(r recipe.Recipe) {
	if d.Picture == nil {
		return
	}
	if f, ok := r.FrameIn(d.Picture.Rect); ok {
		d.SetFrame(f)
	}
}
