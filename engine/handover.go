package engine

import (
	"context"
	"iter"
	"slices"
)

// Generator generates as Model.Generate does.
type Generator func(context.Context, Request) iter.Seq2[Step, error]

// HandOver runs two models: base denoises the first share at (0 to 1) of the of steps, a refiner continues from its
// latents (Podell et al., 2023, section 2.5). Both count as one run of of steps. Its Steps carry no State: such a run
// cannot be resumed. refiner is called when the base is done.
func HandOver(ctx context.Context, r Request, at float32, of int, base Generator, refiner func() (Generator, error)) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		first := r
		first.End, first.KeepLatents = at, true
		var last Step
		changes := r.Changes
		for step, err := range base(ctx, first) {
			step.Of, step.Share, step.State = max(of, step.Index), 0, State{}
			for _, c := range step.Changes {
				if c.live {
					changes = append(changes[:len(changes):len(changes)], c)
				}
			}
			if last = step; !yield(step, err) || err != nil {
				return
			}
		}
		second, err := refiner()
		if err != nil {
			yield(Step{}, err)
			return
		}
		for step, err := range second(ctx, r.refined(last.X, at, changes, last.Index)) {
			if err == nil && step.Index == 0 {
				continue // the base's last latents again
			}
			step.Index += last.Index
			step.Changes = counted(step.Changes, last.Index)
			step.Of, step.Share, step.State = max(of, step.Index), 0, State{}
			if !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// refined is the refiner's request: without the pictures that the base read, and with the changes of texts and
// numbers.
func (r Request) refined(latents Tensor, at float32, changes []Change, done int) Request {
	r.Latents, r.Start = &latents, at
	r.Changes = forRefiner(changes, done)
	if live := r.Live; live != nil {
		r.Live = func(ctx context.Context, step int) ([]Change, error) { return live(ctx, step+done) }
	}
	r.Init, r.Mask, r.Depth, r.Control, r.Strength = nil, nil, nil, nil, 0
	r.Prediction = "" // of the base
	return r
}

// forRefiner are a run's changes, counted in the refiner's steps: strokes painted earlier and changes of the initial
// picture are left to the base.
func forRefiner(changes []Change, done int) []Change {
	var out []Change
	for _, c := range changes {
		c.At -= done
		if c.Kept == nil {
			c.Mask, c.Keep = nil, nil
		}
		if c.Control = nil; c.At < 0 {
			c.At, c.Strokes, c.Grafts, c.carried = 0, nil, nil, true
		}
		out = append(out, c)
	}
	return out
}

// counted shifts changes by a number of steps; without those that the base has told of.
func counted(changes []Change, more int) []Change {
	out := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.carried })
	for i := range out {
		out[i].At += more
	}
	return out
}
