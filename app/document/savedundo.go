package document

import (
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"
	"sync"

	"nirvana/app/journal"
	"nirvana/engine/fault"
)

// Undo in the journal: the record "undo" lists the steps, "undo/ID" has the
// contents of one. Contents are read when the step is undone, not at the start.

// SavedUndo is the serialised list of undo steps.
type SavedUndo struct {
	Done, Undone []SavedStep
	Last         int64 // the greatest ID given out
}

// SavedStep is one of them; its contents are a record of their own.
type SavedStep struct {
	ID    int64
	Name  string
	Bytes int
	Blobs []string // pictures that the contents name
}

// snapshotUndo lists the steps and copies those that are not written yet. A stroke or a drag under way counts as a
// finished step.
func (d *Document) snapshotUndo(lacks func(id int64, version int) bool) (SavedUndo, []*edit, map[int64]int) {
	list, versions := SavedUndo{}, map[int64]int{}
	var fresh []*edit
	take := func(e *edit) SavedStep {
		if e.id == 0 {
			d.undo.last++
			e.id = d.undo.last
		}
		switch {
		case !lacks(e.id, e.version):
			e.frozen = nil
		case e.fetch != nil:
			fresh = append(fresh, &edit{id: e.id, version: e.version, fetch: e.fetch})
		case e.frozen == nil || e.frozen.version != e.version || e.frozen.id != e.id:
			e.frozen = e.copy()
			fallthrough
		default:
			fresh = append(fresh, e.frozen)
		}
		versions[e.id] = e.version
		return SavedStep{ID: e.id, Name: e.name, Bytes: e.bytes}
	}
	done, undone := d.undo.done, d.undo.undone
	if e := d.underWay(); e != nil {
		done, undone = append(append([]*edit(nil), done...), e), nil
	}
	for _, e := range done {
		list.Done = append(list.Done, take(e))
	}
	for _, e := range undone {
		list.Undone = append(list.Undone, take(e))
	}
	list.Last = d.undo.last
	return list, fresh, versions
}

// copy is a copy of the step for a writer; this one may be swapped meanwhile.
func (e *edit) copy() *edit {
	c := *e
	c.frozen = nil
	c.pictureTiles, c.maskTiles, c.lineTiles, c.selectTiles = slices.Clone(e.pictureTiles), slices.Clone(e.maskTiles), slices.Clone(e.lineTiles), slices.Clone(e.selectTiles)
	c.mask, c.scribble, c.selection = copied(e.mask), copied(e.scribble), copied(e.selection)
	return &c
}

// copied is a copy of a plane for a writer; strokes continue in the original.
func copied(plane *image.Gray) *image.Gray {
	if plane == nil {
		return nil
	}
	out := image.NewGray(plane.Rect)
	copy(out.Pix, plane.Pix)
	return out
}

// underWay is the step that a stroke or a drag of the frame will become; nil without one.
func (d *Document) underWay() *edit {
	var e *edit
	switch {
	case d.stroke != nil && len(d.stroke.before) > 0:
		e = d.stroke.edit(d)
	case d.moving != nil && *d.moving != d.Frame:
		e = &edit{name: "frame", frame: *d.moving}
	default:
		return nil
	}
	e.measure()
	return e
}

// PackUndo encodes the contents of the steps that are to be written, by their records' names, and lists the blobs that each refers to.
func (s Snapshot) PackUndo(b Keeps, err *error) (records map[string][]byte, names map[string][]string) {
	records, names = map[string][]byte{}, map[string][]string{}
	for _, e := range s.edits {
		name := UndoRecord(e.id)
		if e.fetch != nil {
			read, broken := e.fetch()
			if broken != nil { // it is told when it is undone
				continue
			}
			e = read
		}
		records[name], names[name] = e.pack(b, err)
	}
	return records, names
}

// writeUndo adds the list and the new contents to the records, and removes those of dropped steps.
func (s Snapshot) writeUndo(j *journal.Journal, named map[string][]string, to Transaction, err *error) {
	records, names := s.PackUndo(j.Blobs, err)
	maps.Copy(to.Records, records)
	maps.Copy(to.Names, names)
	for _, list := range [][]SavedStep{s.Undo.Done, s.Undo.Undone} {
		for i, step := range list {
			blobs, fresh := names[UndoRecord(step.ID)]
			if !fresh {
				blobs = named[UndoRecord(step.ID)]
			}
			list[i].Blobs = blobs
		}
	}
	list, e := json.Marshal(s.Undo)
	if e != nil && *err == nil {
		*err = e
	}
	to.Records["undo"] = list
	there, e := j.Names("undo/")
	if e != nil && *err == nil {
		*err = e
	}
	for _, name := range there {
		var id int64
		if _, e := fmt.Sscanf(name, "undo/%d", &id); e == nil {
			if _, ok := s.Versions[id]; !ok {
				to.Records[name] = nil
			}
		}
	}
}

// UndoRecord is the name of a step's contents, in the journal and in a project.
func UndoRecord(id int64) string { return fmt.Sprintf("undo/%d", id) }

// fits reports whether the edit's tiles are inside the document.
func (e *edit) fits(d *Document) bool {
	if e.layers != nil && !e.whole && d.Picture == nil {
		return false
	}
	for _, t := range e.pictureTiles {
		if d.Picture == nil || !t.at.In(d.Picture.Rect) {
			return false
		}
	}
	for _, t := range e.maskTiles {
		if d.Mask == nil || !t.at.In(d.Mask.Rect) {
			return false
		}
	}
	for _, t := range e.selectTiles {
		if d.Picture == nil || !t.at.In(d.Picture.Rect) {
			return false
		}
	}
	for _, t := range e.lineTiles {
		if d.Scribble == nil || !t.at.In(d.Scribble.Rect) {
			return false
		}
	}
	return true
}

// arrive reads an edit's contents if they are not in memory. A damaged step cannot be undone, nor can those before it.
func (d *Document) arrive(e *edit) error {
	if e.fetch != nil {
		read, err := e.fetch()
		if err != nil {
			return err
		}
		id, version := e.id, e.version
		*e = *read
		e.id, e.version = id, version
	}
	e.layers = e.layers.Sharing(d.layers)
	if !e.fits(d) {
		return fault.Lost.Errorf("this undo step belongs to another picture")
	}
	return nil
}

// RestoreUndo sets the list of steps; a step's contents are read from the journal when it is undone.
func (d *Document) RestoreUndo(saved SavedUndo, current func() *journal.Journal) {
	d.undo = undo{last: saved.Last}
	list := func(steps []SavedStep) (out []*edit) {
		for _, s := range steps {
			e := &edit{name: s.Name, bytes: max(s.Bytes, 0), id: s.ID}
			e.fetch = sync.OnceValues(func() (*edit, error) { return readEdit(current(), s) })
			d.undo.bytes += e.bytes
			d.undo.last = max(d.undo.last, s.ID)
			out = append(out, e)
		}
		return out
	}
	d.undo.done, d.undo.undone = list(saved.Done), list(saved.Undone)
}

// unpackUndo reads a project's undo steps. From the first that is damaged on, older ones are left out.
func unpackUndo(saved SavedUndo, contents func(id int64) []byte, b Holds) (u undo) {
	list := func(steps []SavedStep) (out []*edit) {
		for i := len(steps) - 1; i >= 0 && len(out) < undoSteps; i-- {
			e := &edit{name: steps[i].Name}
			if e.unpack(contents(steps[i].ID), b) != nil || u.bytes+e.bytes > undoBytes {
				break
			}
			u.bytes += e.bytes
			out = append(out, e)
		}
		slices.Reverse(out)
		return out
	}
	u.done, u.undone = list(saved.Done), list(saved.Undone)
	return u
}

// readEdit reads a step from a journal.
func readEdit(j *journal.Journal, s SavedStep) (*edit, error) {
	data, err := j.Record(UndoRecord(s.ID))
	if err == nil && data == nil {
		err = fault.Lost.Errorf("this undo step is missing")
	}
	if err != nil {
		return nil, err
	}
	e := &edit{name: s.Name, id: s.ID}
	return e, e.unpack(data, j.Blobs)
}

// What FetchUndo reads ahead: so many steps each way, of about so many bytes.
const (
	stepsAhead = 8
	bytesAhead = 128 << 20
)

// FetchUndo returns a function that reads the next steps of undo and redo on any goroutine, so that undoing does not
// wait; nil if they are in memory or being read.
func (d *Document) FetchUndo() func() {
	var asked []func() (*edit, error)
	for _, list := range [][]*edit{d.undo.done, d.undo.undone} {
		bytes := 0
		for i := len(list) - 1; i >= max(len(list)-stepsAhead, 0) && bytes <= bytesAhead; i-- {
			bytes += list[i].bytes
			if e := list[i]; e.fetch != nil && !e.asked {
				e.asked = true
				asked = append(asked, e.fetch)
			}
		}
	}
	if asked == nil {
		return nil
	}
	return func() {
		for _, fetch := range asked {
			fetch()
		}
	}
}
