package app

import (
	"fmt"
	"image"
	"path/filepath"

	"nirvana/app/document"
	"nirvana/app/files"
	"nirvana/app/keep"
	"nirvana/app/tray"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Exporting is what is shown now as a file for other programs, to be written on any goroutine. A notice reports where
// the format of the path's extension shows some of the layers differently.
func (s *Studio) Exporting(path string) files.Export {
	e := files.Export{Recipe: s.ShownRecipe()}
	var corner image.Point
	if e.Picture, corner = s.Shown(); e.Picture == nil {
		return e
	}
	e.Straight = s.Document.Straightener(corner)
	if files.Photoshop(path) {
		e.Layers = s.ShownLayers()
	}
	if e.Normalised(path) {
		s.Tell(&Notice{Headline: fmt.Sprintf(s.say("%s shows some layers as Normal"), filepath.Base(path)), Advice: s.say("Photoshop files cannot store their blend modes; .ora files can.")})
	}
	return e
}

// ProposedName is a file name for what is shown, without an extension: that of its file or project, or else from its
// prompt. "picture" where nothing is known.
func (s *Studio) ProposedName() string {
	if name := s.ShownName(); name != "" {
		return name
	}
	return s.say("picture")
}

// SaveProject writes everything into an OpenRaster file, in the background:
// picture, mask and candidates as layers for other programs, and our own state.
// done is called on the owner. A file that another program has changed meanwhile is refused.
func (s *Studio) SaveProject(path string, done func(error)) {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil {
		done(fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first"))
		return
	}
	if s.saving {
		s.saveNext = func() { s.SaveProject(path, done) }
		return
	}
	place, err := keep.HoldPlace(s.options.Disk, path, s.place)
	if err != nil {
		done(err)
		return
	}
	save, serial := s.saveOf(path, s.whole(), keep.Shown{Picture: shown, Corner: corner}), d.Serial
	s.saving, d.Unsaved = true, false
	s.changed(ChangedFrame)
	s.Recorder.Write(save.Write, func(err error) {
		s.saving = false
		switch {
		case d.Serial != serial: // another document is on the canvas; this one is earlier work
		case err != nil:
			d.Unsaved = true
		default:
			d.Project = path
			s.place.Become(place)
			s.dropEarlier()
		}
		s.changed(ChangedFrame)
		done(err)
		if next := s.saveNext; next != nil {
			s.saveNext = nil
			next()
		}
	})
}

// dropEarlier deletes the file of the earlier work that the document was opened from: it is in a project now.
func (s *Studio) dropEarlier() {
	if d := s.Document; d.Earlier != "" {
		s.options.Disk.Remove(d.Earlier)
		d.Earlier = ""
	}
}

// SaveCopy writes what is visible into an OpenRaster file, in the background: the picture with the candidate that is
// shown, mask and scribble. Undo steps, other candidates, finished pictures and inputs are not in it. The document keeps
// its own project file.
func (s *Studio) SaveCopy(path string, done func(error)) {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil {
		done(fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first"))
		return
	}
	if path == d.Project {
		done(fault.Settings.Errorf("%s is the project itself: save the copy under another name", filepath.Base(path)))
		return
	}
	state := s.snapshot(0, func(int64, int) bool { return false })
	canvas := shown.Rect.Sub(corner)
	state.Document = document.Snapshot{Saved: document.Saved{Frame: d.Frame.Add(corner)}, Picture: shown, Layers: s.ShownLayers(),
		Planes: document.Planes{Mask: planeOn(state.Document.Mask, canvas), Scribble: planeOn(state.Document.Scribble, canvas)}}
	state.Tray = tray.Snapshot{Saved: tray.Saved{Selected: -1}}
	s.Recorder.Write(s.saveOf(path, state, keep.Shown{Picture: shown}).Write, done)
}

// planeOn moves a plane to a canvas with another origin; nil for nil.
func planeOn(plane *document.Tiled, canvas image.Rectangle) *document.Tiled {
	if plane == nil {
		return nil
	}
	return document.TiledOf(pixel.CropMask(plane.Gray(), canvas))
}

// whole is a snapshot of everything that a project contains.
func (s *Studio) whole() keep.Snapshot {
	return s.snapshot(0, func(int64, int) bool { return true })
}

// saveOf is a snapshot as it is written into a project file.
func (s *Studio) saveOf(path string, state keep.Snapshot, shown keep.Shown) files.Save {
	return files.Save{Disk: s.options.Disk, Path: path, State: state, Shown: shown, Version: s.options.Version, History: s.History}
}

// EarlierWork lists what was set aside, the newest first.
func (s *Studio) EarlierWork() []files.Earlier {
	return files.EarlierIn(s.options.Disk, s.options.Home)
}

// setAside saves unsaved work as earlier work before another document replaces it. Until it is on the disk, the journal
// keeps the last document.
func (s *Studio) setAside() {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil || !d.Unsaved && !s.saving || s.options.Home == "" || s.Kept() == KeptNever {
		return
	}
	path := d.Earlier
	if path == "" {
		path = files.EarlierPath(s.options.Home, s.ProposedName(), s.now())
	}
	s.keepEarlier(s.saveOf(path, s.whole(), keep.Shown{Picture: shown, Corner: corner}))
}

func (s *Studio) keepEarlier(save files.Save) {
	s.Keeper.Hold()
	s.Recorder.Write(save.SetAside, func(err error) {
		s.Keeper.Release()
		if err != nil {
			s.Fail("The picture before could not be set aside", err, "Try again", func() { s.keepEarlier(save) })
			return
		}
		s.offerBack(save.Path)
	})
}

// offerBack adds to the notice that the last document is earlier work, with a button to go back.
func (s *Studio) offerBack(path string) {
	back := func() {
		read := s.Reader()
		s.Beside(func() func() {
			p := read.Earlier(path)
			return func() { s.Fail("The earlier work cannot be opened", s.TakeProject(p), "", nil) }
		})
	}
	if n := s.Notice; n != nil {
		with := *n
		with.Also, with.DoAlso = s.say("Go back"), back
		s.Tell(&with)
		return
	}
	s.Tell(&Notice{Headline: s.say("The work before is kept"), Advice: s.say("It is in the menu File under Earlier work."), Action: s.say("Go back"), Do: back})
}
