package document

import (
	"image"

	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
)

// The selection limits painting, moving and deleting colour. It is edited like the mask, but separate from it: the model
// does not see it.

// Selected reports whether anything is selected. Without a selection colour may be painted anywhere.
func (d *Document) Selected() bool {
	return d.Selection != nil && !pixel.Empty(d.Selection, d.Selection.Rect)
}

// selectable is the selection, created if there is none yet.
func (d *Document) selectable() *image.Gray {
	if d.Selection == nil || d.Selection.Rect != d.Picture.Rect {
		d.Selection = image.NewGray(d.Picture.Rect)
	}
	return d.Selection
}

// takeSelection sets a selection that was read, if it has the picture's size.
func (d *Document) takeSelection(s *image.Gray) {
	if d.Selection = nil; s != nil && d.Picture != nil && s.Rect == d.Picture.Rect {
		d.Selection = s
	}
}

// Select combines a coverage at its Rect with the selection, as one undo step.
func (d *Document) Select(cover *image.Gray, how Combine) {
	if d.ready() && d.has("a selection", maskBytes) {
		d.changeSelection("select", func(now *image.Gray) []tile { return how.cover(now, cover) })
	}
}

// setSelection replaces the selection by one of the picture's size; what differs is one undo step.
func (d *Document) setSelection(name string, next *image.Gray) {
	d.changeSelection(name, func(now *image.Gray) []tile { return put(now, next) })
}

// changeSelection changes the selection in place; the old contents of the tiles that changed are one undo step.
func (d *Document) changeSelection(name string, change func(now *image.Gray) (was []tile)) {
	defer d.hooks.Together()()
	d.EndStroke()
	e := &edit{name: name, frame: d.Frame}
	if e.selectTiles = change(d.selectable()); len(e.selectTiles) > 0 {
		d.record(e)
		d.hooks.Changed(ChangedSelection)
	}
}

// SelectAll selects the whole picture.
func (d *Document) SelectAll() {
	if d.ready() && d.has("a selection", maskBytes) {
		d.inTurn(func() { d.setSelection("select all", pixel.Invert(image.NewGray(d.Picture.Rect))) })
	}
}

// SelectNone clears the selection, so that painting is not limited.
func (d *Document) SelectNone() {
	d.inTurn(func() {
		if d.Selected() && d.has("a selection", maskBytes) {
			d.setSelection("select none", image.NewGray(d.Picture.Rect))
		}
	})
}

// SelectInverse exchanges selected and not selected.
func (d *Document) SelectInverse() {
	if d.ready() && d.has("a selection", maskBytes) {
		d.inTurn(func() { d.setSelection("invert selection", pixel.Invert(d.selectable())) })
	}
}

// SelectMask selects what is masked.
func (d *Document) SelectMask() {
	if d.ready() && d.has("a selection", maskBytes) {
		d.inTurn(func() { d.setSelection("selection from mask", copied(d.Mask)) })
	}
}

// MaskSelection masks what is selected.
func (d *Document) MaskSelection() {
	d.inTurn(func() {
		if d.Selected() && d.has("a selection", maskBytes) {
			d.SetMask("mask from selection", copied(d.Selection))
		}
	})
}

// Limited is ink that paints within the selection only, where there is one.
func (d *Document) Limited(k paint.Ink) paint.Ink {
	switch {
	case !d.Selected():
	case k.Within == nil:
		k.Within = d.Selection
	default:
		k.Within = product(k.Within, d.Selection)
	}
	return k
}

// product is the intersection of two planes of the same size.
func product(a, b *image.Gray) *image.Gray {
	out := image.NewGray(a.Rect)
	for i, v := range a.Pix {
		out.Pix[i] = uint8((int(v)*int(b.Pix[i]) + 127) / 255)
	}
	return out
}

// DeleteSelected makes the selected part of the selected layer transparent, as one undo step.
func (d *Document) DeleteSelected(name string) error {
	if !d.Selected() {
		return nil
	}
	return d.Cover(name, paint.Ink{Source: paint.Flat{}, Opacity: 1, Erase: true}, paint.Everywhere(pixel.Bounds(d.Selection)))
}
