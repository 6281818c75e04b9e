package document

import (
	"image"
	"image/draw"

	"nirvana/app/layers"
	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// Result is a picture that can be composited into the document.
type Result struct {
	Picture  *image.RGBA     // what the document will look like in the frame
	Frame    image.Rectangle // document coordinates
	Raw      *image.RGBA     // of the frame's size, as it was made; nil: Picture
	Alpha    *image.Gray     // how much of Raw counts; nil: all
	Replaces bool            // it becomes the whole document
	CutOut   bool            // it and the picture under it were cut out: transparent pixels are not missing
	Layer    bool            // it becomes a layer, even if the document has none yet
}

// Accept composites a result with its recipe, and clears the mask unless it is locked. Pixels where its alpha is 0 stay
// byte for byte. False where there is no memory for it: nothing has changed then.
func (d *Document) Accept(c Result, made *recipe.Recipe, holdMask bool) bool {
	if !d.allowed(d.joined(c)) {
		return false
	}
	d.accept(c, made, holdMask)
	return true
}

func (d *Document) accept(c Result, made *recipe.Recipe, holdMask bool) {
	defer d.hooks.Together()()
	d.Recipe = made
	if d.Picture == nil || c.Replaces {
		d.whole("keep", c.Picture, image.NewGray(c.Picture.Rect), d.keptScribble(c.Picture.Rect), nil, image.Rectangle{Max: c.Frame.Size()}, image.Point{})
		d.Selection = nil // it was of another picture
		return
	}
	picture, mask, off := d.grown(c.Frame)
	unmask := !holdMask
	if s := d.landed(c, off, picture.Rect); s != nil {
		d.acceptLayer(s, picture.Rect, mask, off, unmask)
		return
	}
	out := pasted(picture, c, c.Frame.Add(off))
	if picture == d.Picture {
		d.replace("keep", out, c.Frame, unmask)
		return
	}
	if unmask {
		mask = image.NewGray(out.Rect)
	}
	d.whole("keep", out, mask, d.movedScribble(out.Rect, off), nil, d.Frame.Add(off), off)
}

// ResultLayer is what a result is called as a layer.
const ResultLayer = "Result"

// landed is the layers with a result as one of them, on a shifted canvas; nil if it becomes part of the picture.
func (d *Document) landed(c Result, off image.Point, canvas image.Rectangle) *layers.Stack {
	if d.layers == nil && !c.Layer {
		return nil
	}
	s := d.Stack()
	if off != (image.Point{}) || canvas != d.Picture.Rect {
		s = s.Shifted(off, canvas)
	}
	next, err := d.land(s, c, c.Frame.Add(off), ResultLayer)
	if err != nil { // there are as many layers as there may be
		return nil
	}
	return next
}

// LayersWith are the layers with a result at its position, on With's canvas; nil if it becomes part of the picture.
func (d *Document) LayersWith(c Result) *layers.Stack {
	if d.Picture == nil || c.Replaces {
		return nil
	}
	all := d.Picture.Rect.Union(c.Frame)
	return d.landed(c, image.Point{}.Sub(all.Min), image.Rectangle{Max: all.Size()})
}

// acceptLayer takes layers with a result in them.
func (d *Document) acceptLayer(s *layers.Stack, canvas image.Rectangle, mask *image.Gray, off image.Point, unmask bool) {
	if canvas == d.Picture.Rect {
		d.EndStroke()
		e := &edit{name: "keep", frame: d.Frame}
		c := ChangedPicture | ChangedLayers
		if unmask {
			c |= d.unmask(e)
		}
		d.relayer(e, s)
		d.record(e)
		d.hooks.Changed(c)
		return
	}
	if unmask {
		mask = image.NewGray(canvas)
	}
	d.whole("keep", s.Picture(canvas), mask, d.movedScribble(canvas, off), s, d.Frame.Add(off), off)
}

// preview caches With's picture, which is needed at every step of the next run.
type preview struct {
	picture *image.RGBA
	result  Result
	out     *image.RGBA
	corner  image.Point
}

// With is the document with a result at its position, on a canvas that contains both, and the position of the document's
// corner on it.
func (d *Document) With(c Result) (*image.RGBA, image.Point) {
	if d.Picture == nil || c.Replaces {
		return c.Picture, image.Point{}
	}
	if s := &d.shown; s.picture != d.Picture || s.result != c {
		if d.joined(c) != nil { // it is told of where the result is kept
			return d.Picture, image.Point{}
		}
		picture, off := d.Picture, image.Point{}
		if all := picture.Rect.Union(c.Frame); all != picture.Rect {
			picture, off = pixel.Crop(picture, all), image.Point{}.Sub(all.Min)
		}
		out := picture
		if s := d.landed(c, off, picture.Rect); s != nil {
			out = clone(picture)
			s.Draw(out, c.Frame.Add(off))
		} else {
			out = pasted(picture, c, c.Frame.Add(off))
		}
		d.shown = preview{d.Picture, c, out, off}
	}
	return d.shown.out, d.shown.corner
}

// Without drops With's cache.
func (d *Document) Without() { d.shown = preview{} }

// pasted is a copy of the picture with the candidate at its position.
func pasted(picture *image.RGBA, c Result, at image.Rectangle) *image.RGBA {
	out := clone(picture)
	if c.Raw == nil {
		draw.Draw(out, at, c.Picture, c.Picture.Rect.Min, draw.Src)
		return out
	}
	if c.Alpha == nil {
		draw.Draw(out, at, c.Raw, image.Point{}, draw.Src)
		return out
	}
	under := pixel.Crop(picture, at)
	blend := pixel.Blend
	if c.CutOut {
		blend = pixel.BlendCutOut
	}
	draw.Draw(out, at, blend(under, c.Raw, c.Alpha), image.Point{}, draw.Src)
	return out
}
