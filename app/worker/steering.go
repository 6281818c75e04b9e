package worker

import (
	"context"
	"image"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Word is a message of the owner to the run under way. It applies from the next evaluation on.
type Word struct {
	Change engine.Change
	Pace   Pace
	Graft  *Graft // nil: none
	Look   *Look  // into the evaluation that it waits before; nil: none
}

// Graft is part of another picture at the run's current step.
type Graft struct {
	At       func(step int) (engine.Tensor, error) // x_t of that step, on the worker's goroutine
	Mask     *image.Gray                           // of the run's frame
	Strength float32                               // 0 to 1
	Parent   recipe.Recipe                         // of the other picture
	Lost     func(error)                           // called if there is no such step; the run continues without it
}

// change is the graft at a step, whose parent is noted by the hash of its x_t.
func (g *Graft) change(step int, parents map[string]*recipe.Recipe) engine.Change {
	x, err := g.At(step)
	if err != nil {
		g.Lost(fault.Settings.Errorf("the other picture has no step %d to graft: %w", step, err))
		return engine.Change{}
	}
	parents[x.SHA256()] = &g.Parent
	return engine.Change{Grafts: []engine.Graft{{X: x, Mask: g.Mask, Strength: g.Strength}}}
}

// Pace is whether a run is paused.
type Pace int

const (
	AsBefore Pace = iota
	Hold          // before the next evaluation
	GoOn          // without waiting
	Once          // one evaluation, then hold
	Back          // hold, one evaluation back
)

// mostWords is the most messages that wait for one evaluation; older ones are dropped.
const mostWords = 1024

// Tell sends a message to the run under way; false if there is none.
func (r *Run) Tell(word Word) bool {
	if !r.Active() || r.words == nil || r.Stopping {
		return false
	}
	switch word.Pace {
	case Hold, Once, Back:
		r.Held, r.clock.waited = true, true
	case GoOn:
		r.Held = false
	}
	for {
		select {
		case r.words <- word:
			return true
		default:
		}
		select {
		case <-r.words:
		default:
		}
	}
}

// listen returns what the engine asks before every evaluation: the changes that the owner has said since. It waits while
// the run is held, and ends the pass with backTo where the run is to go back, if it can. Parents are those of what is
// grafted; look looks into an evaluation meanwhile.
func listen(words <-chan Word, parents map[string]*recipe.Recipe, look func(context.Context, Look), goesBack bool) func(context.Context, int) ([]engine.Change, error) {
	if words == nil {
		return nil
	}
	held, replayed := false, 0
	var all engine.Change
	return func(ctx context.Context, step int) ([]engine.Change, error) {
		if step < replayed {
			return nil, ctx.Err()
		}
		once, back := false, false
		take := func(word Word) {
			if word.Look != nil {
				look(ctx, *word.Look)
			}
			all = all.With(word.Change)
			if word.Graft != nil {
				all = all.With(word.Graft.change(step, parents))
			}
			switch word.Pace {
			case Hold:
				held = true
			case GoOn:
				held, once = false, false
			case Once:
				held, once = true, true
			case Back:
				held, back = true, step > 0 && goesBack
			}
		}
		for {
			select {
			case word := <-words:
				if take(word); !once && !back {
					continue
				}
			default:
			}
			if back {
				replayed = step - 1
				return nil, backTo{replayed}
			}
			if !held || once {
				said := all
				all = engine.Change{}
				return []engine.Change{said}, ctx.Err()
			}
			select {
			case word := <-words:
				if take(word); back {
					replayed = step - 1
					return nil, backTo{replayed}
				}
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// resumed gives a request what a picture needs that continues from an earlier start: the state, and what was changed on
// the way there.
func resumed(q *engine.Request, past []engine.Step) {
	last := past[len(past)-1]
	q.Resume = &last.State
	var before, after []engine.Change
	for _, c := range q.Changes {
		switch {
		case c.At < past[0].Index: // of before the steps that are known
			before = append(before, c)
		case c.At >= last.Index:
			after = append(after, c)
		}
	}
	for _, s := range past[1:] {
		before = append(before, s.Changes...)
	}
	q.Changes = append(before, after...)
}
