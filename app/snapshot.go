package app

import "nirvana/app/keep"

const documentChanges = ChangedPicture | ChangedMask | ChangedFrame | ChangedUndo | ChangedLayers | ChangedSelection

// allChanges are the changes that loading a state can cause.
const allChanges = documentChanges | ChangedSettings | ChangedTray | ChangedRun | ChangedStep | ChangedHistory

// keptOf is the parts of the saved state that a change affects.
func keptOf(c Change) (what keep.What) {
	for part, by := range map[keep.What]Change{
		keep.Settings: ChangedSettings,
		keep.Document: documentChanges | ChangedHistory,              // the pictures that were made in it
		keep.Tray:     ChangedTray | ChangedHistory | ChangedPicture, // candidates and runs move with the canvas
		keep.Runs:     ChangedRun | ChangedStep | ChangedPicture,
	} {
		if c&by != 0 {
			what |= part
		}
	}
	return what
}

// snapshot copies what is to be written, on the owner. lacks reports which undo steps are not written yet.
func (s *Studio) snapshot(what keep.What, lacks func(id int64, version int) bool) keep.Snapshot {
	state := keep.Snapshot{What: what, Settings: s.Settings, Document: s.Document.Snapshot(lacks), Tray: s.Tray.Snapshot()}
	state.Document.Saved.Changed = s.Document.Unsaved || s.Saving()
	if what != 0 {
		state.Runs = s.Runs.Snapshot(s.Keeper.Missed())
	}
	return state
}
