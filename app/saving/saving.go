// Package saving stores the document in files: its project file, copies, exports, and earlier work, which is an
// unsaved document that another replaced. Files are written in the background. Start with Saver.
package saving

import (
	"fmt"
	"image"
	"path/filepath"
	"time"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/files"
	"nirvana/app/gallery"
	"nirvana/app/keep"
	"nirvana/app/notice"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Saver saves the document. Its methods are the owner's.
type Saver struct {
	in    Studio
	place keep.Place // of the project file
	busy  bool       // a project is being written
	next  func()     // the next save, run after the current one
}

// Studio is the part of the studio that a saver uses.
type Studio struct {
	Sight    *tray.Sight
	Recorder *keep.Recorder
	*gallery.Gallery
	*worker.Door
	*notice.Strip

	Disk    disk.System
	Home    string // the data folder, for earlier work; "": there is none
	Version string // of the program
	Now     func() time.Time
	State   func(undo bool) keep.Snapshot // what a project contains, with or without undo steps
	Changed func()                        // the document belongs to another file, or is saved
	Take    func(*files.Project) error    // replaces the studio's state by a project's
}

// New is a saver of a document without a file.
func New(in Studio) *Saver { return &Saver{in: in} }

// Saving reports whether a project is being written.
func (s *Saver) Saving() bool { return s.busy }

// Settle makes a project file the document's own and locks it; false if another studio has it. With "" the document
// has no file.
func (s *Saver) Settle(path string) bool {
	var place keep.Place
	var err error
	if path != "" {
		place, err = keep.HoldPlace(s.in.Disk, path, s.place)
	}
	s.place.Become(place)
	return err == nil
}

// Reader reads the artist's files, on any goroutine.
func (s *Saver) Reader() files.Reader { return files.Reader{Disk: s.in.Disk, History: s.in.History} }

// Exporting is the shown picture as a file for other programs, to be written on any goroutine. A notice is shown if
// the format of the path's extension shows some layers differently.
func (s *Saver) Exporting(path string) files.Export {
	sight := s.in.Sight
	e := files.Export{Recipe: sight.ShownRecipe()}
	var corner image.Point
	if e.Picture, corner = sight.Shown(); e.Picture == nil {
		return e
	}
	e.Straight = sight.Document.Straightener(corner)
	if files.Photoshop(path) {
		e.Layers = sight.ShownLayers()
	}
	if e.Normalised(path) {
		s.in.Tell(&notice.Notice{Headline: fmt.Sprintf(s.say("%s shows some layers as Normal"), filepath.Base(path)), Advice: s.say("Photoshop files cannot store their blend modes; .ora files can.")})
	}
	return e
}

// ProposedName is a file name for the shown picture, without an extension: that of its file or project, or else from
// its prompt; "picture" if there is neither.
func (s *Saver) ProposedName() string {
	if name := s.in.Sight.ShownName(); name != "" {
		return name
	}
	return s.say("picture")
}

// SaveProject writes everything into an OpenRaster file, in the background: picture, mask and candidates as layers
// for other programs, and our own state. done is called on the owner's goroutine. A file that another program has
// changed meanwhile is refused.
func (s *Saver) SaveProject(path string, done func(error)) {
	d := s.in.Sight.Document
	d.EndStroke()
	shown, corner := s.in.Sight.Shown()
	if shown == nil {
		done(errNothing())
		return
	}
	if s.busy {
		s.next = func() { s.SaveProject(path, done) }
		return
	}
	place, err := keep.HoldPlace(s.in.Disk, path, s.place)
	if err != nil {
		done(err)
		return
	}
	save, serial := s.of(path, s.in.State(true), keep.Shown{Picture: shown, Corner: corner}), d.Serial
	s.busy, d.Unsaved = true, false
	s.in.Changed()
	s.in.Recorder.Write(save.Write, func(err error) {
		s.busy = false
		switch {
		case d.Serial != serial: // another document is on the canvas; this one is earlier work
		case err != nil:
			d.Unsaved = true
		default:
			d.Project = path
			s.place.Become(place)
			s.dropEarlier()
		}
		s.in.Changed()
		done(err)
		if next := s.next; next != nil {
			s.next = nil
			next()
		}
	})
}

func errNothing() error {
	return fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first")
}

// dropEarlier deletes the file of earlier work that the document was opened from: a project contains it now.
func (s *Saver) dropEarlier() {
	if d := s.in.Sight.Document; d.Earlier != "" {
		s.in.Disk.Remove(d.Earlier)
		d.Earlier = ""
	}
}

// SaveCopy writes the visible state into an OpenRaster file, in the background: the picture with the shown candidate,
// mask and scribble, without undo steps, other candidates, finished pictures and inputs. The document keeps its own
// project file.
func (s *Saver) SaveCopy(path string, done func(error)) {
	d := s.in.Sight.Document
	d.EndStroke()
	shown, corner := s.in.Sight.Shown()
	if shown == nil {
		done(errNothing())
		return
	}
	if path == d.Project {
		done(fault.Settings.Errorf("%s is the project itself: save the copy under another name", filepath.Base(path)))
		return
	}
	state := s.in.State(false)
	canvas := shown.Rect.Sub(corner)
	state.Document = document.Snapshot{Saved: document.Saved{Frame: d.Frame.Add(corner)}, Picture: shown, Layers: s.in.Sight.ShownLayers(),
		Planes: document.Planes{Mask: planeOn(state.Document.Mask, canvas), Scribble: planeOn(state.Document.Scribble, canvas)}}
	state.Tray = tray.Snapshot{Saved: tray.Saved{Selected: -1}}
	s.in.Recorder.Write(s.of(path, state, keep.Shown{Picture: shown}).Write, done)
}

// planeOn moves a plane to a canvas with another origin; nil for nil.
func planeOn(plane *document.Tiled, canvas image.Rectangle) *document.Tiled {
	if plane == nil {
		return nil
	}
	return document.TiledOf(pixel.CropMask(plane.Gray(), canvas))
}

// of is a snapshot in the form of project files.
func (s *Saver) of(path string, state keep.Snapshot, shown keep.Shown) files.Save {
	return files.Save{Disk: s.in.Disk, Path: path, State: state, Shown: shown, Version: s.in.Version, History: s.in.History}
}

// say translates a text for the artist.
func (s *Saver) say(text string) string { return s.in.Say(text) }
