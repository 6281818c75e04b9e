package app

import (
	"image"
	"path/filepath"

	"nirvana/app/document"
	"nirvana/app/keep"
	"nirvana/app/tray"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// ErrNewer says that a newer program wrote a project.
var ErrNewer = keep.ErrNewer

// SaveProject writes everything into an OpenRaster file, in the background:
// picture, mask and candidates as layers for other programs, and our own state.
// done is called on the owner. A file that others have changed meanwhile is refused.
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
	state, serial := s.whole(), d.Serial
	s.saving, d.Unsaved = true, false
	s.changed(ChangedFrame)
	s.saves.Add(1)
	write, post := s.writing(path, state, keep.Shown{Picture: shown, Corner: corner}), s.post
	go func() {
		defer s.saves.Done()
		err := write()
		post(func() {
			s.saving = false
			switch {
			case d.Serial != serial: // another is on the canvas; this one is earlier work
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
	}()
}

// dropEarlier removes the file of earlier work that the document was taken up from: it is in a project now.
func (s *Studio) dropEarlier() {
	if d := s.Document; d.Earlier != "" {
		s.options.Disk.Remove(d.Earlier)
		d.Earlier = ""
	}
}

// SaveCopy writes what is seen into an OpenRaster file, in the background: the picture with the candidate that is shown
// in it, mask and scribble. Undo steps, other candidates, finished pictures and what things were made from are not in
// it. The document stays the project that it was.
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
	state.Document = document.Snapshot{Saved: document.Saved{Frame: d.Frame.Add(corner)}, Picture: shown, Layers: s.shownLayers(),
		Mask: planeOn(state.Document.Mask, canvas), Scribble: planeOn(state.Document.Scribble, canvas)}
	state.Tray = tray.Snapshot{Saved: tray.Saved{Selected: -1}}
	s.saves.Add(1)
	write, post := s.writing(path, state, keep.Shown{Picture: shown}), s.post
	go func() {
		defer s.saves.Done()
		err := write()
		post(func() { done(err) })
	}()
}

// planeOn is a plane as it lies on a canvas whose corner is elsewhere; nil for nil.
func planeOn(plane *document.Tiled, canvas image.Rectangle) *document.Tiled {
	if plane == nil {
		return nil
	}
	return document.TiledOf(pixel.CropMask(plane.Gray(), canvas))
}

// whole is a snapshot of what a project holds.
func (s *Studio) whole() keep.Snapshot {
	return s.snapshot(0, func(int64, int) bool { return true })
}

// writing is what writes a snapshot into a project file, beside the owner.
func (s *Studio) writing(path string, state keep.Snapshot, shown keep.Shown) func() error {
	sys, version, h := s.options.Disk, s.options.Version, s.History
	return func() error { return keep.WriteProject(sys, path, state, shown, version, h) }
}
