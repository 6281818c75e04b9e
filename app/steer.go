package app

import (
	"nirvana/app/worker"
	"nirvana/engine"
)

// Pace is whether a run waits for the artist.
type Pace = worker.Pace

const (
	Hold   = worker.Hold // before its next step
	Unhold = worker.GoOn
	Once   = worker.Once // one step, then hold
)

// Mark is what was changed at a step of a run, with the value before.
type Mark = worker.Mark

// MarkNames are the values of Mark.What.
var MarkNames = worker.MarkNames

// SteerByPanel has what the panel says now count for the picture under way.
func (s *Studio) SteerByPanel() {
	if r := s.Run(); r.Active() {
		s.Steer(worker.Difference(r.Job.Request, r.Changed(len(r.Steps)), s.panelFor(r)))
	}
}

// panelFor is what the panel says now, as the open model takes it for a run.
func (s *Studio) panelFor(r *Run) engine.Request { return s.Scene().Panel(r.Job.Refiner.Dir != "") }

// Branch queues a run that continues from the step that is shown with what the panel says now, beside the old one.
// Where one is under way it is stopped.
func (s *Studio) Branch() {
	r := s.Path()
	_, i, ok := r.Shown()
	if !ok {
		return
	}
	change := worker.Difference(r.Job.Request, r.Changed(i), s.panelFor(r))
	if change.Empty() && i == len(r.Steps)-1 {
		s.Tell(&Notice{Headline: s.say("No setting differs from this run yet"), Advice: s.say("Change the prompt, the guidance or another setting, then go on from here."), Fine: true})
		return
	}
	read, now := r.Reader(i)
	goOn := func(steps []engine.Step) {
		b := r.Branch(i, steps, change)
		b.Document = s.Document.Serial
		if r.Active() {
			s.Stop()
		}
		s.submit(b)
	}
	if now {
		goOn(read())
		return
	}
	s.Beside(func() func() {
		steps := read()
		return func() { goOn(steps) }
	})
}
