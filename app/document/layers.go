package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/plane"
	"nirvana/engine/pixel/transform"
)

// PictureLayer is what the picture is called as a layer.
const PictureLayer = "Picture"

// Stack is the document's layers; if it has none, its picture as the only layer; nil while it is empty.
func (d *Document) Stack() *layers.Stack {
	if d.layers == nil && d.Picture != nil && d.single.of != d.Picture {
		d.single = single{d.Picture, layers.Of(PictureLayer, d.Straight(d.Picture, image.Point{}))}
	}
	switch {
	case d.Picture == nil:
		return nil
	case d.layers == nil:
		return d.single.stack
	}
	return d.layers
}

// single is a picture as the only layer of a document that has no layers yet.
type single struct {
	of    *image.RGBA
	stack *layers.Stack
}

// TakeLayers sets the layers of a new document from which its picture was drawn; nil keeps the picture alone.
func (d *Document) TakeLayers(s *layers.Stack) {
	if s != nil {
		d.layers = s
		d.hooks.Changed(ChangedLayers)
	}
}

// Layered reports whether the document has layers of its own: more than its picture, or one that was painted on.
func (d *Document) Layered() bool { return d.layers != nil }

// Arrange changes the layers as one undo step; no step if f returns its argument.
func (d *Document) Arrange(name string, f func(*layers.Stack) (*layers.Stack, error)) error {
	d.EndStroke()
	was := d.Stack()
	if was == nil {
		return nil
	}
	if err := room("redrawing a canvas", d.Picture.Rect.Size(), redrawBytes); err != nil {
		return err
	}
	now, err := f(was)
	if err != nil || now == was {
		return err
	}
	defer d.hooks.Together()()
	e := &edit{name: name, frame: d.Frame}
	d.relayer(e, now)
	d.record(e)
	d.hooks.Changed(ChangedPicture | ChangedLayers)
	return nil
}

// relayer replaces the layers and redraws what looks different; the undo step has the old ones.
func (d *Document) relayer(e *edit, now *layers.Stack) {
	was := d.Stack()
	if r := layers.Differs(was, now).Intersect(d.Picture.Rect); !r.Empty() {
		out := clone(d.Picture)
		now.Draw(out, r)
		d.Picture = out
	}
	d.layers, e.layers = now, was
	e.held = was.Bytes(now)
}

// Choose selects the layer to paint on. It is not an undo step.
func (d *Document) Choose(id int64) {
	if s := d.Stack(); s != nil && s.Chosen(id) != s {
		d.EndStroke()
		d.layers = s.Chosen(id)
		d.hooks.Changed(ChangedLayers)
	}
}

// Read is a run's input: the visible picture, or the selected layer alone, with its colours extended into its
// transparent parts, which are not to be outpainted.
func (d *Document) Read(layer bool) *image.RGBA { return d.Reader(layer)() }

// Reader is Read of the current state, later and on any goroutine.
func (d *Document) Reader(layer bool) func() *image.RGBA {
	picture, stack := d.Picture, d.layers
	if !layer || stack == nil {
		return func() *image.RGBA { return picture }
	}
	return func() *image.RGBA {
		img := stack.Only(stack.Active, picture.Rect)
		return pixel.Fill(img, image.NewGray(img.Rect))
	}
}

// Under draws the visible picture, or the selected layer alone, later and on any goroutine, in its current state.
func (d *Document) Under(layer bool) func() *image.RGBA {
	picture := d.Picture
	if s := d.Stack(); layer && s != nil {
		return func() *image.RGBA { return s.Only(s.Active, picture.Rect) }
	}
	return func() *image.RGBA { return picture }
}

// transformed is the stack with a layer, or the layers of a group, transformed: the lifted selection, or all of it.
func transformed(s *layers.Stack, id int64, t transform.Transform, off *lift) (*layers.Stack, error) {
	l, ok := s.Layer(id)
	if !ok || !t.Valid() {
		return s, layers.ErrGone
	}
	if !l.Group {
		pixels, err := off.transformed(l.Pixels, t)
		if err != nil {
			return s, err
		}
		return s.Painted(id, pixels)
	}
	if l.Locked {
		return s, layers.ErrLocked
	}
	var parts []layers.Layer
	for _, c := range l.Layers {
		pixels, err := off.transformed(c.Pixels, t)
		if err != nil {
			return s, err
		}
		c.Pixels = pixels
		parts = append(parts, c)
	}
	return s.Changed(id, func(l *layers.Layer) { l.Layers = parts })
}

// land is the stack with a result as a new layer above the selected one.
func (d *Document) land(s *layers.Stack, c Result, at image.Rectangle, name string) (*layers.Stack, error) {
	img, alpha := c.Raw, c.Alpha
	if img == nil {
		img, alpha = c.Picture, nil
	}
	e := (*plane.Plane)(nil).Edit()
	if alpha == nil {
		e.Put(img, at)
	} else {
		e.Put(pixel.Through(img, alpha), at)
	}
	return s.Added(s.Active, layers.Layer{Name: s.Free(name), Opacity: 1, Pixels: e.Done()})
}
