package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"nirvana/app/layers"
)

// layerDrag is a drag of a layer's row.
type layerDrag struct {
	layer  int64
	pulled float32 // down
}

// Dragged shows where the layer would land.
func (r *layerRow) Dragged(e *fyne.DragEvent) {
	if r.drag == nil {
		r.drag = &layerDrag{layer: r.layer.ID}
	}
	r.drag.pulled += e.Dragged.DY
	r.f.showLanding(r.drag.layer, r.rowsPulled())
}

// DragEnd moves the layer by as many rows as it was dragged.
func (r *layerRow) DragEnd() {
	if r.drag == nil {
		return
	}
	id, by := r.drag.layer, r.rowsPulled()
	r.drag = nil
	r.f.mark.box.Hide()
	if by != 0 {
		r.f.p.w.arrange("move layer", func(s *layers.Stack) (*layers.Stack, error) { return lowered(s, id, by) })
	}
}

func (r *layerRow) rowsPulled() int {
	return int(math.Round(float64(r.drag.pulled / max(r.Size().Height, 1))))
}

// lowered is the stack with a layer moved down by a number of rows, or up by a negative one.
func lowered(s *layers.Stack, id int64, by int) (*layers.Stack, error) {
	step := -1
	if by < 0 {
		by, step = -by, 1
	}
	var err error
	for ; by > 0 && err == nil; by-- {
		s, err = s.Raised(id, step)
	}
	return s, err
}

// listed are the layers of a stack in the order of the list, the topmost first.
func listed(s *layers.Stack) (all []shownLayer) {
	for i := len(s.Layers) - 1; i >= 0; i-- {
		l := s.Layers[i]
		all = append(all, shownLayer{Layer: l})
		for j := len(l.Layers) - 1; j >= 0; j-- {
			all = append(all, shownLayer{Layer: l.Layers[j], inside: true})
		}
	}
	return all
}

// landing is the line between two rows where a dragged layer would land.
type landing struct {
	line *canvas.Rectangle
	box  *fyne.Container // over the rows
}

func newLanding() *landing {
	l := &landing{line: canvas.NewRectangle(accent)}
	l.box = container.NewWithoutLayout(l.line)
	l.box.Hide()
	return l
}

// showLanding shows where a layer would land that is dragged down by a number of rows: not where it would stay.
func (f *layerFold) showLanding(id int64, by int) {
	s := f.p.w.studio.Document.Stack()
	f.mark.box.Hide()
	if s == nil {
		return
	}
	before, inside, moves := landingOf(s, id, by)
	if !moves {
		return
	}
	const thick = 2
	y := f.list.Size().Height
	for _, r := range f.rows[:len(f.list.Objects)] {
		if r.layer.ID == before {
			y = r.Position().Y
		}
	}
	left := float32(0)
	if inside {
		left = layerIndent
	}
	f.mark.line.Move(fyne.NewPos(left, min(max(y-thick/2, 0), f.list.Size().Height-thick)))
	f.mark.line.Resize(fyne.NewSize(f.list.Size().Width-left, thick))
	f.mark.box.Show()
}

// landingOf is where a layer lands: before is the layer of the row under it, 0 for none; inside, whether a group takes
// it. moves is false where everything would stay.
func landingOf(s *layers.Stack, id int64, by int) (before int64, inside, moves bool) {
	to, err := lowered(s, id, by)
	if err != nil {
		return 0, false, false
	}
	was, now := listed(s), listed(to)
	for i := range now {
		moves = moves || now[i].ID != was[i].ID || now[i].inside != was[i].inside
	}
	for i, l := range now {
		if l.ID != id {
			continue
		}
		inside = l.inside
		if by < 0 && was[i].ID == id { // into the group over it: the row stays, the line is over it
			return id, inside, moves
		}
		if next := i + 1 + len(l.Layers); next < len(now) {
			before = now[next].ID
		}
	}
	return before, inside, moves
}
