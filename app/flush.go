package app

import (
	"nirvana/app/disk"
	"nirvana/app/keep"
)

// How changes are saved; see keep.Recorder.
const (
	KeptNever  = keep.Never
	KeptLater  = keep.Later
	KeptAlways = keep.Always
)

func (s *Studio) newRecorder() *keep.Recorder {
	return keep.NewRecorder(s.Strip, keep.Hooks{Post: s.Post, Snapshot: s.snapshot, Redrawn: func() { s.Document.Redrawn() },
		Saved: func() { s.StoreAgain() }, Changed: func() { s.changed(ChangedNotice) }})
}

func (s *Studio) newKeeper(sys disk.System) *keep.Keeper {
	r, post := s.Recorder, s.Post
	return keep.New(sys, s.options.Home, func(err error) { post(func() { r.Heard(err) }) }, func(what keep.What) { post(func() { r.Note(what) }) })
}
