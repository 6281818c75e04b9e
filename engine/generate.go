package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/sample"
)

// Generate yields a Step after every evaluation of the denoiser: first x_T, last the decoded pictures. Leaving the
// loop ends the run. When ctx ends, the last pair yielded has ctx's error, which is not a failure. Errors name the
// step and the reason; a Request that cannot be run fails before the first step.
func (m *Model) Generate(ctx context.Context, r Request) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		m, r, err := m.distilled(r)
		var all []stage
		if err == nil {
			all, err = m.stages(r)
		}
		if err == nil {
			err = m.fits(r)
		}
		var changes *script
		if err == nil {
			changes, err = m.script(r)
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

// walk runs one stage from its first step on; false when the caller left the loop.
func (r *run) walk(ctx context.Context, last bool, yield func(Step, error) bool) bool {
	if !yield(r.step(), nil) {
		return false
	}
	r.show = func(s Step) bool { return yield(s, nil) }
	decodes := last && !r.request.KeepLatents
	for !r.finished() {
		var out prediction
		err := r.steer(ctx)
		if err == nil {
			out, err = r.predictNoise(ctx)
		}
		if err == nil {
			err = r.advance(out)
		}
		if errors.Is(err, errLeft) {
			return false
		} else if err != nil {
			yield(Step{}, r.explain(ctx, err))
			return false
		}
		if r.finished() && (decodes || !last) {
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
	if made.Pictures, err = r.decoder()(ctx, r.latents(), r.request.reporter(Decoding)); err != nil {
		yield(Step{}, r.explain(ctx, err))
		return false
	}
	return yield(made, nil)
}

// decoder returns how the run's latents are decoded.
func (r *run) decoder() func(context.Context, Tensor, func(share float64)) ([]*image.RGBA, error) {
	if r.request.CutOut {
		return r.vae().DecodeCutOut
	}
	return r.vae().Decode
}

// advance takes x_t one evaluation further and restores what inpainting keeps.
func (r *run) advance(out prediction) error {
	var err error
	if p, ok := r.sampler.(sample.PlusPlus); ok && out.uncond != nil {
		err = p.StepPlus(r.state, out.guided, out.uncond, r.noise)
	} else {
		err = r.sampler.Step(r.state, out.guided, r.noise)
	}
	if err != nil {
		return err
	}
	if !graph.Finite(r.state.X) {
		return fault.Overflow.Errorf("the step gave values that are not finite (NaN or infinity): lower the guidance, or choose another sampler or schedule")
	}
	if r.kept != nil {
		r.kept.restore(r.sampler, r.state, float32(r.done())/float32(r.of()), r.finished() && r.end == len(r.times))
	}
	return nil
}

// explain adds the step at which a run failed; ctx's error is passed on as it is.
func (r *run) explain(ctx context.Context, err error) error {
	return stopped(ctx, fmt.Errorf("step %d of %d: %w", r.progress.stepsBefore+r.done()+1, r.progress.steps(r.of()), err))
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
