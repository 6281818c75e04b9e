package document

import (
	"encoding/json"
	"image"

	"nirvana/app/journal"
	"nirvana/app/layers"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Saved is a document's serialised form, except for its planes and undo steps.
type Saved struct {
	Frame   image.Rectangle
	Path    string
	Project string
	Picture string // blob
	Source  string // blob: the pixels of the file that was opened, see pixel.Source
	Deep    bool   // of 16 bits
	Origin  image.Point
	Recipe  *recipe.Recipe
	Made    []int64 // pictures of the history that were made in it
	Changed bool    // since the project was saved
	Serial  int
	Earlier string // the file of earlier work that it was taken up from
	Layers  *SavedLayers
	Size    image.Point // of the canvas, where there are layers: the picture is drawn from them
}

// Snapshot is a document at one moment: plain values and immutable pictures.
type Snapshot struct {
	Saved   Saved
	Picture *image.RGBA
	Source  *image.RGBA
	Layers  *layers.Stack // nil: Picture is all
	Planes
	Undo     SavedUndo
	Versions map[int64]int // of all steps of undo
	edits    []*edit       // the steps that are to be written
}

// Planes are mask, scribble and selection at one moment; nil: none.
type Planes struct{ Mask, Scribble, Selection *Tiled }

// planes are those of the last snapshot, and where strokes may have changed them since.
type planes struct {
	Planes
	ink     image.Rectangle
	redrawn bool // anywhere
}

// Redrawn marks mask, scribble and selection as possibly changed anywhere.
func (d *Document) Redrawn() { d.kept.redrawn = true }

// Snapshot copies what is to be written. lacks reports which versions of undo steps are not written yet.
func (d *Document) Snapshot(lacks func(id int64, version int) bool) Snapshot {
	raw, deep := d.source.Raw()
	if raw != nil && raw.Rect.Dx()*raw.Rect.Dy() > pixel.MaxPixels {
		raw = nil // more than the journal takes
	}
	s := Snapshot{Picture: d.Picture, Source: raw, Layers: d.layers,
		Saved: Saved{Frame: d.Frame, Path: d.Path, Project: d.Project, Deep: deep, Origin: d.origin, Recipe: d.Recipe,
			Made: append([]int64(nil), d.Made...), Changed: d.Unsaved, Serial: d.Serial, Earlier: d.Earlier}}
	s.Undo, s.edits, s.Versions = d.snapshotUndo(lacks)
	k, at := &d.kept, d.kept.ink
	if k.redrawn {
		at = image.Rect(-1<<30, -1<<30, 1<<30, 1<<30)
	}
	k.Planes = Planes{k.Mask.next(d.Mask, at), k.Scribble.next(d.Scribble, at), k.Selection.next(d.Selection, at)}
	k.redrawn, k.ink = false, image.Rectangle{}
	s.Planes = k.Planes
	return s
}

// Straight is the picture with the pixels of the file that it came from where nobody has changed them.
func (s Snapshot) Straight() image.Image {
	return pixel.SourceOf(s.Source, s.Saved.Deep).Under(s.Picture, s.Saved.Origin)
}

// Keeps stores pictures by name; Holds returns them. After an error they do nothing.
type Keeps interface {
	Color(*image.RGBA, *error) string
	Grey(*image.Gray, *error) string
}

// Holds reads what Keeps stored.
type Holds interface {
	LoadColor(string, *error) *image.RGBA
	LoadGrey(string, *error) *image.Gray
}

// Transaction is what is to be written to a journal.
type Transaction struct {
	Records map[string][]byte   // nil: to be removed
	Names   map[string][]string // the blobs that a record names
}

// Pack is the document with its pictures, or its layers, stored.
func (s Snapshot) Pack(b Keeps, err *error) Saved {
	out := s.Saved
	out.Source = b.Color(s.Source, err)
	if s.Layers == nil || s.Picture == nil {
		out.Picture = b.Color(s.Picture, err)
		return out
	}
	out.Picture, out.Layers, out.Size = "", saveLayers(s.Layers, b, err), s.Picture.Rect.Size()
	return out
}

// Drawn is a saved document's picture, and its layers where it has any; nil where it is empty.
func (s Saved) Drawn(b Holds) (*image.RGBA, *layers.Stack, error) {
	if s.Layers == nil {
		var err error
		return b.LoadColor(s.Picture, &err), nil, err
	}
	if s.Size.X <= 0 || s.Size.Y <= 0 || s.Size.X > pixel.MaxPixels || s.Size.Y > pixel.MaxPixels/s.Size.X {
		return nil, nil, errLayers
	}
	stack, err := s.Layers.load(b)
	if err != nil {
		return nil, nil, err
	}
	return stack.Picture(image.Rectangle{Max: s.Size}), stack, nil
}

// Write adds the document to a transaction. has are the planes as the journal has them, named the blobs that
// its records name.
func (s Snapshot) Write(j *journal.Journal, has Planes, named map[string][]string, to Transaction) error {
	var err error
	s.Saved = s.Pack(j.Blobs, &err)
	data, e := json.Marshal(s.Saved)
	if e != nil && err == nil {
		err = e
	}
	to.Records["document"], to.Names["document"] = data, journal.NamesIn(data)
	writePlane(j, to.Records, maskRecord, has.Mask, s.Mask, &err)
	writePlane(j, to.Records, scribbleRecord, has.Scribble, s.Scribble, &err)
	writePlane(j, to.Records, selectionRecord, has.Selection, s.Selection, &err)
	s.writeUndo(j, named, to, &err)
	return err
}

// Restore takes over what was saved, with mask and selection as they were written; of what is damaged nothing is taken.
func (d *Document) Restore(saved Saved, mask, selection *image.Gray, b Holds) error {
	if task.Placed(saved.Frame) {
		d.Frame = saved.Frame
	}
	d.Project, d.Made, d.Unsaved, d.Path = saved.Project, saved.Made, saved.Changed, saved.Path
	d.Serial, d.Earlier = max(saved.Serial, 1), saved.Earlier
	picture, stack, err := saved.Drawn(b)
	if err != nil || picture == nil {
		return err
	}
	if mask == nil || mask.Rect != picture.Rect {
		mask = image.NewGray(picture.Rect)
	}
	d.Picture, d.layers, d.Mask, d.Recipe = picture, stack, mask, saved.Recipe
	d.takeSelection(selection)
	d.source, d.origin = saved.loadSource(b)
	return nil
}

// Complete reports whether the picture came back, so that undo steps fit it.
func (d *Document) Complete(saved Saved) bool {
	return saved.Picture == "" && saved.Layers == nil || d.Picture != nil
}

// loadSource is the pixels of the file that was opened, and where they lie. Without them the picture is what it looks like.
func (s Saved) loadSource(b Holds) (*pixel.Source, image.Point) {
	var err error
	source := pixel.SourceOf(b.LoadColor(s.Source, &err), s.Deep)
	if err != nil || !task.Placed(image.Rectangle{Min: s.Origin, Max: s.Origin.Add(image.Pt(1, 1))}) {
		return nil, image.Point{}
	}
	return source, s.Origin
}

// Project is a document as a project file brings it.
type Project struct {
	Path      string // of the project
	Saved     Saved
	Picture   *image.RGBA
	Layers    *layers.Stack // nil: Picture is all
	Mask      *image.Gray
	Scribble  *image.Gray
	Selection *image.Gray
	Undo      SavedUndo
	Step      func(id int64) []byte // the contents of an undo step; nil: there are none
	Made      []int64               // its pictures in the history

	source *pixel.Source // see Unpacked
	origin image.Point
	steps  undo
}

// Unpacked is the project with its undo steps and the pixels of its file read, on any goroutine.
func (p Project) Unpacked(b Holds) Project {
	p.source, p.origin = p.Saved.loadSource(b)
	p.steps = unpackUndo(p.Undo, p.Step, b)
	return p
}

// TakeProject makes a project that was unpacked the document, whose forerunner was dropped with Forget.
func (d *Document) TakeProject(p Project) {
	if p.Picture != nil && (p.Mask == nil || p.Mask.Rect != p.Picture.Rect) {
		p.Mask = image.NewGray(p.Picture.Rect)
	}
	d.Picture, d.layers, d.Mask, d.Scribble, d.Recipe, d.Path = p.Picture, p.Layers, p.Mask, p.Scribble, p.Saved.Recipe, ""
	d.takeSelection(p.Selection)
	d.source, d.origin = p.source, p.origin
	if task.Placed(p.Saved.Frame) {
		d.Frame = p.Saved.Frame
	}
	p.steps.last, d.undo = d.undo.last, p.steps
	d.Project, d.Made = p.Path, p.Made
}
