package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// SavedLayers is the serialised form of layers. Their tiles are blobs, so that a stroke writes only the tiles that it
// touched, and undo steps share unchanged ones.
type SavedLayers struct {
	Active, Last int64
	Layers       []SavedLayer
}

// SavedLayer is one of them.
type SavedLayer struct {
	ID                        int64
	Name                      string
	Hidden, Locked, LockAlpha bool `json:",omitempty"`
	Opacity                   float32
	Mode                      string
	Group, Isolated           bool             `json:",omitempty"`
	Layers                    []SavedLayer     `json:",omitempty"`
	Tiles                     []SavedLayerTile `json:",omitempty"`
}

// SavedLayerTile is a tile by column and row, and the blob of its straight pixels.
type SavedLayerTile struct {
	X, Y   int
	Pixels string
}

// saveLayers stores a stack's tiles; nil for nil.
func saveLayers(s *layers.Stack, b Keeps, err *error) *SavedLayers {
	if s == nil {
		return nil
	}
	return &SavedLayers{s.Active, s.Last, saveList(s.Layers, b, err)}
}

func saveList(list []layers.Layer, b Keeps, err *error) (out []SavedLayer) {
	for _, l := range list {
		to := SavedLayer{ID: l.ID, Name: l.Name, Hidden: l.Hidden, Locked: l.Locked, LockAlpha: l.LockAlpha, Opacity: l.Opacity, Mode: l.Mode.String(),
			Group: l.Group, Isolated: l.Isolated, Layers: saveList(l.Layers, b, err)}
		for at, t := range l.Pixels.All() {
			// A blob has straight or premultiplied bytes; it is identified by the tile's address, so that it is encoded once.
			to.Tiles = append(to.Tiles, SavedLayerTile{at.X, at.Y, b.Color((*image.RGBA)(t), err)})
		}
		out = append(out, to)
	}
	return out
}

// blobs are the names of all tiles.
func (s *SavedLayers) blobs() (out []string) {
	if s == nil {
		return nil
	}
	var walk func([]SavedLayer)
	walk = func(list []SavedLayer) {
		for _, l := range list {
			for _, t := range l.Tiles {
				out = append(out, t.Pixels)
			}
			walk(l.Layers)
		}
	}
	walk(s.Layers)
	return out
}

var errLayers = fault.Lost.Errorf("the layers are damaged")

// load restores the stack. Everything is checked, because it may come from an untrusted file.
func (s *SavedLayers) load(b Holds) (*layers.Stack, error) {
	if s == nil {
		return nil, nil
	}
	seen := map[int64]bool{}
	list, err := loadList(s.Layers, seen, false, b)
	out := &layers.Stack{Layers: list, Active: s.Active, Last: s.Last}
	switch {
	case err != nil:
		return nil, err
	case len(seen) == 0 || len(seen) > layers.Most:
		return nil, errLayers
	}
	for id := range seen {
		out.Last = max(out.Last, id)
	}
	if !seen[out.Active] {
		out.Active = list[len(list)-1].ID
	}
	return out, nil
}

func loadList(list []SavedLayer, seen map[int64]bool, inside bool, b Holds) (out []layers.Layer, err error) {
	for _, l := range list {
		mode, known := composite.ModeOf(l.Mode)
		if seen[l.ID] || l.ID <= 0 || !known || !(l.Opacity >= 0 && l.Opacity <= 1) || l.Group && inside || !l.Group && len(l.Layers) > 0 {
			return nil, errLayers
		}
		seen[l.ID] = true
		to := layers.Layer{ID: l.ID, Name: l.Name, Hidden: l.Hidden, Locked: l.Locked, LockAlpha: l.LockAlpha, Opacity: l.Opacity, Mode: mode, Group: l.Group, Isolated: l.Isolated}
		if to.Layers, err = loadList(l.Layers, seen, true, b); err != nil {
			return nil, err
		}
		if !l.Group {
			if to.Pixels, err = loadTiles(l.Tiles, b); err != nil {
				return nil, err
			}
		}
		out = append(out, to)
	}
	return out, nil
}

func loadTiles(list []SavedLayerTile, b Holds) (*plane.Plane, error) {
	const far = 1 << 13 // tiles from the corner
	tiles := map[image.Point]*image.NRGBA{}
	var err error
	for _, t := range list {
		if t.X < -far || t.X > far || t.Y < -far || t.Y > far {
			return nil, errLayers
		}
		img := b.LoadColor(t.Pixels, &err)
		if err != nil {
			return nil, err
		}
		at := image.Pt(t.X, t.Y)
		if img == nil || img.Rect.Size() != image.Pt(plane.Side, plane.Side) {
			return nil, errLayers
		}
		tiles[at] = &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: plane.Rect(at)}
	}
	return plane.Tiled(tiles), nil
}
