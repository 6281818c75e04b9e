package app

import (
	"slices"

	"nirvana/app/worker"
	"nirvana/engine"
)

// mostFar is how many steps that only the journal has are kept when they were looked at.
const mostFar = 16

// farSteps are steps of a run whose numbers were let go of, read from the journal beside the window.
type farSteps struct {
	studio *Studio
	here   map[farStep]engine.Step
	order  []farStep // of those asked for, the oldest first
}

// farStep names a step: of which picture of the run, and its number.
type farStep struct{ picture, index int }

// get is the step, where it has been read. One that has not is asked for, and told as a change of the steps when it is
// there.
func (f *farSteps) get(run, picture int, s engine.Step) (engine.Step, bool) {
	k := farStep{picture, s.Index}
	if far, ok := f.here[k]; ok && far.X.Data != nil {
		return far, true
	}
	from := f.studio.keeper.Current()
	if from == nil || slices.Contains(f.order, k) {
		return s, false
	}
	f.order = append(f.order, k)
	if len(f.order) > mostFar {
		delete(f.here, f.order[0])
		f.order = slices.Clone(f.order[1:])
	}
	f.studio.aside(func() {
		if was, ok := worker.PastStep(from, run, picture, s); ok {
			f.studio.post(func() {
				if f.here == nil {
					f.here = map[farStep]engine.Step{}
				}
				f.here[k] = was
				f.studio.changed(ChangedStep)
			})
		}
	})
	return s, false
}
