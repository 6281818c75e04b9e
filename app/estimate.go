package app

import (
	"maps"
	"time"
)

// mostPaces are kept: of so many models and devices it is known how quick they are.
const mostPaces = 32

// pace is what Settings.Pace is kept under: a model on a device.
func (s *Studio) pace(m ModelInfo) string { return m.Name + " on " + s.Device }

// notePace remembers how long a run's steps took, for estimates.
func (s *Studio) notePace(r *Run) {
	q := r.Job.Request
	area := float64(q.Width) * float64(q.Height)
	if r.PerStep <= 0 || area <= 0 || len(r.Steps) == 0 || q.Window > 0 { // windows overlap: not this many pixels
		return
	}
	last := r.Steps[len(r.Steps)-1]
	at, _ := r.Told(last)
	if at < 2 || last.Index < 2 {
		return
	}
	seconds := r.PerStep.Seconds() * float64(last.Index) / float64(at) / area
	s.Set(func(t *Settings) {
		all := maps.Clone(t.Pace)
		if all == nil || len(all) >= mostPaces {
			all = map[string]float64{}
		}
		all[s.pace(r.Job.Model)] = seconds
		t.Pace = all
	})
}

// Estimate is about how long the next run will take, as the last one of its model did; 0 where that is not known.
func (s *Studio) Estimate() time.Duration {
	m, ok := s.Chosen()
	if !ok {
		return 0
	}
	w, h := s.Settings.Width, s.Settings.Height
	if mode := s.Mode(); mode == Inpaint && s.Settings.OnlyMasked {
		w, h = s.enlarged(s.region(mode))
	}
	seconds := s.Settings.Pace[s.pace(m)] * float64(w) * float64(h) * float64(s.stepsToRun()) * float64(max(s.Settings.Count, 1))
	return time.Duration(seconds * float64(time.Second))
}
