package app

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/worker"
)

// snapshot is what is written down: plain values, and pictures that nobody writes to any more.
type snapshot struct {
	what     Change
	settings Settings
	document document.Snapshot
	tray     savedTray
	results  []*Candidate
	runs     worker.Snapshot
}

type savedTray struct {
	Selected   int
	Candidates []savedCandidate
}

type savedCandidate struct {
	Frame               image.Rectangle
	Recipe              Recipe
	Mode                Mode
	Partial             bool
	Seam                float64
	Stored              int64
	Run, Number         int
	Picture, Raw, Alpha string // blobs
	Job                 job.Saved
}

const documentChanges = ChangedPicture | ChangedMask | ChangedFrame | ChangedUndo | ChangedLayers

// snapshot takes what is to be written, on the owner. lacks says which undo steps are not written yet.
func (s *Studio) snapshot(what Change, lacks func(id int64, version int) bool) snapshot {
	if what&ChangedHistory != 0 {
		what |= ChangedTray | ChangedFrame
	}
	if what&ChangedPicture != 0 {
		what |= ChangedTray | ChangedRun // they move with the canvas
	}
	state := snapshot{what: what, settings: s.Settings, document: s.Document.Snapshot(lacks),
		tray: savedTray{Selected: s.Tray.Selected}, results: append([]*Candidate(nil), s.Tray.Candidates...)}
	state.document.Saved.Changed = s.Document.Unsaved || s.saving
	for _, c := range state.results { // plain values now
		state.tray.Candidates = append(state.tray.Candidates, savedCandidate{Frame: c.Frame, Recipe: c.Recipe, Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored, Run: c.Run, Number: c.Number})
	}
	if what != 0 {
		state.runs = s.snapshotRuns()
	}
	return state
}

// save fills in the pictures of candidates that were taken down as plain values.
func (t savedTray) save(results []*Candidate, b document.Keeps, err *error) savedTray {
	for i, c := range results {
		to := &t.Candidates[i]
		to.Picture, to.Raw, to.Alpha = b.Color(c.Picture, err), b.Color(c.raw, err), b.Grey(c.alpha, err)
		to.Job = c.job.Save(b, err)
	}
	return t
}
