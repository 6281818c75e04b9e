package app

import (
	"nirvana/app/guest"
	"nirvana/app/worker"
)

// Lend gives the engine to a guest once it is free and the artist's queue is empty; f is called in the background, and
// the artist's runs wait until it returns.
func (s *Studio) Lend(f func(worker.Loan)) {
	s.lends = append(s.lends, f)
	s.lendWanted()
}

func (s *Studio) lendWanted() {
	if !s.worker.Idle() || len(s.Queue) > 0 || len(s.lends) == 0 {
		return
	}
	f := s.lends[0]
	s.lends = s.lends[1:]
	s.worker.Lend(f)
}

// SetGuests sets the requests of other programs; stored reports that one of their pictures was added to the history.
func (s *Studio) SetGuests(list guest.List, stored bool) {
	s.Guests = list
	c := ChangedRun | ChangedStep
	if stored {
		c |= ChangedHistory
	}
	s.changed(c)
}
