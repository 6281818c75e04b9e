// Package layers is a picture's stack of layers: raster layers and groups of one level, with OpenRaster's blend
// modes. A Stack is immutable: every change returns another, which shares everything unchanged, so that undo keeps
// the stack before. Start with Of, Stack.Changed and Stack.Draw.
package layers

import (
	"image"
	"slices"

	"nirvana/engine/fault"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// Most is how many layers and groups a stack may have.
const Most = 256

// Layer is a raster layer, or a group of them.
type Layer struct {
	ID        int64 // stays with the layer through every change
	Name      string
	Hidden    bool
	Locked    bool // refuses to be painted on, moved and merged
	LockAlpha bool // paint colours what is there and leaves its opacity
	Opacity   float32
	Mode      composite.Mode
	Pixels    *plane.Plane // of a raster layer, in picture coordinates

	Group    bool
	Isolated bool    // the group is composited by itself even if it is opaque and Normal
	Layers   []Layer // of a group, the lowest first; none of them is a group
}

// Apart reports whether a group is composited by itself first: it is isolated, partly transparent, or not Normal.
func (l Layer) Apart() bool { return l.Isolated || l.Opacity != 1 || l.Mode != composite.Normal }

// Stack is all layers, the lowest first.
type Stack struct {
	Layers []Layer
	Active int64 // the chosen layer's ID
	Last   int64 // the greatest ID given out
}

// Raster is a layer of a picture, its corner at a point.
func Raster(name string, img image.Image, at image.Point) Layer {
	return Layer{Name: name, Opacity: 1, Pixels: plane.Of(img, at)}
}

// Of is a picture as a stack of one layer.
func Of(name string, img image.Image) *Stack {
	return &Stack{Layers: []Layer{{ID: 1, Name: name, Opacity: 1, Pixels: plane.Of(img, image.Point{})}}, Active: 1, Last: 1}
}

// Errors of changes that cannot be made.
var (
	ErrGone   = fault.Settings.Errorf("this layer is not there any more")
	ErrLocked = fault.Settings.Errorf("the layer is locked: unlock it first")
	ErrHidden = fault.Settings.Errorf("the layer is hidden: show it first")
	ErrGroup  = fault.Settings.Errorf("a group cannot be painted on: choose a layer in it")
	ErrMany   = fault.Settings.Errorf("a picture has at most %d layers: merge some first", Most)
	ErrBelow  = fault.Settings.Errorf("there is no layer below it to merge with")
	ErrNested = fault.Settings.Errorf("a group cannot be inside a group")
	ErrLarge  = fault.TooLarge.Errorf("the layer would become too large: make it smaller")
	ErrLast   = fault.Settings.Errorf("this is the only layer: a picture has at least one")
)

// find is the position of a layer: in which list, and its index there.
func (s *Stack) find(id int64) (group, at int, ok bool) {
	for i, l := range s.Layers {
		if l.ID == id {
			return -1, i, true
		}
		for j, c := range l.Layers {
			if c.ID == id {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// Layer is the one with an ID.
func (s *Stack) Layer(id int64) (Layer, bool) {
	if s == nil {
		return Layer{}, false
	}
	g, i, ok := s.find(id)
	switch {
	case !ok:
		return Layer{}, false
	case g < 0:
		return s.Layers[i], true
	}
	return s.Layers[g].Layers[i], true
}

// GroupOf is the ID of a layer's group, 0 for none.
func (s *Stack) GroupOf(id int64) int64 {
	if g, _, ok := s.find(id); ok && g >= 0 {
		return s.Layers[g].ID
	}
	return 0
}

// Count is how many layers and groups there are.
func (s *Stack) Count() (n int) {
	for _, l := range s.Layers {
		n += 1 + len(l.Layers)
	}
	return n
}

// copy is a stack whose lists may be written to.
func (s *Stack) copy() *Stack {
	out := *s
	out.Layers = slices.Clone(s.Layers)
	for i, l := range out.Layers {
		out.Layers[i].Layers = slices.Clone(l.Layers)
	}
	return &out
}

// list is the list that contains a layer, of a copy.
func (s *Stack) list(group int) *[]Layer {
	if group < 0 {
		return &s.Layers
	}
	return &s.Layers[group].Layers
}

// Changed is the stack with one layer changed by f.
func (s *Stack) Changed(id int64, f func(*Layer)) (*Stack, error) {
	g, i, ok := s.find(id)
	if !ok {
		return s, ErrGone
	}
	out := s.copy()
	l := &(*out.list(g))[i]
	f(l)
	l.ID, l.Opacity = id, min(max(l.Opacity, 0), 1)
	return out, nil
}

// Chosen is the stack with another layer selected.
func (s *Stack) Chosen(id int64) *Stack {
	if _, _, ok := s.find(id); !ok || s.Active == id {
		return s
	}
	out := *s
	out.Active = id
	return &out
}

// Paintable is the reason why a layer cannot be painted on; nil if it can.
func (s *Stack) Paintable(id int64) error {
	l, ok := s.Layer(id)
	g, _ := s.Layer(s.GroupOf(id))
	switch {
	case !ok:
		return ErrGone
	case l.Group:
		return ErrGroup
	case l.Locked || g.Locked:
		return ErrLocked
	case l.Hidden || g.Hidden:
		return ErrHidden
	}
	return nil
}

// Painted is the stack with other pixels in a layer.
func (s *Stack) Painted(id int64, pixels *plane.Plane) (*Stack, error) {
	if err := s.Paintable(id); err != nil {
		return s, err
	}
	return s.Changed(id, func(l *Layer) { l.Pixels = pixels })
}

// planes are the pixels of all layers.
func (s *Stack) planes() (out []*plane.Plane) {
	if s == nil {
		return nil
	}
	for _, l := range s.Layers {
		out = append(out, l.Pixels)
		for _, c := range l.Layers {
			out = append(out, c.Pixels)
		}
	}
	return out
}

// Bytes is the memory of the tiles that another stack does not hold.
func (s *Stack) Bytes(other *Stack) (n int) {
	seen := map[*image.NRGBA]bool{}
	for _, p := range other.planes() {
		for _, t := range p.All() {
			seen[t] = true
		}
	}
	for _, p := range s.planes() {
		for _, t := range p.All() {
			if !seen[t] {
				seen[t] = true
				n += len(t.Pix)
			}
		}
	}
	return n
}

// Single reports whether the stack is one plain layer of the canvas's size, which is the same as a picture.
func (s *Stack) Single(canvas image.Rectangle) bool {
	if s.Count() != 1 || s.Layers[0].Group || s.Layers[0].Hidden || s.Layers[0].Locked {
		return false
	}
	return s.Layers[0].Opacity == 1 && s.Layers[0].Mode == composite.Normal && s.Layers[0].Pixels.Bounds().In(canvas)
}
