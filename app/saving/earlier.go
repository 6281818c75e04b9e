package saving

import (
	"nirvana/app/files"
	"nirvana/app/keep"
	"nirvana/app/notice"
)

// EarlierWork lists earlier work, the newest first, in the background; then is called on the owner's goroutine.
func (s *Saver) EarlierWork(then func([]files.Earlier)) {
	sys, home := s.in.Disk, s.in.Home
	s.in.Beside(func() func() {
		list := files.EarlierIn(sys, home)
		return func() { then(list) }
	})
}

// SetAside saves unsaved work as earlier work before another document replaces it. Until it is on the disk, the
// journal keeps the old document.
func (s *Saver) SetAside() {
	d := s.in.Sight.Document
	d.EndStroke()
	shown, corner := s.in.Sight.Shown()
	if shown == nil || !d.Unsaved && !s.busy || s.in.Home == "" || s.in.Recorder.Kept() == keep.Never {
		return
	}
	path := d.Earlier
	if path == "" {
		path = files.EarlierPath(s.in.Home, s.ProposedName(), s.in.Now())
	}
	s.keepEarlier(s.of(path, s.in.State(true), keep.Shown{Picture: shown, Corner: corner}))
}

func (s *Saver) keepEarlier(save files.Save) {
	k := s.in.Recorder.Keeper
	k.Hold()
	s.in.Recorder.Write(save.SetAside, func(err error) {
		k.Release()
		if err != nil {
			s.in.Fail("The picture before could not be set aside", err, "Try again", func() { s.keepEarlier(save) })
			return
		}
		s.offerBack(save.Path)
	})
}

// offerBack adds to the notice that the last document is earlier work, with a button that reopens it.
func (s *Saver) offerBack(path string) {
	back := func() {
		read := s.Reader()
		s.in.Beside(func() func() {
			p := read.Earlier(path)
			return func() { s.in.Fail("The earlier work cannot be opened", s.in.Take(p), "", nil) }
		})
	}
	if n := s.in.Notice; n != nil {
		with := *n
		with.Also, with.DoAlso = s.say("Go back"), back
		s.in.Tell(&with)
		return
	}
	s.in.Tell(&notice.Notice{Headline: s.say("The work before is kept"), Advice: s.say("It is in the menu File under Earlier work."), Action: s.say("Go back"), Do: back})
}
