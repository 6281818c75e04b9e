package app

import "slices"

// A stopped run can go on: what the artist stopped has its steps and the sampler's
// state still, so that it becomes the picture it would have been.

// CanGoOn says whether the last run was stopped at a step that it can go on from.
func (s *Studio) CanGoOn() bool { return s.run.resumable() }

// resumable says whether a run was stopped at a step that it can go on from.
func (r *Run) resumable() bool {
	if r == nil || r.State != Stopped {
		return false
	}
	steps := r.Steps
	if len(steps) == 0 {
		steps = r.saved
	}
	if len(steps) == 0 {
		return false
	}
	last := steps[len(steps)-1]
	return !last.Done() && last.State.Sampler.X != nil
}

// GoOn queues the stopped run before all others. What it had come to stays a candidate.
func (s *Studio) GoOn() {
	if !s.CanGoOn() {
		return
	}
	r := s.run
	r.saved, r.State = slices.Clone(r.Steps), Waiting
	s.Queue = append([]*Run{r}, s.Queue...)
	s.changed(ChangedRun)
	s.advance()
}
