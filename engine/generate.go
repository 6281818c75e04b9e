package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/sample"
)

// Generate makes the pictures of a request, a Step after every evaluation of
// the network: first x_T, last the decoded pictures. Leaving the loop ends the
// run. When ctx ends, the last pair yielded has ctx's error, which is no failure.
// Errors say at which step and why; a Request that cannot be run fails before
// the first step.
func (m *Model) Generate(ctx context.Context, r Request) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		m, r, err := m.drafted(r)
		var all []stage
		if err == nil {
			all, err = m.stages(r)
		}
		var changes *script
		if err == nil {
			changes, err = newScript(r)
		}
		first := 0
		if err == nil && r.Resume != nil {
			if first = r.Resume.Stage; first < 0 || first >= len(all) {
				err = fault.Settings.Errorf("the saved step is of stage %d of %d: it belongs to another request", first+1, len(all))
			}
		}
		if err != nil {
			yield(Step{}, err)
			return
		}
		var run *run
		for i := first; i < len(all); i++ {
			before := run
			if run, err = m.prepareStage(ctx, r, all, i, run); err == nil {
				run.follow(changes, before)
				err = run.catchUp(ctx)
			}
			if err != nil {
				yield(Step{}, stopped(ctx, err))
				return
			}
			if !run.walk(ctx, i == len(all)-1, yield) {
				return
			}
		}
	}
}

// walk is one stage, from its first step on; false when the loop was left.
func (r *run) walk(ctx context.Context, last bool, yield func(Step, error) bool) bool {
	if !yield(r.step(), nil) {
		return false
	}
	r.show = func(s Step) bool { return yield(s, nil) }
	decodes := last && !r.request.KeepLatents
	for !r.done() {
		if err := r.advance(ctx); errors.Is(err, errLeft) {
			return false
		} else if err != nil {
			yield(Step{}, r.explain(ctx, err))
			return false
		}
		if r.done() && (decodes || !last) {
			break
		}
		if !yield(r.step(), nil) {
			return false
		}
	}
	if !decodes {
		return true
	}
	made := r.step()
	var err error
	if made.Pictures, err = r.model.vae.Decode(ctx, r.latents(), r.request.reporter(Decoding)); err != nil {
		yield(Step{}, r.explain(ctx, err))
		return false
	}
	return yield(made, nil)
}

// advance is one evaluation: ask the network, guide, step, blend what is kept back in.
func (r *run) advance(ctx context.Context) error {
	if err := r.steer(ctx); err != nil {
		return err
	}
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
	if !graph.Finite(r.state.X) {
		return fault.Overflow.Errorf("the step left the range of numbers: lower the guidance, or choose another sampler or schedule")
	}
	r.keep()
	return nil
}

func (r *run) done() bool { return r.sampler.Done(r.state) || r.state.Eval-r.begin >= r.of() }

// explain says where a run failed; a stop is passed on as it is.
func (r *run) explain(ctx context.Context, err error) error {
	return stopped(ctx, fmt.Errorf("step %d of %d: %w", r.stepsBefore+r.state.Eval-r.begin+1, r.steps(), err))
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// steps of all stages.
func (r *run) steps() int { return r.stepsElse + r.of() }

// step is the state now. It shares its vectors with the run: samplers put new ones in their place and
// never write into old ones.
func (r *run) step() Step {
	state, done := r.state.Snapshot(), r.state.Eval-r.begin
	s := Step{Index: r.stepsBefore + done, Of: r.steps(), Share: r.share(float64(done)), X: Tensor{Shape: r.shape, Data: state.X}, view: r.view, Guidance: r.scale,
		Changes: r.changed, State: State{Sampler: state, Random: r.noise.states(), Stage: r.stage, Rested: r.rested}}
	if !r.done() {
		s.Timestep, s.Sigma = r.at()
	}
	if done == 0 && r.clean != nil {
		s.X0 = Tensor{Shape: r.shape, Data: r.clean}
	}
	if state.X0 != nil && done > 0 {
		s.X0 = Tensor{Shape: r.shape, Data: state.X0}
	}
	return s
}

// latents are the run's x unpacked to [batch, channel, height, width].
func (r *run) latents() Tensor { return r.unpacked(Tensor{Shape: r.shape, Data: r.state.X}) }

func (r *run) unpacked(x Tensor) Tensor {
	if r.model.config.packed {
		return unpack(x, r.height, r.width)
	}
	return x
}
