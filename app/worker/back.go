package worker

import (
	"errors"
	"fmt"
	"slices"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// backTo ends a pass of a run that is to go back to a step.
type backTo struct{ step int }

func (b backTo) Error() string { return fmt.Sprintf("back to step %d", b.step) }

var errLostState = errors.New("the run cannot go back: the states of its steps are not kept")

// goBack takes what is known of a picture back to a step, and has the request continue from the newest state before it: that
// takes at most as many evaluations as lie between two states. script is what the picture was begun with.
func (m *made) goBack(o Order, picture, to int, script, q *engine.Request) bool {
	past := m.steps.Upto(to)
	n := len(past) - 1
	if n < 0 || past[n].Index != to || !whole(past) {
		return false
	}
	k := n
	for k >= 0 && past[k].State.Sampler.X == nil {
		k--
	}
	if k < 0 {
		return false
	}
	*q = *script
	reached := slices.Clone(past)
	reached[n].State = past[k].State
	resumed(q, reached)
	if o.Log != nil {
		o.Log.Rewound(o.Run.ID, seedNumber(o.Job, picture, 0), to, m.last.Index)
	}
	m.trail, m.steps, m.picture = recipe.Trail{}, o.recorder(seedNumber(o.Job, picture, 0), keptSteps), nil
	for _, s := range past {
		m.trail.Add(s)
		m.steps.Add(s)
	}
	m.last = past[n]
	return true
}

// Rewound notes that the run has gone back to a step.
func (r *Run) Rewound(e Rewound) {
	i := slices.IndexFunc(r.Steps, func(s engine.Step) bool { return s.Index >= e.Step.Index })
	if i < 0 || r.Index != e.Picture {
		return
	}
	r.Steps = append(slices.Clone(r.Steps[:i]), e.Step)
	r.shown = -1
}
