package app

import (
	"nirvana/app/disk"
	"nirvana/app/keep"
)

func (s *Studio) newKeeper(sys disk.System) *keep.Keeper {
	post := s.Post
	return keep.New(sys, s.options.Home, func(err error) { post(func() { s.keeping(err) }) }, func(what keep.What) { post(func() { s.noteParts(what) }) })
}

// note brings what changed to the keeper, as it is now. Within together that waits for the end.
func (s *Studio) note(c Change) { s.noteParts(keptOf(c)) }

func (s *Studio) noteParts(what keep.What) {
	if what == 0 {
		return
	}
	s.dirty |= what
	if what&keep.Document != 0 {
		s.Document.Redrawn()
	}
	s.handOver()
}

// inked notes a stroke that goes on: it may take long, and is kept meanwhile.
func (s *Studio) inked() {
	s.dirty |= keep.Document
	s.handOver()
}

func (s *Studio) handOver() {
	if s.nested > 0 || s.dirty == 0 || s.keeper.Writable() == nil {
		return
	}
	what := s.dirty
	s.dirty = 0
	s.keeper.Put(s.snapshot(what, func(id int64, version int) bool { return !s.keeper.Has(id, version) }))
}

// together has the changes up to a call of its result kept as one: in between, the state may not be whole.
func (s *Studio) together() (end func()) {
	s.nested++
	return func() {
		s.nested--
		s.handOver()
	}
}

// keeping hears how writing goes.
func (s *Studio) keeping(err error) {
	switch {
	case err != nil && (s.unkept == nil || s.Notice == nil):
		s.Fail("The last changes could not be saved", err, "Try again", func() { go s.keeper.Retry(true) })
		s.unkept = s.Notice
	case err == nil && s.unkept != nil:
		if s.Notice == s.unkept {
			s.Dismiss()
		}
		s.unkept = nil
		s.changed(ChangedNotice)
		s.storeAgain()
	}
}

// Kept says what becomes of changes.
type Kept int

const (
	KeptNever  Kept = iota // in memory only, or another studio writes the journal
	KeptLater              // the journal cannot be written just now
	KeptAlways             // within a moment
)

// Kept says what becomes of changes that are made now.
func (s *Studio) Kept() Kept {
	switch {
	case s.keeper.Writable() == nil:
		return KeptNever
	case s.unkept != nil:
		return KeptLater
	}
	return KeptAlways
}

// Flush writes down what is left, and returns when it is on the disk.
func (s *Studio) Flush() error {
	k := s.keeper
	if k.Writable() == nil || k.Quiet() && s.dirty == 0 {
		return nil
	}
	s.saves.Wait() // what the journal is held for
	s.noteParts(keep.All)
	return k.Finish()
}
