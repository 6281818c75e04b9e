package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"nirvana/engine/sample"
)

// Generate makes the pictures of a request, a Step after every evaluation of
// the network: first x_T, last the decoded pictures. Leaving the loop ends the
// run. When ctx ends, the last pair yielded has ctx's error, which is no failure.
// Errors say at which step and why; a Request that cannot be run fails before
// the first step.
func (m *Model) Generate(ctx context.Context, r Request) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		run, err := m.prepare(ctx, r)
		if err != nil {
			yield(Step{}, err)
			return
		}
		if !yield(run.step(), nil) {
			return
		}
		run.show = func(s Step) bool { return yield(s, nil) }
		for !run.done() {
			if err := run.advance(ctx); errors.Is(err, errLeft) {
				return
			} else if err != nil {
				yield(Step{}, run.explain(ctx, err))
				return
			}
			if run.done() && !r.KeepLatents {
				break
			}
			if !yield(run.step(), nil) {
				return
			}
		}
		if r.KeepLatents {
			return
		}
		last := run.step()
		if last.Pictures, err = m.decode(ctx, run.latents()); err != nil {
			yield(Step{}, run.explain(ctx, err))
			return
		}
		yield(last, nil)
	}
}

// advance is one evaluation: ask the network, guide, step, blend what is kept back in.
func (r *run) advance(ctx context.Context) error {
	out, err := r.denoise(ctx)
	if err != nil {
		return err
	}
	if p, ok := r.sampler.(sample.PlusPlus); ok && r.bare != nil {
		err = p.StepPlus(r.state, out, r.bare, r.noise)
	} else {
		err = r.sampler.Step(r.state, out, r.noise)
	}
	if r.bare = nil; err != nil {
		return err
	}
	r.keep()
	return nil
}

func (r *run) done() bool { return r.sampler.Done(r.state) || r.state.Eval-r.begin >= r.of() }

// explain says where a run failed; a stop is passed on as it is.
func (r *run) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("step %d of %d: %w", r.state.Eval-r.begin+1, r.of(), err)
}

// step is the state now. It shares its vectors with the run: samplers put new ones in their place and
// never write into old ones.
func (r *run) step() Step {
	state := r.state.Snapshot()
	s := Step{Index: r.state.Eval - r.begin, Of: r.of(), X: Tensor{r.shape, state.X}, view: r.view, Guidance: r.scale,
		State: State{Sampler: state, Random: r.noise.states()}}
	if !r.done() {
		s.Timestep, s.Sigma = r.at()
	}
	if state.X0 != nil && r.state.Eval > r.begin {
		s.X0 = Tensor{r.shape, state.X0}
	}
	return s
}

// latents are the run's x unpacked to [batch, channel, height, width].
func (r *run) latents() Tensor {
	x := Tensor{r.shape, r.state.X}
	if r.model.config.packed {
		return unpack(x, r.height, r.width)
	}
	return x
}
