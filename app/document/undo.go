package document

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/pixel"
)

// Undo keeps what an edit replaced: the tiles of 256 px that it touched, or pictures by pointer if the size changed.
// Undoing swaps it with the current contents, so the same record redoes it.
const (
	undoSteps = 64
	undoBytes = 512 << 20
)

type undo struct {
	done, undone []*edit
	bytes        int   // of both
	last         int64 // the greatest id that a step was given
}

// edit is one step: what was there before it (or, once undone, after it).
type edit struct {
	name  string
	frame image.Rectangle
	// whole edits swap pointers, others tiles.
	whole        bool
	shift        image.Point // how far the edit moved what was there
	picture      *image.RGBA
	mask         *image.Gray
	scribble     *image.Gray
	selection    *image.Gray
	source       *pixel.Source
	origin       image.Point
	pictureTiles []tile
	maskTiles    []tile
	lineTiles    []tile        // of the scribble
	selectTiles  []tile        // of the selection
	layers       *layers.Stack // those of before; nil: the step leaves them alone, or of a whole one: there were none
	held         int           // bytes of them that the document does not have
	bytes        int

	// The step in the journal (savedundo.go): id 0 is none yet; every swap makes another version; fetch reads the
	// contents if they are not in memory.
	id      int64
	version int
	fetch   func() (*edit, error)
	asked   bool  // it is being read ahead
	frozen  *edit // this version of it, for the keeper
}

// CanUndo and CanRedo name the next step, or are "".
func (d *Document) CanUndo() string { return top(d.undo.done) }

// CanRedo likewise.
func (d *Document) CanRedo() string { return top(d.undo.undone) }

// Steps are how many can be undone and done again.
func (d *Document) Steps() (done, undone int) { return len(d.undo.done), len(d.undo.undone) }

// Last is the step that Undo reverts, to tell it from others; nil if there is none.
func (d *Document) Last() any {
	if n := len(d.undo.done); n > 0 {
		return d.undo.done[n-1]
	}
	return nil
}

// ForgetUndo drops all steps.
func (d *Document) ForgetUndo() { d.undo = undo{last: d.undo.last} }

func top(list []*edit) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].name
}

// Undo reverts the last edit; false if there is none.
func (d *Document) Undo() bool {
	return d.travel(&d.undo.done, &d.undo.undone)
}

// Redo does it again.
func (d *Document) Redo() bool {
	return d.travel(&d.undo.undone, &d.undo.done)
}

func (d *Document) travel(from, to *[]*edit) bool {
	defer d.hooks.Together()()
	d.EndStroke()
	n := len(*from)
	if n == 0 {
		return false
	}
	if !d.has("an undo step", redrawBytes) {
		return false
	}
	e := (*from)[n-1]
	held := e.bytes
	if err := d.arrive(e); err != nil {
		d.hooks.Lost(err)
		for _, lost := range *from { // nor can those beyond it
			d.undo.bytes -= lost.bytes
		}
		*from = nil
		d.hooks.Changed(ChangedUndo)
		return false
	}
	*from = (*from)[:n-1]
	d.undo.bytes -= held
	c := d.swap(e)
	e.version++
	e.measure()
	d.undo.bytes += e.bytes
	*to = append(*to, e)
	d.hooks.Changed(c | ChangedUndo)
	return true
}

// UndoBytes is the memory that undo holds.
func (d *Document) UndoBytes() int { return d.undo.bytes }

// record pushes an edit; the oldest are dropped when there are too many.
func (d *Document) record(e *edit) {
	for _, old := range d.undo.undone {
		d.undo.bytes -= old.bytes
	}
	d.undo.undone = nil
	e.measure()
	d.undo.done = append(d.undo.done, e)
	d.undo.bytes += e.bytes
	for len(d.undo.done) > undoSteps || d.undo.bytes > undoBytes && len(d.undo.done) > 1 {
		d.undo.bytes -= d.undo.done[0].bytes
		d.undo.done = append([]*edit(nil), d.undo.done[1:]...)
	}
	d.hooks.Changed(ChangedUndo)
}

// another reports whether the step began another document.
func (e *edit) another() bool { return e.name == "open" || e.name == "new picture" }

func (e *edit) measure() {
	e.bytes = e.held
	if e.picture != nil {
		e.bytes += len(e.picture.Pix)
	}
	for _, plane := range []*image.Gray{e.mask, e.scribble, e.selection} {
		if plane != nil {
			e.bytes += len(plane.Pix)
		}
	}
	for _, tiles := range [][]tile{e.pictureTiles, e.maskTiles, e.lineTiles, e.selectTiles} {
		for _, t := range tiles {
			e.bytes += len(t.pix)
		}
	}
}

// swap swaps the record's contents with the document's.
func (d *Document) swap(e *edit) Change {
	var c Change
	if e.frame != d.Frame {
		old := d.Frame
		d.PutFrame(e.frame)
		e.frame = old
	}
	if e.whole {
		e.shift = image.Point{}.Sub(e.shift)
		d.hooks.Shifted(e.shift)
		d.Picture, e.picture = e.picture, d.Picture
		d.Mask, e.mask = e.mask, d.Mask
		d.Scribble, e.scribble = e.scribble, d.Scribble
		d.Selection, e.selection = e.selection, d.Selection
		if e.source == nil && !e.another() { // of a step from the journal, which does not repeat it
			e.source, e.origin = d.source, d.origin.Add(e.shift)
		}
		d.source, e.source = e.source, d.source
		d.origin, e.origin = e.origin, d.origin
		d.layers, e.layers = e.layers, d.layers
		e.held = e.layers.Bytes(d.layers)
		return ChangedPicture | ChangedMask | ChangedLayers | ChangedSelection
	}
	if e.layers != nil {
		d.relayer(e, e.layers)
		c |= ChangedPicture | ChangedLayers
	}
	if len(e.pictureTiles) > 0 {
		out := clone(d.Picture)
		exchange(e.pictureTiles, out.Pix, out.Stride, 4)
		d.Picture, d.layers = out, nil // a step of before there were layers
		c |= ChangedPicture
	}
	if len(e.maskTiles) > 0 {
		exchange(e.maskTiles, d.Mask.Pix, d.Mask.Stride, 1)
		c |= ChangedMask
	}
	if len(e.lineTiles) > 0 {
		exchange(e.lineTiles, d.Scribble.Pix, d.Scribble.Stride, 1)
		c |= ChangedMask
	}
	if len(e.selectTiles) > 0 {
		s := d.selectable()
		exchange(e.selectTiles, s.Pix, s.Stride, 1)
		c |= ChangedSelection
	}
	return c
}

// whole replaces everything, as one step. The old content moves by shift, and the positions of runs and candidates with
// it.
func (d *Document) whole(name string, picture *image.RGBA, mask, scribble *image.Gray, s *layers.Stack, frame image.Rectangle, shift image.Point) {
	defer d.hooks.Together()()
	d.EndStroke()
	e := &edit{name: name, frame: d.Frame, whole: true, shift: shift, picture: d.Picture, mask: d.Mask, scribble: d.Scribble, selection: d.Selection, source: d.source, origin: d.origin, layers: d.layers, held: d.layers.Bytes(s)}
	d.origin = d.origin.Add(shift)
	d.Picture, d.Mask, d.Scribble, d.layers = picture, mask, scribble, s
	d.Selection = movedPlane(d.Selection, picture.Rect, shift)
	d.hooks.Shifted(shift)
	d.PutFrame(frame)
	d.record(e)
	d.hooks.Changed(ChangedPicture | ChangedMask | ChangedLayers | ChangedSelection)
}

// replace replaces the picture by one of the same size that differs only inside r.
func (d *Document) replace(name string, picture *image.RGBA, r image.Rectangle, unmask bool) {
	defer d.hooks.Together()()
	e := &edit{name: name, frame: d.Frame}
	c := ChangedPicture
	if unmask {
		c |= d.unmask(e)
	}
	for _, at := range tilesIn(r, d.Picture.Rect) {
		e.pictureTiles = append(e.pictureTiles, copyTile(d.Picture.Pix, d.Picture.Stride, 4, at))
	}
	d.Picture = picture
	d.record(e)
	d.hooks.Changed(c)
}

// unmask clears the mask, as a part of a step.
func (d *Document) unmask(e *edit) Change {
	if !d.Masked() {
		return 0
	}
	for _, at := range tilesIn(d.Mask.Rect, d.Mask.Rect) {
		e.maskTiles = append(e.maskTiles, copyTile(d.Mask.Pix, d.Mask.Stride, 1, at))
	}
	clear(d.Mask.Pix)
	return ChangedMask
}
