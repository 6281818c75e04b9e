package layers

import (
	"image"
	"slices"

	"nirvana/engine/memory"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// MergedDown is the stack with a layer merged into the one below it in its list. The lower one keeps its mode; its
// opacity becomes part of its pixels. A group becomes one layer first.
func (s *Stack) MergedDown(id int64) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok {
		return s, ErrGone
	}
	list := *s.list(g)
	if list[i].Group {
		return s.GroupMerged(id)
	}
	if i == 0 {
		return s, ErrBelow
	}
	above, below := list[i], list[i-1]
	switch {
	case above.Locked || below.Locked:
		return s, ErrLocked
	case above.Hidden || below.Hidden:
		return s, ErrHidden
	case below.Group:
		return s, ErrGroup
	}
	mode := below.Mode
	below.Mode = composite.Normal
	pixels, err := composed([]Layer{below, above})
	if err != nil {
		return s, err
	}
	out := s.copy()
	to := out.list(g)
	*to = slices.Delete(*to, i, i+1)
	l := &(*to)[i-1]
	l.Pixels, l.Opacity, l.Mode = pixels, 1, mode
	out.Active = l.ID
	return out, nil
}

// GroupMerged is the stack with a group as one layer of its name, mode and opacity.
func (s *Stack) GroupMerged(id int64) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok || g >= 0 || !s.Layers[i].Group {
		return s, ErrGone
	}
	was := s.Layers[i]
	if was.Locked {
		return s, ErrLocked
	}
	pixels, err := composed(was.Layers)
	if err != nil {
		return s, err
	}
	out := s.copy()
	out.Layers[i] = Layer{ID: was.ID, Name: was.Name, Hidden: was.Hidden, Opacity: was.Opacity, Mode: was.Mode, Pixels: pixels}
	out.Active = was.ID
	return out, nil
}

// Flattened is the stack as one layer that looks like all visible ones.
func (s *Stack) Flattened(name string) (*Stack, error) {
	pixels, err := composed(s.Layers)
	if err != nil {
		return s, err
	}
	id := s.Last + 1
	return &Stack{Layers: []Layer{{ID: id, Name: name, Opacity: 1, Pixels: pixels}}, Active: id, Last: id}, nil
}

// Grouped is the stack with a layer in a new group of a name in its place.
func (s *Stack) Grouped(id int64, name string) (*Stack, error) {
	g, i, ok := s.find(id)
	switch {
	case !ok:
		return s, ErrGone
	case g >= 0 || s.Layers[i].Group:
		return s, ErrNested
	case s.Count() >= Most:
		return s, ErrMany
	}
	out := s.copy()
	out.Last++
	out.Layers[i] = Layer{ID: out.Last, Name: name, Opacity: 1, Group: true, Layers: []Layer{s.Layers[i]}}
	return out, nil
}

// Ungrouped is the stack with a group replaced by its layers.
func (s *Stack) Ungrouped(id int64) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok || g >= 0 || !s.Layers[i].Group {
		return s, ErrGone
	}
	out := s.copy()
	inner := out.Layers[i].Layers
	out.Layers = slices.Replace(out.Layers, i, i+1, inner...)
	if _, _, ok := out.find(out.Active); !ok && len(out.Layers) > 0 {
		out.Active = out.Layers[min(max(i+len(inner)-1, 0), len(out.Layers)-1)].ID
	}
	return out, nil
}

// composed is a list of layers composited. It fails where there is no memory for them.
func composed(list []Layer) (*plane.Plane, error) {
	s := &Stack{Layers: list}
	var r image.Rectangle
	for _, p := range s.planes() {
		r = r.Union(p.Bounds())
	}
	if err := memory.Pixels("a layer", r.Size(), 4); err != nil {
		return nil, err
	}
	e := (*plane.Plane)(nil).Edit()
	s.draw(r, func(at image.Point, row []float32) {
		t := e.Tile(plane.Tiles(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})[0])
		composite.Straight(t.Pix[t.PixOffset(at.X, at.Y):], row)
	})
	return e.Done(), nil
}

// Only is one layer, or group, as if it were alone and visible, within r.
func (s *Stack) Only(id int64, r image.Rectangle) *image.RGBA {
	l, _ := s.Layer(id)
	l.Hidden, l.Mode, l.Opacity = false, composite.Normal, 1
	return (&Stack{Layers: []Layer{l}}).Picture(r)
}

// Over is one layer's pixels composited over another's.
func Over(below, above *plane.Plane) (*plane.Plane, error) {
	return composed([]Layer{{Opacity: 1, Pixels: below}, {Opacity: 1, Pixels: above}})
}

// Sharing is the stack with equal tiles replaced by another's, to save memory.
func (s *Stack) Sharing(other *Stack) *Stack {
	if s == nil || other == nil {
		return s
	}
	out := s.copy()
	each(out.Layers, func(l *Layer) {
		if o, ok := other.Layer(l.ID); ok {
			l.Pixels = l.Pixels.Sharing(o.Pixels)
		}
	})
	return out
}
