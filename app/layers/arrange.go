package layers

import (
	"fmt"
	"image"
	"slices"
	"strings"
)

// Added is the stack with a new layer or group right above another one, or on top if that does not exist. It gets an ID
// and is selected.
func (s *Stack) Added(above int64, l Layer) (*Stack, error) {
	if s.Count()+1+len(l.Layers) > Most {
		return s, ErrMany
	}
	out := s.copy()
	out.number(&l)
	g, i, ok := out.find(above)
	switch {
	case !ok:
		g, i = -1, len(out.Layers)-1
	case g < 0 && out.Layers[i].Group && !l.Group: // into the group, on top
		g, i = i, len(out.Layers[i].Layers)-1
	case g >= 0 && l.Group:
		g, i = -1, g
	}
	to := out.list(g)
	*to = slices.Insert(*to, i+1, l)
	out.Active = l.ID
	return out, nil
}

// number assigns new IDs to a layer and those in it.
func (s *Stack) number(l *Layer) {
	s.Last++
	l.ID = s.Last
	l.Layers = slices.Clone(l.Layers)
	for i := range l.Layers {
		s.number(&l.Layers[i])
	}
}

// Removed is the stack without a layer, or without a group and its layers.
func (s *Stack) Removed(id int64) (*Stack, error) {
	g, i, ok := s.find(id)
	switch {
	case !ok:
		return s, ErrGone
	case s.raster()-rasters(s.layerAt(g, i)) < 1:
		return s, ErrLast
	}
	out := s.copy()
	list := out.list(g)
	*list = slices.Delete(*list, i, i+1)
	out.choose(g, i)
	return out, nil
}

func (s *Stack) layerAt(g, i int) Layer { return (*s.list(g))[i] }

// rasters counts the layers that have pixels.
func rasters(l Layer) int {
	if l.Group {
		return len(l.Layers)
	}
	return 1
}

func (s *Stack) raster() (n int) {
	for _, l := range s.Layers {
		n += rasters(l)
	}
	return n
}

// choose selects the layer at a removed layer's position, or the one below it.
func (s *Stack) choose(g, i int) {
	switch list := *s.list(g); {
	case len(list) == 0: // an empty group
		s.Active = s.Layers[g].ID
	default:
		s.Active = list[min(max(i-1, 0), len(list)-1)].ID
	}
}

// Duplicated is the stack with a copy of a layer right above it, which is selected.
func (s *Stack) Duplicated(id int64) (*Stack, error) {
	l, ok := s.Layer(id)
	if !ok {
		return s, ErrGone
	}
	g, i, _ := s.find(id)
	if s.Count()+1+len(l.Layers) > Most {
		return s, ErrMany
	}
	out := s.copy()
	l.Name = s.Free(l.Name)
	out.number(&l)
	list := out.list(g)
	*list = slices.Insert(*list, i+1, l)
	out.Active = l.ID
	return out, nil
}

// Free is an unused name: the name itself, or with the next free number.
func (s *Stack) Free(name string) string {
	taken := map[string]bool{}
	for _, l := range s.Layers {
		taken[l.Name] = true
		for _, c := range l.Layers {
			taken[c.Name] = true
		}
	}
	stem := strings.TrimRight(name, "0123456789")
	if strings.TrimSpace(stem) == "" {
		stem = name
	}
	stem = strings.TrimSpace(stem)
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s %d", stem, n)
	}
	return name
}

// Moved is the stack with a layer at another position: in a group (0: in none), at an index from the lowest of that list
// without the layer.
func (s *Stack) Moved(id, group int64, place int) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok {
		return s, ErrGone
	}
	l := s.layerAt(g, i)
	if l.Group && group != 0 {
		return s, ErrNested
	}
	out := s.copy()
	list := out.list(g)
	*list = slices.Delete(*list, i, i+1)
	to := -1
	if group != 0 {
		parent, at, ok := out.find(group)
		if !ok || parent >= 0 || !out.Layers[at].Group {
			return s, ErrGone
		}
		to = at
	}
	list = out.list(to)
	*list = slices.Insert(*list, min(max(place, 0), len(*list)), l)
	return out, nil
}

// Raised is the stack with a layer one position higher, or lower for -1: past a neighbour, into a group next to it, or
// out of its group.
func (s *Stack) Raised(id int64, by int) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok {
		return s, ErrGone
	}
	l, list := s.layerAt(g, i), *s.list(g)
	next := i + by
	switch {
	case g >= 0 && (next < 0 || next >= len(list)): // out
		place := g
		if by > 0 {
			place++
		}
		return s.Moved(id, 0, place)
	case next < 0 || next >= len(list):
		return s, nil
	case g < 0 && list[next].Group && !l.Group: // in
		place := len(list[next].Layers)
		if by > 0 {
			place = 0
		}
		return s.Moved(id, list[next].ID, place)
	}
	group := int64(0)
	if g >= 0 {
		group = s.Layers[g].ID
	}
	return s.Moved(id, group, next)
}

// Shifted is the stack with everything moved, cropped to a canvas of another size.
func (s *Stack) Shifted(by image.Point, canvas image.Rectangle) *Stack {
	out := s.copy()
	each(out.Layers, func(l *Layer) { l.Pixels = l.Pixels.Moved(by).Cropped(canvas) })
	return out
}

func each(list []Layer, f func(*Layer)) {
	for i := range list {
		f(&list[i])
		each(list[i].Layers, f)
	}
}
