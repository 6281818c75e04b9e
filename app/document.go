package app

import (
	"image"
	"image/draw"
	"io"

	"nirvana/engine/pixel"
)

// Document is the picture that is worked on, its mask and the frame over it.
// Coordinates are picture pixels with 0,0 at the picture's corner.
type Document struct {
	// Picture is nil while the document is empty. Never written in place: a change is a new pointer.
	Picture *image.RGBA
	// Mask is of the picture's size, 255 is repainted; nil while the document
	// is empty. It is written in place by strokes: read it on the owner goroutine only.
	Mask *image.Gray
	// Scribble is lines drawn for a ControlNet, 255 is a line; nil: none were. Like the
	// mask it is written in place. Its corner is the document's; it may be larger or smaller.
	Scribble *image.Gray
	// Frame is what a generation reads and writes; it may lie outside of the picture.
	Frame image.Rectangle
	// Path is the file it came from, or "".
	Path string
	// Project is the project file that it was opened from or saved to, or "";
	// Unsaved says that it has changed since.
	Project string
	Unsaved bool

	serial  int    // counts the documents that were begun here: what was made for another is told by it
	earlier string // the file of earlier work that it was taken up from, or ""
	studio  *Studio
	source  *pixel.Source // the pixels of the file that was opened; nil where Picture says all
	origin  image.Point   // its corner
	undo    undo
	stroke  *stroke
	made    []int64          // pictures of the history that were made in it
	recipe  *Recipe          // of what was last kept or opened; nil: unknown
	moving  *image.Rectangle // the frame before a drag
	known   opacity
	shown   preview
}

func newDocument(s *Studio) *Document {
	return &Document{Frame: image.Rect(0, 0, s.Settings.Width, s.Settings.Height), serial: 1, studio: s}
}

// Bounds is the picture's rectangle; that of the frame while the document is empty.
func (d *Document) Bounds() image.Rectangle {
	if d.Picture == nil {
		return image.Rectangle{Max: d.Frame.Size()}
	}
	return d.Picture.Rect
}

// New begins an empty document. What was unsaved is earlier work then.
func (d *Document) New() { d.begin(&pixel.File{}, "", nil) }

// begin makes another document of it: of the one before nothing is left, neither on the canvas nor in undo and tray.
func (d *Document) begin(f *pixel.File, path string, made *Recipe) {
	defer d.studio.together()()
	d.studio.setAside()
	d.forget()
	frame := image.Rectangle{Max: d.Frame.Size()}
	d.Picture, d.Mask, d.Scribble = f.Picture, nil, nil
	if f.Picture != nil {
		d.Mask, frame = image.NewGray(f.Picture.Rect), d.inside(f.Picture.Rect)
	}
	d.source, d.origin = f.Source, image.Point{}
	d.Path, d.recipe = path, made
	d.leaveProject()
	d.frame(frame)
	d.studio.changed(ChangedPicture | ChangedMask | ChangedTray | ChangedUndo | ChangedStep)
	d.Unsaved = false
	d.studio.changed(ChangedUndo) // the window's title says so
}

// forget lets go of everything that belongs to the document beside its picture: undo, candidates, the timeline. A run
// that is under way or waits goes on for the history.
func (d *Document) forget() {
	s := d.studio
	d.EndStroke()
	d.serial++
	d.undo, d.moving, d.earlier = undo{last: d.undo.last}, nil, ""
	s.Tray.empty()
	s.EndNoise()
	if !s.run.Active() {
		s.run = nil
	}
}

// Set makes img the document's picture, with an empty mask and the frame over
// it. One undo step.
func (d *Document) Set(img *image.RGBA) {
	d.whole("open", img, image.NewGray(img.Rect), nil, d.inside(img.Rect), image.Point{})
	d.source, d.origin = nil, image.Point{}
}

// straight is a picture of the document with its corner at a point, to be written to a file: what nobody has changed
// has the pixels of the file that it came from.
func (d *Document) straight(img *image.RGBA, corner image.Point) image.Image {
	return d.source.Under(img, d.origin.Add(corner))
}

// Open loads a picture file as the document.
func (d *Document) Open(path string) error {
	f, err := pixel.Open(path)
	if err != nil {
		return err
	}
	var made *Recipe
	if r, ok := RecipeIn(path); ok {
		made = &r
	}
	d.begin(f, path, made)
	d.studio.sayOf(f)
	return nil
}

// Place pastes img into the document with its corner at the point, growing the
// canvas where it sticks out; into an empty document it is opened.
func (d *Document) Place(img *image.RGBA, at image.Point) {
	if d.Picture == nil {
		d.Set(img)
		return
	}
	to := img.Rect.Sub(img.Rect.Min).Add(at)
	picture, mask, off := d.grown(to)
	out := clone(picture)
	draw.Draw(out, to.Add(off), img, img.Rect.Min, draw.Over)
	d.whole("place", out, mask, d.movedScribble(out.Rect, off), d.Frame.Add(off), off)
}

// Paste places a picture read from r with its corner at the point.
func (d *Document) Paste(r io.Reader, at image.Point) error {
	img, err := pixel.Decode(r)
	if err != nil {
		return err
	}
	d.Place(img, at)
	return nil
}

// Crop cuts the canvas to a rectangle, which may also reach past it. A frame over all of what is left lies over
// just that afterwards: it would widen what was cropped.
func (d *Document) Crop(r image.Rectangle) {
	if d.Picture == nil || r.Empty() || r == d.Picture.Rect || r.Dx()*r.Dy() > pixel.MaxPixels {
		return
	}
	to, off := image.Rectangle{Max: r.Size()}, image.Point{}.Sub(r.Min)
	frame := d.Frame.Add(off)
	if r.In(d.Picture.Rect) && to.In(frame) {
		frame = d.inside(to)
	}
	d.whole("crop", pixel.Crop(d.Picture, r), pixel.CropMask(d.Mask, r), d.movedScribble(to, off), frame, off)
}

// Expand grows the canvas by so many pixels on each side, transparent; the
// frame stays over the same picture.
func (d *Document) Expand(left, top, right, bottom int) {
	if d.Picture == nil {
		return
	}
	b := d.Picture.Rect
	d.Crop(image.Rect(b.Min.X-left, b.Min.Y-top, b.Max.X+right, b.Max.Y+bottom))
}

// ZoomOut sets the frame so that the picture fills 1/factor of it, centred: the
// next Generate paints around it.
func (d *Document) ZoomOut(factor float64) {
	b := d.Bounds()
	w, h := int(float64(b.Dx())*factor), int(float64(b.Dy())*factor)
	m := d.studio.Multiple()
	w, h = snap(w, m), snap(h, m)
	d.SetFrame(image.Rect(0, 0, w, h).Add(b.Min).Sub(image.Pt((w-b.Dx())/2, (h-b.Dy())/2)))
}

// Pan moves the frame by shares of its size: Pan(0.5, 0) is half a frame to the right.
func (d *Document) Pan(x, y float64) {
	d.SetFrame(d.Frame.Add(image.Pt(int(x*float64(d.Frame.Dx())), int(y*float64(d.Frame.Dy())))))
}

// SetFrame moves and resizes the frame; its size snaps to the model's multiple.
// Between BeginFrame and EndFrame all moves are one undo step, and the size snaps at its end: until then the frame is where it is pulled to.
func (d *Document) SetFrame(r image.Rectangle) {
	defer d.studio.together()()
	r = r.Canon()
	if d.moving == nil {
		r = d.snapped(r)
	}
	if r == d.Frame {
		return
	}
	if d.moving == nil {
		d.record(&edit{name: "frame", frame: d.Frame})
	}
	d.frame(r)
}

func (d *Document) snapped(r image.Rectangle) image.Rectangle {
	m := d.studio.Multiple()
	return image.Rectangle{Min: r.Min, Max: r.Min.Add(image.Pt(snap(r.Dx(), m), snap(r.Dy(), m)))}
}

// BeginFrame starts a drag of the frame.
func (d *Document) BeginFrame() { f := d.Frame; d.moving = &f }

// EndFrame ends it.
func (d *Document) EndFrame() {
	if d.moving == nil {
		return
	}
	was := *d.moving
	d.moving = nil
	if was != d.Frame {
		d.frame(d.snapped(d.Frame))
		d.record(&edit{name: "frame", frame: was})
	}
}

// FitFrame lays the frame over what is masked, or else over the picture.
func (d *Document) FitFrame() {
	r := d.inside(d.Bounds())
	if d.Mask != nil {
		if b := pixel.Bounds(d.Mask); !b.Empty() {
			r = d.held(d.fitted(b))
		}
	}
	d.SetFrame(r)
}

// inside is the largest frame within r, about its centre: a photograph is seldom a multiple of anything, and a frame
// that reached out of it would widen it. Where r is smaller than the least frame, that.
func (d *Document) inside(r image.Rectangle) image.Rectangle {
	m := d.studio.Multiple()
	down := func(v int) int { return snap(v/m*m, m) }
	w, h := down(r.Dx()), down(r.Dy())
	at := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// held is a frame moved into the picture, and no larger than it.
func (d *Document) held(r image.Rectangle) image.Rectangle {
	b, most := d.Bounds(), d.inside(d.Bounds())
	side := func(from, to, low, high, lowest, highest int) (int, int) {
		switch {
		case to-from > highest-lowest:
			return lowest, highest
		case from < low:
			return low, low + to - from
		case to > high:
			return high - (to - from), high
		}
		return from, to
	}
	r.Min.X, r.Max.X = side(r.Min.X, r.Max.X, b.Min.X, b.Max.X, most.Min.X, most.Max.X)
	r.Min.Y, r.Max.Y = side(r.Min.Y, r.Max.Y, b.Min.Y, b.Max.Y, most.Min.Y, most.Max.Y)
	return r
}

// fitted is a frame over r: the next multiple up, about the same centre.
func (d *Document) fitted(r image.Rectangle) image.Rectangle {
	m := d.studio.Multiple()
	up := func(v int) int { return snap((v+m-1)/m*m, m) }
	w, h := up(r.Dx()), up(r.Dy())
	at := r.Min.Sub(image.Pt((w-r.Dx())/2, (h-r.Dy())/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// within says that the frame does not reach out of the picture.
func (d *Document) within() bool { return d.Picture != nil && d.Frame.In(d.Picture.Rect) }

// refit brings frame and settings to sizes that the model just opened can do. A frame that was within the picture stays so.
func (d *Document) refit(within bool) {
	r := d.Frame
	if d.Picture == nil {
		r.Max = r.Min.Add(image.Pt(d.studio.Settings.Width, d.studio.Settings.Height))
	}
	if r = d.fitted(r); within {
		r = d.held(r)
	}
	t := &d.studio.Settings
	t.Width, t.Height = r.Dx(), r.Dy()
	t.clamp(d.studio.Facts)
	if d.Picture == nil {
		r = r.Sub(r.Min)
	}
	if r != d.Frame {
		d.frame(r)
	}
}

// frame sets the frame, and the size in the settings with it.
func (d *Document) frame(r image.Rectangle) {
	c := ChangedFrame
	d.Frame = r
	if t := &d.studio.Settings; d.moving == nil && (t.Width != r.Dx() || t.Height != r.Dy()) {
		t.Width, t.Height = r.Dx(), r.Dy()
		c |= ChangedSettings
	}
	d.studio.changed(c)
}

// grown is picture and mask on a canvas that holds r too, and how far things moved.
func (d *Document) grown(r image.Rectangle) (*image.RGBA, *image.Gray, image.Point) {
	all := d.Picture.Rect.Union(r)
	if all == d.Picture.Rect {
		return d.Picture, d.Mask, image.Point{}
	}
	return pixel.Crop(d.Picture, all), pixel.CropMask(d.Mask, all), image.Point{}.Sub(all.Min)
}

// accept pastes a candidate. Pixels that its alpha leaves out stay byte for byte.
func (d *Document) accept(c *Candidate) {
	defer d.studio.together()()
	d.recipe = &c.Recipe
	if d.Picture == nil || c.replaces {
		d.whole("keep", c.Picture, image.NewGray(c.Picture.Rect), d.keptScribble(c.Picture.Rect), image.Rectangle{Max: c.Frame.Size()}, image.Point{})
		return
	}
	picture, mask, off := d.grown(c.Frame)
	out := pasted(picture, c, c.Frame.Add(off))
	unmask := !d.studio.Settings.HoldMask
	if picture == d.Picture {
		d.replace("keep", out, c.Frame, unmask)
		return
	}
	if unmask {
		mask = image.NewGray(out.Rect)
	}
	d.whole("keep", out, mask, d.movedScribble(out.Rect, off), d.Frame.Add(off), off)
}

// preview is a candidate in its place, kept because it is asked for with every step of the next run.
type preview struct {
	picture *image.RGBA
	c       *Candidate
	frame   image.Rectangle
	out     *image.RGBA
	corner  image.Point
}

// Shown is the document as the tray shows it: with the selected candidate in
// place, on a canvas that holds both. The point is where the document's corner is on it.
func (d *Document) Shown() (*image.RGBA, image.Point) {
	c := d.studio.Tray.Current()
	if c == nil {
		d.shown = preview{}
	}
	switch {
	case c == nil || d.studio.Tray.Comparing:
		return d.Picture, image.Point{}
	case d.Picture == nil || c.replaces:
		return c.Picture, image.Point{}
	}
	if s := &d.shown; s.picture != d.Picture || s.c != c || s.frame != c.Frame {
		picture, off := d.Picture, image.Point{}
		if all := picture.Rect.Union(c.Frame); all != picture.Rect {
			picture, off = pixel.Crop(picture, all), image.Point{}.Sub(all.Min)
		}
		d.shown = preview{d.Picture, c, c.Frame, pasted(picture, c, c.Frame.Add(off)), off}
	}
	return d.shown.out, d.shown.corner
}

// pasted is a copy of the picture with the candidate in it at the place.
func pasted(picture *image.RGBA, c *Candidate, at image.Rectangle) *image.RGBA {
	out := clone(picture)
	if c.raw == nil {
		draw.Draw(out, at, c.Picture, c.Picture.Rect.Min, draw.Src)
		return out
	}
	if c.alpha == nil {
		draw.Draw(out, at, c.raw, image.Point{}, draw.Src)
		return out
	}
	under := pixel.Crop(picture, at)
	draw.Draw(out, at, pixel.Blend(under, c.raw, c.alpha), image.Point{}, draw.Src)
	return out
}

func clone(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}
