package app

import (
	"nirvana/app/timeline"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Pace is whether a run is paused.
type Pace = worker.Pace

const (
	Hold   = worker.Hold // before its next step
	Unhold = worker.GoOn
	Once   = worker.Once // one step, then hold
	Back   = worker.Back // hold, one step back
)

// Mark is what was changed at a step of a run, with the value before.
type Mark = worker.Mark

// MarkNames are the values of Mark.What.
var MarkNames = worker.MarkNames

// IDs of lanes that are no candidate's.
const (
	CurrentLane  = timeline.CurrentLane
	DocumentLane = timeline.DocumentLane
)

func (s *Studio) newTimeline() *timeline.Timeline {
	return timeline.New(timeline.Studio{Sight: &s.Sight, Runs: s.Runs, Gallery: s.Gallery, Door: s.Door, Strip: s.Strip}, timeline.Hooks{
		Changed: func() { s.changed(ChangedStep) },
		Panel:   func(refined bool) engine.Request { return s.Scene().Panel(refined) },
		Submit:  s.Enqueue,
		Overlap: func() int { return s.Settings.Overlap },
		Journal: func(run int) func(int, engine.Step) (engine.Step, bool) {
			return func(seed int, step engine.Step) (engine.Step, bool) {
				return s.Keeper.Past(run, seed, step) // the current keeper: a run can be restored before it is set
			}
		},
		Bound: func() (int, int64) { return s.Settings.StepsOf, int64(s.Settings.StepsMegabytes) * 1_000_000 }})
}
