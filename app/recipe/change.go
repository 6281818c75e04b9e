package recipe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"

	"nirvana/engine"
)

// Change is engine.Change from a step on, with pictures as their hashes.
type Change struct {
	engine.Change
	Mask    *Pixels  `json:"mask,omitempty"`
	Kept    *Kept    `json:"kept,omitempty"`
	Strokes []Stroke `json:"strokes,omitempty"`
	Grafts  []Graft  `json:"grafts,omitempty"`
}

// Pixels are a picture as the SHA-256 of its size and pixels, and as a PNG if the recipe includes it.
type Pixels struct {
	SHA256 string `json:"sha256"`
	PNG    []byte `json:"png,omitempty"`
}

// Stroke is colour painted into x_t.
type Stroke struct {
	Picture  Pixels  `json:"picture"`
	Strength float32 `json:"strength"`
}

// Kept is the last x_t of another run, given by its recipe, which is kept outside of a mask.
type Kept struct {
	Parent *Recipe `json:"parent"`
	X      string  `json:"x_0_sha256"`
}

// Graft is x_t of another run, given by its recipe, mixed in under a mask.
type Graft struct {
	Parent   *Recipe `json:"parent"`
	X        string  `json:"x_t_sha256"`
	Mask     Pixels  `json:"mask"`
	Strength float32 `json:"strength"`
}

// mostChanges bounds a recipe's changes, mostParents the nesting of grafts' parents.
const (
	mostChanges = 10000
	mostParents = 8
)

// SetChanges records the changes of a run. Strokes are stored as hashes, and with pixels also as PNG, up to 256 KiB
// each; parents are the recipes of the grafts' runs, by the SHA-256 of their x_t.
func (r *Recipe) SetChanges(changes []engine.Change, pixels bool, parents map[string]*Recipe) error {
	r.Changes = nil
	for _, c := range changes {
		to := Change{Change: c}
		to.Change.Mask, to.Change.Kept, to.Change.Strokes, to.Change.Grafts = nil, nil, nil, nil
		var err error
		if c.Mask != nil {
			if to.Mask, err = pixelsOf(c.Mask, c.Mask.Rect, c.Mask.Pix, true); err != nil {
				return err
			}
		}
		for _, s := range c.Strokes {
			// premultiplied bytes unchanged: converted to straight alpha some would not come back exactly
			raw := &image.NRGBA{Pix: s.Picture.Pix, Stride: s.Picture.Stride, Rect: s.Picture.Rect}
			p, err := pixelsOf(raw, s.Picture.Rect, s.Picture.Pix, pixels)
			if err != nil {
				return err
			}
			to.Strokes = append(to.Strokes, Stroke{*p, s.Strength})
		}
		for _, g := range c.Grafts {
			m, err := pixelsOf(g.Mask, g.Mask.Rect, g.Mask.Pix, true)
			if err != nil {
				return err
			}
			x := g.X.SHA256()
			to.Grafts = append(to.Grafts, Graft{nested(parents[x]), x, *m, g.Strength})
		}
		if c.Kept != nil {
			x := c.Kept.SHA256()
			to.Kept = &Kept{nested(parents[x]), x}
		}
		r.Changes = append(r.Changes, to)
	}
	return nil
}

// nested is a parent's recipe; nil where it has parents of its own that lie too deep to be read again.
func nested(parent *Recipe) *Recipe {
	if parent == nil || parent.checkChanges(1) != nil {
		return nil
	}
	return parent
}

// Source is x_t of a step of another run that a recipe's changes use.
type Source struct {
	Parent *Recipe
	Step   int
	X      string // its SHA-256
}

// Sources are the steps of other runs that a recipe's changes use: what is grafted, and what is kept outside of a mask.
func (r Recipe) Sources() (out []Source) {
	for _, c := range r.Changes {
		for _, g := range c.Grafts {
			out = append(out, Source{g.Parent, c.At, g.X})
		}
		if c.Kept != nil {
			out = append(out, c.Kept.source())
		}
	}
	return out
}

func (k *Kept) source() Source {
	s := Source{Parent: k.Parent, X: k.X}
	if k.Parent != nil {
		s.Step = max(len(k.Parent.Hashes)-1, 0)
	}
	return s
}

func pixelsOf(img image.Image, at image.Rectangle, pix []byte, carry bool) (*Pixels, error) {
	p := &Pixels{SHA256: Hash(at, pix)}
	if !carry {
		return p, nil
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encoding a stroke or mask: %w", err)
	}
	if b.Len() <= maskMost {
		p.PNG = b.Bytes()
	}
	return p, nil
}

// GreyPixels are a mask's Pixels.
func GreyPixels(m *image.Gray) (*Pixels, error) { return pixelsOf(m, m.Rect, m.Pix, true) }

// ErrPixels means that a recipe has only a picture's hash.
var ErrPixels = errors.New("the recipe does not contain the pixels")

// Colour is a stroke's picture: the recipe's own, or the one of given with its hash.
func (p Pixels) Colour(given ...*image.RGBA) (*image.RGBA, error) {
	for _, g := range given {
		if Hash(g.Rect, g.Pix) == p.SHA256 {
			return g, nil
		}
	}
	img, err := p.decode()
	if err != nil {
		return nil, err
	}
	var out *image.RGBA
	switch raw := img.(type) {
	case *image.RGBA: // opaque
		out = raw
	case *image.NRGBA:
		out = &image.RGBA{Pix: raw.Pix, Stride: raw.Stride, Rect: raw.Rect}
	}
	if out == nil || Hash(out.Rect, out.Pix) != p.SHA256 {
		return nil, errDamaged
	}
	return out, nil
}

// Grey is a mask's picture.
func (p Pixels) Grey() (*image.Gray, error) {
	img, err := p.decode()
	if err != nil {
		return nil, err
	}
	m, grey := img.(*image.Gray)
	if !grey || Hash(m.Rect, m.Pix) != p.SHA256 {
		return nil, errDamaged
	}
	return m, nil
}

var errDamaged = errors.New("a change in the recipe is damaged")

func (p Pixels) decode() (image.Image, error) {
	if len(p.PNG) == 0 {
		return nil, ErrPixels
	}
	c, err := png.DecodeConfig(bytes.NewReader(p.PNG))
	if err != nil || c.Width > maskSide || c.Height > maskSide || len(p.PNG) > 4*maskMost {
		return nil, errDamaged
	}
	img, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		return nil, errDamaged
	}
	return img, nil
}

// Request is the change for a request. Strokes that the recipe does not include are looked for among given; other
// returns the x_t of a parent's step.
func (c Change) Request(given []*image.RGBA, other func(Source) (engine.Tensor, error)) (engine.Change, error) {
	out := c.Change
	if c.Mask != nil {
		m, err := c.Mask.Grey()
		if err != nil {
			return out, fmt.Errorf("the mask of step %d: %w", c.At, err)
		}
		out.Mask = m
	}
	for _, s := range c.Strokes {
		img, err := s.Picture.Colour(given...)
		if err != nil {
			return out, fmt.Errorf("a stroke at step %d: %w", c.At, err)
		}
		out.Strokes = append(out.Strokes, engine.Stroke{Picture: img, Strength: s.Strength})
	}
	for _, g := range c.Grafts {
		m, err := g.Mask.Grey()
		if err != nil {
			return out, fmt.Errorf("the mask of a graft at step %d: %w", c.At, err)
		}
		x, err := other(Source{g.Parent, c.At, g.X})
		if err != nil {
			return out, fmt.Errorf("a graft at step %d: %w", c.At, err)
		}
		out.Grafts = append(out.Grafts, engine.Graft{X: x, Mask: m, Strength: g.Strength})
	}
	if c.Kept != nil {
		x, err := other(c.Kept.source())
		if err != nil {
			return out, fmt.Errorf("what is kept outside of the mask of step %d: %w", c.At, err)
		}
		out.Kept = &x
	}
	return out, nil
}

// checkChanges refuses changes that no run could have had.
func (r *Recipe) checkChanges(depth int) error {
	if len(r.Changes) > mostChanges || depth > mostParents {
		return fmt.Errorf("the recipe has %d changes, %d parents deep, and at most %d and %d are possible", len(r.Changes), depth, mostChanges, mostParents)
	}
	for _, c := range r.Changes {
		if err := c.Change.Check(); err != nil {
			return err
		}
		all := []Pixels{}
		for _, s := range c.Strokes {
			if !(s.Strength >= 0 && s.Strength <= 1) {
				return fmt.Errorf("a stroke of strength %g is not possible: use 0 to 1", s.Strength)
			}
			all = append(all, s.Picture)
		}
		for _, g := range c.Grafts {
			if !(g.Strength >= 0 && g.Strength <= 1) {
				return fmt.Errorf("a graft of strength %g is not possible: use 0 to 1", g.Strength)
			}
			if all = append(all, g.Mask); g.Parent == nil {
				continue
			}
			if err := g.Parent.checkChanges(depth + 1); err != nil {
				return err
			}
		}
		if c.Kept != nil && c.Mask == nil {
			return errDamaged
		}
		if c.Kept != nil && c.Kept.Parent != nil {
			if err := c.Kept.Parent.checkChanges(depth + 1); err != nil {
				return err
			}
		}
		for _, p := range all {
			if _, err := hex.DecodeString(p.SHA256); err != nil || len(p.SHA256) != 64 {
				return errDamaged
			}
		}
	}
	return nil
}

// sameChanges reports whether two runs had the same changes, whether or not they include pixels.
func (r Recipe) sameChanges(o Recipe) bool {
	a, _ := Recipe{Changes: r.hashed()}.JSON()
	b, _ := Recipe{Changes: o.hashed()}.JSON()
	return bytes.Equal(a, b)
}

// hashed returns the changes without pixels and parents, which their hashes represent.
func (r Recipe) hashed() []Change {
	var out []Change
	for _, c := range r.Changes {
		if c.Mask != nil {
			c.Mask = &Pixels{SHA256: c.Mask.SHA256}
		}
		if c.Kept != nil {
			c.Kept = &Kept{X: c.Kept.X}
		}
		strokes, grafts := c.Strokes, c.Grafts
		c.Strokes, c.Grafts = nil, nil
		for _, s := range strokes {
			c.Strokes = append(c.Strokes, Stroke{Pixels{SHA256: s.Picture.SHA256}, s.Strength})
		}
		for _, g := range grafts {
			c.Grafts = append(c.Grafts, Graft{X: g.X, Mask: Pixels{SHA256: g.Mask.SHA256}, Strength: g.Strength})
		}
		out = append(out, c)
	}
	return out
}
