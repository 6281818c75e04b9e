package files

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/document"
	"nirvana/app/journal"
	"nirvana/app/keep"
	"nirvana/app/project"
	"nirvana/app/tray"
	"nirvana/engine/fault"
)

// ErrNewer means that a newer version wrote a project.
var ErrNewer = keep.ErrNewer

// Project is an OpenRaster file, read and unpacked: one of ours with its whole state, or another program's with its
// layers.
type Project struct {
	Path  string
	Saved *keep.Project // nil: not a project of ours
	Err   error         // why it cannot be opened
	// Earlier means that it is earlier work, without a project file of its own.
	Earlier bool

	// For projects of ours.
	Document document.Project
	Results  tray.Results
	Broken   error // of candidates that could not be read and are left out

	Import keep.Import // for files of other programs

	file *project.File
}

// Project reads an OpenRaster file.
func (r Reader) Project(path string) *Project {
	var f *project.File
	err := fault.Guarded(func() (err error) {
		f, err = project.Read(r.Disk, path)
		return err
	})
	if err != nil {
		return &Project{Path: path, Err: err}
	}
	return r.Unpack(path, f)
}

// Unpack unpacks an OpenRaster file of a path.
func (r Reader) Unpack(path string, f *project.File) *Project {
	p := &Project{Path: path, file: f}
	err := fault.Guarded(func() error {
		p.Saved, p.Err = keep.OwnPart(path, f)
		if p.Err == nil && p.Saved != nil {
			p.Err = p.unpack(r.History)
		}
		return nil
	})
	if err != nil {
		p.Err = err
	}
	if p.Err == nil && p.Saved == nil {
		return p.AsPicture()
	}
	return p
}

// unpack prepares the contents of a project of ours.
func (p *Project) unpack(h History) error {
	f, saved := p.file, *p.Saved
	b := journal.Entries{Files: f.Entries, Spend: f.Spend}
	d := document.Project{Path: p.Path, Saved: saved.Document, Undo: saved.Undo, Step: func(id int64) []byte { return f.Entries[document.UndoRecord(id)] }}
	var err error
	if d.Picture, d.Layers, err = saved.Document.Drawn(b); err == nil {
		d.Mask, d.Scribble = b.LoadGrey(saved.Mask, &err), b.LoadGrey(saved.Scribble, &err)
		d.Selection = b.LoadGrey(saved.Selection, &err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(p.Path), err)
	}
	if stack, painted := keep.PaintedElsewhere(f, saved, d.Picture); painted != nil {
		d.Layers, d.Picture, d.Undo = stack, painted, document.SavedUndo{}
	}
	for i := range saved.Tray.Candidates {
		saved.Tray.Candidates[i].Job.Later = nil // it reads files
	}
	p.Results, p.Broken = tray.Load(saved.Tray, b)
	d.Made = imported(f, h)
	p.Document = d.Unpacked(b)
	return nil
}

// imported adds a project's pictures to the history, if they are not there yet.
func imported(f *project.File, h History) (made []int64) {
	for _, name := range slices.Sorted(maps.Keys(f.Entries)) {
		if !strings.HasPrefix(name, "history/") {
			continue
		}
		if id, err := h.Import(f.Entries[name]); err == nil {
			made = append(made, id)
		}
	}
	return made
}

// AsPicture is the file as a picture with layers, whoever wrote it: layers called Mask and Scribble become mask and
// scribble.
func (p *Project) AsPicture() *Project {
	out := &Project{Path: p.Path, Err: p.Err, file: p.file}
	if p.file == nil {
		return out
	}
	err := fault.Guarded(func() (err error) {
		out.Import, err = keep.ImportLayers(p.Path, p.file)
		return err
	})
	out.Err = err
	return out
}

// Damaged is what could not be read of the file; nil if it is intact.
func (p *Project) Damaged() error { return p.file.Damaged }
