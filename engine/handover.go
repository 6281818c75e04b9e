package engine

import (
	"context"
	"iter"
	"slices"
)

// Generator makes the pictures of a request, as Model.Generate does.
type Generator func(context.Context, Request) iter.Seq2[Step, error]

// HandOver is a run in two halves: base denoises the first share at of the steps, a refiner goes on
// from its latents (Podell et al., 2023, section 2.5). Both count as one run of of steps. Steps carry no
// state: such a run cannot be gone on with, it begins anew. refiner is asked for when the base is done.
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
				continue // the latents as they came over
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

// refined is the refiner's request: the pictures that the run began from were the base's to read.
// Of the changes those of texts and numbers count for it too.
func (r Request) refined(latents Tensor, at float32, changes []Change, done int) Request {
	r.Latents, r.Start = &latents, at
	r.Changes = forRefiner(changes, done)
	if live := r.Live; live != nil {
		r.Live = func(ctx context.Context, step int) ([]Change, error) { return live(ctx, step+done) }
	}
	r.Init, r.Mask, r.Depth, r.Control, r.Strength = nil, nil, nil, nil, 0
	return r
}

// forRefiner are a run's changes as the refiner's steps count: what was painted before it, and what is of the
// pictures that the run began from, is the base's.
func forRefiner(changes []Change, done int) []Change {
	var out []Change
	for _, c := range changes {
		c.At -= done
		if c.Control, c.Mask, c.Keep = nil, nil, nil; c.At < 0 {
			c.At, c.Strokes, c.Grafts = 0, nil, nil
		}
		out = append(out, c)
	}
	return out
}

// counted are changes at later steps.
func counted(changes []Change, more int) []Change {
	out := slices.Clone(changes)
	for i := range out {
		out[i].At += more
	}
	return out
}
