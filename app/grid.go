package app

import "nirvana/app/grid"

// Grid queues a run for each cell of a grid whose picture is not there yet. It locks the seed, so that cells differ in
// nothing else. False: no model is open yet, or none can run.
func (s *Studio) Grid(g grid.Grid, id string, made func([3]int) bool) bool {
	if s.Facts.Name == "" {
		return false
	}
	if !s.Settings.Locked {
		s.Set(func(t *Settings) { t.Locked = true })
	}
	if !s.mayRun() {
		return false
	}
	for _, at := range g.Places() {
		if made(at) {
			continue
		}
		r, err := s.Scene().GridRun(g, id, at)
		if err != nil {
			s.Fail("The picture could not be made", err, "", nil)
			return false
		}
		s.submit(r)
	}
	s.changed(ChangedSettings)
	return true
}
