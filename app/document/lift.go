package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/plane"
	"nirvana/engine/pixel/transform"
)

// lift is the selected part of layers, to be transformed; nil: all of them.
type lift struct {
	selection *image.Gray
	by        transform.Transform
}

// lifted is the selection as it is, or nil without one.
func (d *Document) lifted() *lift {
	if !d.Selected() {
		return nil
	}
	return &lift{copied(d.Selection), transform.Identity}
}

// Lifting reports whether the selection is being transformed, which EndStroke applies.
func (d *Document) Lifting() bool { return d.wet != nil && d.wet.lift != nil }

// transformed is a plane with its lifted part transformed and composited over the rest.
func (l *lift) transformed(p *plane.Plane, t transform.Transform) (*plane.Plane, error) {
	from := p.Bounds()
	if l != nil {
		from = from.Intersect(pixel.Bounds(l.selection))
	}
	if from.Empty() {
		return p, nil
	}
	if err := transforms(from, t.Bounds(from)); err != nil {
		return p, err
	}
	part := p.Picture(from)
	part.Rect = from
	if l == nil {
		out := t.Apply(part)
		return plane.Of(out, out.Rect.Min), nil
	}
	within(part, l.selection)
	out, e := t.Apply(part), p.Edit()
	paint.Ink{Source: paint.Flat{}, Opacity: 1, Erase: true}.Lay(e, l.selection, from)
	return layers.Over(e.Done(), plane.Of(out, out.Rect.Min))
}

// moved is where the selection is after the transform.
func (l *lift) moved() *image.Gray {
	r := pixel.Bounds(l.selection)
	part := image.NewNRGBA(r)
	for i := 3; i < len(part.Pix); i += 4 {
		part.Pix[i] = 255
	}
	within(part, l.selection)
	img, out := l.by.Apply(part), image.NewGray(l.selection.Rect)
	at := img.Rect.Intersect(out.Rect)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			out.Pix[out.PixOffset(x, y)] = img.Pix[img.PixOffset(x, y)+3]
		}
	}
	return out
}

// within makes a picture transparent outside of a selection that covers it.
func within(img *image.NRGBA, selection *image.Gray) {
	r := img.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row, limit := img.Pix[img.PixOffset(r.Min.X, y):], selection.Pix[selection.PixOffset(r.Min.X, y):]
		for x := range r.Dx() {
			row[4*x+3] = uint8((int(row[4*x+3])*int(limit[x]) + 127) / 255)
		}
	}
}

// Piece is the selected part of the selected layer at its position, transparent elsewhere. It is computed later and on
// any goroutine, from the current state; nil if nothing is selected.
func (d *Document) Piece() func() *image.NRGBA {
	s := d.Stack()
	if s == nil || !d.Selected() || !d.has("a piece of a layer", 2*redrawBytes+maskBytes) {
		return nil
	}
	selection, canvas, id := copied(d.Selection), d.Picture.Rect, s.Active
	return func() *image.NRGBA {
		l, _ := s.Layer(id)
		img := l.Pixels.Picture(canvas)
		if l.Group {
			img = plane.Of(s.Only(id, canvas), image.Point{}).Picture(canvas)
		}
		within(img, selection)
		at := pixel.Bounds(selection)
		out := image.NewNRGBA(at)
		for y := at.Min.Y; y < at.Max.Y; y++ {
			copy(out.Pix[out.PixOffset(at.Min.X, y):][:4*at.Dx()], img.Pix[img.PixOffset(at.Min.X, y):])
		}
		return out
	}
}

// PutPiece adds a picture at its position as a new layer above the selected one, as one undo step.
func (d *Document) PutPiece(img *image.NRGBA) error {
	return d.Arrange("paste", func(s *layers.Stack) (*layers.Stack, error) {
		if err := memory.Pixels("a layer", img.Rect.Size(), 4); err != nil {
			return s, err
		}
		return s.Added(s.Active, layers.Layer{Name: s.Free(PieceLayer), Opacity: 1, Pixels: plane.Of(img, img.Rect.Min)})
	})
}

// PieceLayer is what a pasted piece is called as a layer.
const PieceLayer = "Piece"
