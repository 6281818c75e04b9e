package app

import "nirvana/app/grid"

// Grid queues a run for each place of a grid that is not made yet. It locks the seed: the places are to differ in nothing
// else. False: no model is open yet, or none can run.
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
