package app

import (
	"nirvana/app/document"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// snapshot is what is written down: plain values, and pictures that nobody writes to any more.
type snapshot struct {
	what     Change
	settings Settings
	document document.Snapshot
	tray     tray.Snapshot
	runs     worker.Snapshot
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
	state := snapshot{what: what, settings: s.Settings, document: s.Document.Snapshot(lacks), tray: s.Tray.Snapshot()}
	state.document.Saved.Changed = s.Document.Unsaved || s.saving
	if what != 0 {
		state.runs = s.snapshotRuns()
	}
	return state
}
