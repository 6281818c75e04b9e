package document

import (
	"image"

	"nirvana/engine/pixel"
)

// Brush is the brush of a stroke.
type Brush struct {
	Size     float32 // diameter, px
	Softness float32 // 0 hard to 1 soft
	Opacity  float32 // 0 to 1, of the whole stroke however often it crosses itself
	Erase    bool
	Scribble bool // draws the ControlNet's lines, not the mask
	Select   bool // selects, instead of masking
}

// stroke is a stroke of mask, scribble or selection under way: its coverage in a separate layer, and the tiles under it
// from before.
type stroke struct {
	brush  Brush
	plane  *image.Gray // mask or scribble
	layer  *image.Gray // coverage, the greatest of all dabs
	before map[image.Point]tile
	trail  pixel.Trail
}

// BeginStroke starts painting the mask, the scribble or the selection at a point in picture coordinates, and
// returns the rectangle that changed; observers hear of the mask at the stroke's end. In an empty document with a candidate
// shown, the candidate is kept first.
func (d *Document) BeginStroke(b Brush, x, y float32) image.Rectangle {
	d.EndStroke()
	if !d.has("a stroke", maskBytes) {
		return image.Rectangle{}
	}
	var plane *image.Gray
	switch {
	case b.Scribble:
		plane = d.drawable()
	case !d.ready():
		return image.Rectangle{}
	case b.Select:
		plane = d.selectable()
	default:
		plane = d.Mask
	}
	b.Size = min(max(b.Size, 1), 512)
	d.stroke = &stroke{brush: b, plane: plane, layer: image.NewGray(plane.Rect), before: map[image.Point]tile{}}
	d.stroke.trail = pixel.Trail{Radius: b.Size / 2, Softness: b.Softness}
	return d.StrokeTo(x, y)
}

// StrokeTo goes on to a point and returns the rectangle that changed.
func (d *Document) StrokeTo(x, y float32) image.Rectangle {
	s := d.stroke
	if s == nil {
		return image.Rectangle{}
	}
	r := s.trail.Reach(x, y).Intersect(s.plane.Rect)
	for _, at := range tilesIn(r, s.plane.Rect) {
		if _, ok := s.before[at.Min]; !ok {
			s.before[at.Min] = copyTile(s.plane.Pix, s.plane.Stride, 1, at)
		}
	}
	dirty := s.trail.To(s.layer, x, y)
	s.apply(s.plane, dirty)
	d.kept.ink = d.kept.ink.Union(dirty)
	d.hooks.Inked()
	return dirty
}

// Thin has the stroke under way, of whatever, taper towards the next point to a share of its width: 0 as wide as it is, to below 1.
func (d *Document) Thin(share float32) {
	if d.stroke != nil {
		d.stroke.trail.Thin = share
	}
	if d.wet != nil {
		d.wet.trail.Thin = share
	}
}

// EndStroke finishes the stroke: one undo step.
func (d *Document) EndStroke() {
	defer d.hooks.Together()()
	d.dry()
	s := d.stroke
	if s == nil {
		return
	}
	d.stroke = nil
	if e := s.edit(d); len(e.maskTiles)+len(e.lineTiles)+len(e.selectTiles) > 0 {
		d.record(e)
		d.hooks.Changed(s.changes())
	}
}

// edit is the undo step of the stroke so far.
func (s *stroke) edit(d *Document) *edit {
	e := &edit{name: "brush", frame: d.Frame}
	if s.brush.Erase {
		e.name = "eraser"
	}
	to := &e.maskTiles
	switch {
	case s.brush.Scribble:
		to = &e.lineTiles
	case s.brush.Select:
		to = &e.selectTiles
	}
	for _, t := range s.before {
		*to = append(*to, t)
	}
	return e
}

// changes is what a stroke changes.
func (s *stroke) changes() Change {
	if s.brush.Select && !s.brush.Scribble {
		return ChangedSelection
	}
	return ChangedMask
}

// apply composites the stroke's coverage over the plane from before.
func (s *stroke) apply(mask *image.Gray, r image.Rectangle) {
	opacity := uint32(min(max(s.brush.Opacity, 0), 1)*255 + 0.5)
	for _, at := range tilesIn(r, mask.Rect) {
		t := s.before[at.Min]
		part := at.Intersect(r)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				was := uint32(t.pix[0])
				if len(t.pix) > 1 {
					was = uint32(t.pix[(y-at.Min.Y)*at.Dx()+x-at.Min.X])
				}
				k := (uint32(s.layer.Pix[y*s.layer.Stride+x])*opacity + 127) / 255
				if s.brush.Erase {
					mask.Pix[y*mask.Stride+x] = uint8((was*(255-k) + 127) / 255)
				} else {
					mask.Pix[y*mask.Stride+x] = uint8(was + ((255-was)*k+127)/255)
				}
			}
		}
	}
}

// ready reports whether there is a picture to mask; a candidate shown in an empty
// document becomes it.
func (d *Document) ready() bool {
	if d.Picture == nil {
		d.hooks.Adopt()
	}
	return d.Picture != nil
}
