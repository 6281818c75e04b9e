package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/plane"
	"nirvana/engine/pixel/transform"
)

// wet is a stroke of colour under way, or a shape that is being dragged.
type wet struct {
	name  string
	id    int64 // the layer
	ink   paint.Ink
	pen   paint.Pen
	stack *layers.Stack // before it
	lift  *lift         // what is selected of a layer that is being moved; nil: all of it
	edit  *plane.Edit
	cover *image.Gray
	trail pixel.Trail
	seen  *image.RGBA     // the picture with the stroke; written to until its end
	where image.Rectangle // what of it was painted
	next  *layers.Stack   // of a layer that is being moved: what it has become
}

// BeginPaint starts a stroke of colour on the selected layer at a point in picture coordinates, and returns the rectangle
// that changed. The selection limits it, and ink.Within where it is not nil. Observers hear of the picture at its end; until then
// Wet shows it.
func (d *Document) BeginPaint(ink paint.Ink, pen paint.Pen, x, y float32) (image.Rectangle, error) {
	if err := d.wetten("brush", ink, pen); err != nil {
		return image.Rectangle{}, err
	}
	return d.PaintTo(x, y), nil
}

// wetten prepares painting on the selected layer.
func (d *Document) wetten(name string, ink paint.Ink, pen paint.Pen) error {
	d.EndStroke()
	if !d.ready() {
		return layers.ErrGone
	}
	s := d.Stack()
	if err := s.Paintable(s.Active); err != nil {
		return err
	}
	if err := d.Room(); err != nil {
		return err
	}
	l, _ := s.Layer(s.Active)
	if ink.LockAlpha = ink.LockAlpha || l.LockAlpha; ink.Erase && name == "brush" {
		name = "eraser"
	}
	pen.Size = min(max(pen.Size, 1), 512)
	d.wet = &wet{name: name, id: l.ID, ink: d.Limited(ink), pen: pen, stack: s, edit: l.Pixels.Edit(), seen: clone(d.Picture),
		cover: image.NewGray(d.Picture.Rect), trail: pixel.Trail{Radius: pen.Size / 2, Softness: pen.Softness}}
	return nil
}

// PaintTo continues the stroke to a point and returns the rectangle that changed.
func (d *Document) PaintTo(x, y float32) image.Rectangle {
	w := d.wet
	if w == nil {
		return image.Rectangle{}
	}
	r := w.trail.To(w.cover, x, y)
	w.lay(w.cover, r)
	return r
}

// lay composites coverage over the layer from before the stroke, within r, and draws it.
func (w *wet) lay(cover *image.Gray, r image.Rectangle) {
	w.where = w.where.Union(r)
	w.ink.Lay(w.edit, cover, r)
	now, err := w.stack.Painted(w.id, w.edit.Now())
	if err == nil {
		now.Draw(w.seen, r)
	}
}

// Wet is the picture with the stroke of colour under way, which continues to be written to; nil without one.
func (d *Document) Wet() *image.RGBA {
	if d.wet == nil {
		return nil
	}
	return d.wet.seen
}

// dry ends a stroke of colour: one undo step.
func (d *Document) dry() {
	w := d.wet
	if w == nil {
		return
	}
	d.wet = nil
	if w.edit == nil {
		d.finishStroke(w, w.next)
		return
	}
	pixels := w.edit.Done()
	if l, _ := w.stack.Layer(w.id); l.Pixels.Same(pixels) {
		d.hooks.Changed(ChangedPicture) // what was shown wet is to be shown no more
		return
	}
	if now, err := w.stack.Painted(w.id, pixels); err == nil {
		d.finishStroke(w, now)
	}
}

// finishStroke makes the stroke that was shown part of the document.
func (d *Document) finishStroke(w *wet, now *layers.Stack) {
	if now == nil {
		return
	}
	e := &edit{name: w.name, frame: d.Frame, layers: w.stack, held: w.stack.Bytes(now)}
	d.layers, d.Picture = now, w.seen
	c := ChangedPicture | ChangedLayers
	if w.lift != nil { // what was lifted stays selected
		e.selectTiles = put(d.selectable(), w.lift.moved())
		c |= ChangedSelection
	}
	d.record(e)
	d.hooks.Changed(c)
}

// Cover paints a coverage at its Rect: a line, a shape, a fill, letters. One undo step.
func (d *Document) Cover(name string, ink paint.Ink, cover *image.Gray) error {
	if err := d.Preview(name, ink, cover); err != nil {
		return err
	}
	d.EndStroke()
	return nil
}

// Preview shows what Cover would paint, instead of the last preview. EndStroke applies it, DropStroke does not.
func (d *Document) Preview(name string, ink paint.Ink, cover *image.Gray) error {
	was := image.Rectangle{}
	if w := d.wet; w != nil && w.name == name && w.edit != nil {
		was = w.where
	} else if err := d.wetten(name, ink, paint.Pen{Size: 1}); err != nil {
		return err
	}
	w := d.wet
	ink = d.Limited(ink)
	w.ink.Source, w.ink.Opacity, w.ink.Within = ink.Source, ink.Opacity, ink.Within
	at := cover.Rect.Intersect(d.Picture.Rect)
	if !was.Empty() { // what the preview before it painted goes
		l, _ := w.stack.Layer(w.id)
		w.edit, w.where = l.Pixels.Edit(), image.Rectangle{}
		w.stack.Draw(w.seen, was)
	}
	w.lay(cover, at)
	return nil
}

// PreviewTransform shows a layer, or its selected part, scaled, rotated, flipped and moved, instead of the last preview.
// EndStroke applies it, DropStroke does not.
func (d *Document) PreviewTransform(id int64, t transform.Transform) error {
	const name = "transform layer"
	if w := d.wet; w == nil || w.name != name || w.id != id {
		d.EndStroke()
		s := d.Stack()
		if s == nil {
			return layers.ErrGone
		}
		if err := d.Room(); err != nil {
			return err
		}
		d.wet = &wet{name: name, id: id, stack: s, seen: clone(d.Picture), lift: d.lifted()}
	}
	w := d.wet
	next, err := transformed(w.stack, id, t, w.lift)
	if err != nil {
		return err
	}
	was := w.next
	if was == nil {
		was = w.stack
	}
	next.Draw(w.seen, layers.Differs(was, next).Intersect(w.seen.Rect))
	w.next = next
	if w.lift != nil {
		w.lift.by = t
	}
	d.hooks.Changed(ChangedPicture)
	return nil
}

// DropStroke discards the stroke of colour under way.
func (d *Document) DropStroke() {
	if d.wet != nil {
		d.wet = nil
		d.hooks.Changed(ChangedPicture)
	}
}

// Filled is the coverage of the connected area around a point whose colour is within the tolerance, in all layers or in
// the selected one. It is computed later and on any goroutine, from the current picture.
func (d *Document) Filled(at image.Point, tolerance int, layer bool) func() *image.Gray {
	under := d.Under(layer)
	return func() *image.Gray { return pixel.Flood(under(), at, tolerance) }
}
