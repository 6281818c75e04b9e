package engine

import (
	"context"
	"iter"
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
		for step, err := range base(ctx, first) {
			step.Of, step.Share, step.State = max(of, step.Index), 0, State{}
			if last = step; !yield(step, err) || err != nil {
				return
			}
		}
		second, err := refiner()
		if err != nil {
			yield(Step{}, err)
			return
		}
		for step, err := range second(ctx, r.refined(last.X, at)) {
			if err == nil && step.Index == 0 {
				continue // the latents as they came over
			}
			step.Index += last.Index
			step.Of, step.Share, step.State = max(of, step.Index), 0, State{}
			if !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// refined is the refiner's request: the pictures that the run began from were the base's to read.
func (r Request) refined(latents Tensor, at float32) Request {
	r.Latents, r.Start = &latents, at
	r.Init, r.Mask, r.Depth, r.Control, r.Strength = nil, nil, nil, nil, 0
	return r
}
