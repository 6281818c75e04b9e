package document

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// ZoomOut sets the frame so that the picture fills 1/factor of it, centred: the
// next Generate paints around it.
func (d *Document) ZoomOut(factor float64) {
	b := d.Bounds()
	w, h := int(float64(b.Dx())*factor), int(float64(b.Dy())*factor)
	m := d.hooks.Multiple()
	w, h = d.only(task.Snap(w, m), task.Snap(h, m))
	d.SetFrame(image.Rect(0, 0, w, h).Add(b.Min).Sub(image.Pt((w-b.Dx())/2, (h-b.Dy())/2)))
}

// Pan moves the frame by shares of its size: Pan(0.5, 0) is half a frame to the right.
func (d *Document) Pan(x, y float64) {
	d.SetFrame(d.Frame.Add(image.Pt(int(x*float64(d.Frame.Dx())), int(y*float64(d.Frame.Dy())))))
}

// SetFrame moves and resizes the frame; its size snaps to the model's multiple. Between BeginFrame and EndFrame all
// moves are one undo step, and the size snaps only at the end.
func (d *Document) SetFrame(r image.Rectangle) {
	defer d.hooks.Together()()
	r = r.Canon()
	if d.moving == nil {
		r = d.snapped(r)
	}
	if r == d.Frame {
		return
	}
	if d.moving == nil {
		d.record(&edit{name: "frame", frame: d.Frame})
	}
	d.PutFrame(r)
}

func (d *Document) snapped(r image.Rectangle) image.Rectangle {
	m := d.hooks.Multiple()
	w, h := d.only(task.Snap(r.Dx(), m), task.Snap(r.Dy(), m))
	return image.Rectangle{Min: r.Min, Max: r.Min.Add(image.Pt(w, h))}
}

// only is a size, or the one that the model takes.
func (d *Document) only(w, h int) (int, int) {
	if one := d.hooks.Only(); one != (image.Point{}) {
		return one.X, one.Y
	}
	return w, h
}

// BeginFrame starts a drag of the frame.
func (d *Document) BeginFrame() { f := d.Frame; d.moving = &f }

// EndFrame ends it.
func (d *Document) EndFrame() {
	if d.moving == nil {
		return
	}
	was := *d.moving
	d.moving = nil
	if was != d.Frame {
		d.PutFrame(d.snapped(d.Frame))
		d.record(&edit{name: "frame", frame: was})
	}
}

// FitFrame fits the frame to the mask, or to the picture if nothing is masked.
func (d *Document) FitFrame() {
	r := d.inside(d.Bounds())
	if d.Mask != nil {
		if b := pixel.Bounds(d.Mask); !b.Empty() {
			r = d.held(d.fitted(b))
		}
	}
	d.SetFrame(r)
}

// inside is the largest frame within r, about its centre: a photograph's size is seldom a multiple, and a frame beyond
// it would outpaint it. If r is smaller than the smallest frame, it is that one.
func (d *Document) inside(r image.Rectangle) image.Rectangle {
	m := d.hooks.Multiple()
	down := func(v int) int { return task.Snap(v/m*m, m) }
	w, h := d.only(down(r.Dx()), down(r.Dy()))
	at := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// held is a frame moved and shrunk into the picture.
func (d *Document) held(r image.Rectangle) image.Rectangle {
	b, most := d.Bounds(), d.inside(d.Bounds())
	side := func(from, to, low, high, lowest, highest int) (int, int) {
		switch {
		case to-from > highest-lowest:
			return lowest, highest
		case from < low:
			return low, low + to - from
		case to > high:
			return high - (to - from), high
		}
		return from, to
	}
	r.Min.X, r.Max.X = side(r.Min.X, r.Max.X, b.Min.X, b.Max.X, most.Min.X, most.Max.X)
	r.Min.Y, r.Max.Y = side(r.Min.Y, r.Max.Y, b.Min.Y, b.Max.Y, most.Min.Y, most.Max.Y)
	return r
}

// fitted is a frame over r: the next multiple up, about the same centre.
func (d *Document) fitted(r image.Rectangle) image.Rectangle {
	m := d.hooks.Multiple()
	up := func(v int) int { return task.Snap((v+m-1)/m*m, m) }
	w, h := d.only(up(r.Dx()), up(r.Dy()))
	at := r.Min.Sub(image.Pt((w-r.Dx())/2, (h-r.Dy())/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// Within reports whether the frame is inside the picture.
func (d *Document) Within() bool { return d.Picture != nil && d.Frame.In(d.Picture.Rect) }

// PutFrame sets the frame without snapping and without an undo step.
func (d *Document) PutFrame(r image.Rectangle) {
	d.Frame = r
	d.hooks.Changed(ChangedFrame)
}

// Dragging reports whether the frame is being dragged: between BeginFrame and EndFrame.
func (d *Document) Dragging() bool { return d.moving != nil }

// Refitted is the frame for another model: the next multiple up about the same centre; one that was within the picture
// stays so. That of an empty document has the size w x h.
func (d *Document) Refitted(w, h int, within bool) image.Rectangle {
	r := d.Frame
	if d.Picture == nil {
		r.Max = r.Min.Add(image.Pt(w, h))
	}
	if r = d.fitted(r); within {
		r = d.held(r)
	}
	if d.Picture == nil {
		r = r.Sub(r.Min)
	}
	return r
}

// TakeSize gives the frame a size about its centre; false where it has it. The caller tells of the change.
func (d *Document) TakeSize(w, h int) bool {
	f := d.Frame
	if f.Dx() == w && f.Dy() == h {
		return false
	}
	at := f.Min.Add(image.Pt((f.Dx()-w)/2, (f.Dy()-h)/2))
	if d.Picture == nil {
		at = image.Point{}
	}
	d.Frame = image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
	return true
}
