package project

import (
	"bytes"
	"fmt"
	"image"
	"slices"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// Stack is the file's layers without those that skip excludes; false if only the file's merged picture shows what they
// look like: a layer has a blend mode that OpenRaster's baseline lacks, or is damaged, which f.Damaged reports. Without a
// merged picture, damaged layers are left out. Nested groups become one layer, or their layers.
func (f *File) Stack(skip func(Layer) bool) (*layers.Stack, bool, error) {
	b := builder{lists: map[*Group]*branch{}, top: &branch{}}
	plain := true
	for _, l := range slices.Backward(f.Layers) {
		if skip(l) {
			continue
		}
		mode, known := composite.ModeOf(l.Op)
		plain = plain && (known || !l.shown())
		if f.Damaged != nil && f.Merged != nil {
			return nil, false, nil
		}
		pixels, err := l.plane()
		if kind := fault.Of(err); kind == fault.TooLarge || kind == fault.Memory {
			return nil, false, err
		}
		if err != nil {
			if f.Damaged = damaged("%v", err); f.Merged != nil {
				return nil, false, nil
			}
			continue
		}
		b.add(l.Within, layers.Layer{Name: l.Name, Hidden: l.Hidden, Locked: l.Locked, Opacity: l.Opacity, Mode: mode, Pixels: pixels})
	}
	s, err := layers.Folded(b.top.layers())
	return s, plain && b.plain() && err == nil, err
}

// branch is a group that is being filled.
type branch struct {
	group *Group
	parts []any // layers.Layer or *branch
}

type builder struct {
	top   *branch
	lists map[*Group]*branch
}

func (b *builder) add(to *Group, part any) {
	if to == nil {
		b.top.parts = append(b.top.parts, part)
		return
	}
	list, ok := b.lists[to]
	if !ok {
		list = &branch{group: to}
		b.lists[to] = list
		b.add(to.Within, list)
	}
	list.parts = append(list.parts, part)
}

func (b *builder) plain() bool {
	for g := range b.lists {
		if _, known := composite.ModeOf(g.Op); !known && !g.Hidden {
			return false
		}
	}
	return true
}

func (b *branch) layers() (out []layers.Layer) {
	for _, p := range b.parts {
		switch p := p.(type) {
		case layers.Layer:
			out = append(out, p)
		case *branch:
			g := p.group
			mode, _ := composite.ModeOf(g.Op)
			out = append(out, layers.Layer{Name: g.Name, Hidden: g.Hidden, Locked: g.Locked, Opacity: g.Opacity, Mode: mode, Isolated: g.Isolated, Group: true, Layers: p.layers()})
		}
	}
	return out
}

// plane decodes the layer into straight pixels.
func (l Layer) plane() (*plane.Plane, error) {
	img, err := straight(l.PNG, func(bytes int64) error {
		if l.decoded == nil {
			return nil
		}
		return l.decoded.Spend(bytes)
	})
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", l.Name, err)
	}
	const far = 1 << 20 // px; no program places layers further away
	at := image.Pt(min(max(l.At.X, -far), far), min(max(l.At.Y, -far), far))
	return plane.Of(img, at), nil
}

func straight(data []byte, spend func(int64) error) (image.Image, error) {
	if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		if err := spend(8 * int64(c.Width) * int64(c.Height)); err != nil { // decoded, and in tiles
			return nil, err
		}
	}
	f, err := pixel.Read(bytes.NewReader(data)) // which asks for more memory than the tiles take
	if err != nil {
		return nil, err
	}
	return f.Source.Under(f.Picture, image.Point{}), nil
}

// Flatten draws the visible layers; see Stack.
func (f *File) Flatten(skip func(Layer) bool) (*image.RGBA, bool, error) {
	s, plain, err := f.Stack(func(l Layer) bool { return !l.shown() || skip(l) })
	if s == nil || err != nil || !plain && f.Merged != nil {
		return nil, false, err
	}
	size := image.Pt(f.Width, f.Height)
	if err := memory.Pixels("its picture", size, 4); err != nil {
		return nil, false, err
	}
	return s.Picture(image.Rectangle{Max: size}), plain, nil
}

// Put adds a stack's layers below the file's existing ones, with the picture's corner at a point.
func (f *File) Put(s *layers.Stack, corner image.Point) error {
	for _, l := range slices.Backward(s.Layers) {
		if !l.Group {
			if err := f.put(l, nil, corner); err != nil {
				return err
			}
			continue
		}
		g := &Group{Name: l.Name, Opacity: l.Opacity, Hidden: l.Hidden, Locked: l.Locked, Op: l.Mode.String(), Isolated: l.Isolated}
		for _, c := range slices.Backward(l.Layers) {
			if err := f.put(c, g, corner); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *File) put(l layers.Layer, within *Group, corner image.Point) error {
	r := l.Pixels.Bounds()
	if r.Empty() {
		r = image.Rect(0, 0, 1, 1) // a PNG has at least one pixel
	}
	data, err := encoded(l.Pixels.Picture(r))
	if err != nil {
		return err
	}
	f.Layers = append(f.Layers, Layer{Name: l.Name, PNG: data, At: r.Min.Add(corner), Opacity: l.Opacity, Hidden: l.Hidden, Locked: l.Locked, Op: l.Mode.String(), Within: within})
	return nil
}
