// Package document is what the user paints on: a picture with its mask, its scribble and the frame over it, the
// strokes and selections that change them, undo, and their saved forms. It does not depend on widgets, models and
// runs; its Hooks connect it with the program. Start with Document.
//
// A document belongs to one goroutine. Pictures (*image.RGBA) are immutable once they are shared; a new picture is a
// new pointer. A Snapshot may be written by another goroutine.
package document

import (
	"image"
	"image/draw"

	"nirvana/app/layers"
	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/plane"
)

// Document is the picture that is edited, its mask and the frame over it.
// Coordinates are picture pixels with 0,0 at the picture's corner.
type Document struct {
	// Picture is nil while the document is empty. Never written in place: a change is a new pointer.
	Picture *image.RGBA
	// Mask is of the picture's size, 255 is repainted; nil while the document
	// is empty. It is written in place by strokes: read it on the owner goroutine only.
	Mask *image.Gray
	// Scribble has lines drawn for a ControlNet, 255 is a line; nil: none. Like the mask it is written in place. Its
	// origin is the document's; its size may differ.
	Scribble *image.Gray
	// Selection is where colour may be painted, of the picture's size, 255 is selected; nil, or without anything in it:
	// anywhere. Like the mask it is written in place.
	Selection *image.Gray
	// Frame is what a generation reads and writes; it may lie outside of the picture.
	Frame image.Rectangle
	// Path is the file it came from, or "".
	Path string
	// Project is the project file that it was opened from or saved to, or ""; Unsaved is set if it has changed since.
	Project string
	Unsaved bool

	// Serial counts the documents of this session, to assign results to them.
	Serial int
	// Earlier is the file of earlier work that it was opened from, or "".
	Earlier string
	// Made are the ids of the history's pictures that were generated in it.
	Made []int64
	// Recipe is the recipe of the picture that was last kept or opened; nil: unknown.
	Recipe *recipe.Recipe

	hooks  Hooks
	layers *layers.Stack // nil: there is only Picture
	single single
	wet    *wet          // a stroke of colour under way
	source *pixel.Source // the pixels of the file that was opened; nil if Picture has all of them
	origin image.Point   // its corner
	undo   undo
	// covering are coverages that are being rasterised, in the order in which they were asked for.
	covering []*covering
	stroke   *stroke
	moving   *image.Rectangle // the frame before a drag
	known    opacity
	shown    preview
	kept     planes
}

// Change is a set of things of a document that changed.
type Change uint

const (
	ChangedPicture   Change = 1 << iota // Picture
	ChangedMask                         // Mask or Scribble
	ChangedFrame                        // Frame
	ChangedUndo                         // what can be undone
	ChangedLayers                       // the list of layers, or which is chosen
	ChangedSelection                    // Selection
)

// Hooks are the document's connections with the program. All may be nil. They are called on the goroutine that calls
// the document.
type Hooks struct {
	Changed  func(Change)
	Together func() (end func())  // in between, the state may be inconsistent
	Inked    func()               // a stroke goes on
	Shifted  func(by image.Point) // the canvas was extended: everything with a position on it moves too
	Adopt    func()               // the mask of an empty document is to be painted: the candidate that is shown may become its picture
	Multiple func() int           // the multiple that sizes snap to, px
	Only     func() image.Point   // the one size that the model takes, px; zero: any
	Noticed  func([]fault.Notice) // of a file that was read
	Lost     func(error)          // a step could not be undone or done again
	Refused  func(error)          // an edit was not made: there is no memory for it
	// Beside computes something on another goroutine and then calls its result on the document's; nil: at once.
	Beside func(work func() (then func()))
}

func (h Hooks) filled() Hooks {
	if h.Changed == nil {
		h.Changed = func(Change) {}
	}
	if h.Together == nil {
		h.Together = func() func() { return func() {} }
	}
	if h.Inked == nil {
		h.Inked = func() {}
	}
	if h.Shifted == nil {
		h.Shifted = func(image.Point) {}
	}
	if h.Adopt == nil {
		h.Adopt = func() {}
	}
	if h.Beside == nil {
		h.Beside = func(work func() func()) { work()() }
	}
	if h.Only == nil {
		h.Only = func() image.Point { return image.Point{} }
	}
	if h.Multiple == nil {
		h.Multiple = func() int { return 8 }
	}
	if h.Noticed == nil {
		h.Noticed = func([]fault.Notice) {}
	}
	if h.Refused == nil {
		h.Refused = func(error) {}
	}
	if h.Lost == nil {
		h.Lost = func(error) {}
	}
	return h
}

// New is an empty document with its frame.
func New(frame image.Rectangle, h Hooks) *Document {
	return &Document{Frame: frame, Serial: 1, hooks: h.filled()}
}

// Begin replaces it by another document, without the undo steps of the last one. An empty file begins an empty document.
func (d *Document) Begin(f *pixel.File, path string, made *recipe.Recipe) {
	defer d.hooks.Together()()
	d.Forget()
	frame := image.Rectangle{Max: d.Frame.Size()}
	d.Picture, d.Mask, d.Scribble, d.Selection, d.layers = f.Picture, nil, nil, nil, nil
	if f.Picture != nil {
		d.Mask, frame = image.NewGray(f.Picture.Rect), d.inside(f.Picture.Rect)
	}
	d.source, d.origin = f.Source, image.Point{}
	d.Path, d.Recipe = path, made
	d.LeaveProject()
	d.PutFrame(frame)
	d.hooks.Changed(ChangedPicture | ChangedMask | ChangedUndo | ChangedLayers | ChangedSelection)
}

// Forget drops everything that belongs to the document except its picture.
func (d *Document) Forget() {
	d.EndStroke()
	d.Serial++
	d.ForgetUndo()
	d.moving, d.Earlier = nil, ""
}

// LeaveProject detaches the document from its project file.
func (d *Document) LeaveProject() { d.Project, d.Made, d.Unsaved = "", nil, false }

// Bounds is the picture's rectangle; that of the frame while the document is empty.
func (d *Document) Bounds() image.Rectangle {
	if d.Picture == nil {
		return image.Rectangle{Max: d.Frame.Size()}
	}
	return d.Picture.Rect
}

// Set makes img the document's picture, with an empty mask and the frame over
// it. One undo step.
func (d *Document) Set(img *image.RGBA) bool {
	if !d.allowed(room("a picture", img.Rect.Size(), maskBytes)) {
		return false
	}
	d.whole("open", img, image.NewGray(img.Rect), nil, nil, d.inside(img.Rect), image.Point{})
	d.Selection = nil
	d.source, d.origin = nil, image.Point{}
	return true
}

// Straight is a picture of the document with its corner at a point, to be written to a file: unchanged pixels are those
// of the file that was opened.
func (d *Document) Straight(img *image.RGBA, corner image.Point) image.Image {
	return d.Straightener(corner)(img)
}

// Straightener is Straight with the source as it is now, later and on any goroutine.
func (d *Document) Straightener(corner image.Point) func(*image.RGBA) image.Image {
	source, at := d.source, d.origin.Add(corner)
	return func(img *image.RGBA) image.Image { return source.Under(img, at) }
}

// Place pastes img into the document with its corner at the point, extending the canvas if needed; in an empty document
// it becomes the picture.
func (d *Document) Place(img *image.RGBA, at image.Point) {
	if d.Picture == nil {
		d.Set(img)
		return
	}
	to := img.Rect.Sub(img.Rect.Min).Add(at)
	if !d.allowed(d.extends(d.Picture.Rect.Union(to))) {
		return
	}
	picture, mask, off := d.grown(to)
	if s := d.moved(off, picture.Rect); s != nil {
		if next, err := s.Added(s.Active, layers.Layer{Name: s.Free(PictureLayer), Opacity: 1, Pixels: plane.Of(img, to.Min.Add(off))}); err == nil {
			s = next
		}
		d.whole("place", s.Picture(picture.Rect), mask, d.movedScribble(picture.Rect, off), s, d.Frame.Add(off), off)
		return
	}
	out := clone(picture)
	draw.Draw(out, to.Add(off), img, img.Rect.Min, draw.Over)
	d.whole("place", out, mask, d.movedScribble(out.Rect, off), nil, d.Frame.Add(off), off)
}

// Crop cuts the canvas to a rectangle, which may reach beyond it. A frame that covers the remaining picture is fitted to
// it; otherwise the next run would outpaint it.
func (d *Document) Crop(r image.Rectangle) {
	if d.Picture == nil || r.Empty() || r == d.Picture.Rect || !d.allowed(d.extends(r)) {
		return
	}
	to, off := image.Rectangle{Max: r.Size()}, image.Point{}.Sub(r.Min)
	frame := d.Frame.Add(off)
	if r.In(d.Picture.Rect) && to.In(frame) {
		frame = d.inside(to)
	}
	picture, s := pixel.Crop(d.Picture, r), d.moved(off, to)
	if s != nil {
		picture = s.Picture(to)
	}
	d.whole("crop", picture, pixel.CropMask(d.Mask, r), d.movedScribble(to, off), s, frame, off)
}

// Expand extends the canvas by transparent pixels on each side; the frame stays over the same part of the picture.
func (d *Document) Expand(left, top, right, bottom int) {
	if d.Picture == nil {
		return
	}
	b := d.Picture.Rect
	d.Crop(image.Rect(b.Min.X-left, b.Min.Y-top, b.Max.X+right, b.Max.Y+bottom))
}

// grown is picture and mask on a canvas extended to contain r, and the offset of the old content.
func (d *Document) grown(r image.Rectangle) (*image.RGBA, *image.Gray, image.Point) {
	all := d.Picture.Rect.Union(r)
	if all == d.Picture.Rect {
		return d.Picture, d.Mask, image.Point{}
	}
	return pixel.Crop(d.Picture, all), pixel.CropMask(d.Mask, all), image.Point{}.Sub(all.Min)
}

// moved is the layers on a canvas of another size, shifted; nil if the document has none.
func (d *Document) moved(by image.Point, canvas image.Rectangle) *layers.Stack {
	if d.layers == nil {
		return nil
	}
	return d.layers.Shifted(by, canvas)
}

// Size is the picture's; zero without one.
func (d *Document) Size() image.Point {
	if d.Picture == nil {
		return image.Point{}
	}
	return d.Picture.Rect.Size()
}

// Masked reports whether anything is masked.
func (d *Document) Masked() bool { return d.Mask != nil && !pixel.Empty(d.Mask, d.Mask.Rect) }

func clone(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}
