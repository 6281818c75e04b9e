package app

import (
	"nirvana/app/keep"
	"nirvana/app/saving"
)

func (s *Studio) newSaver() *saving.Saver {
	o := s.options
	return saving.New(saving.Studio{Sight: &s.Sight, Recorder: s.Recorder, Gallery: s.Gallery, Door: s.Door, Strip: s.Strip,
		Disk: o.Disk, Home: o.Home, Version: o.Version, Now: o.Now, Take: s.TakeProject,
		Changed: func() { s.changed(ChangedFrame) },
		State: func(undo bool) keep.Snapshot {
			return s.snapshot(0, func(int64, int) bool { return undo })
		}})
}
