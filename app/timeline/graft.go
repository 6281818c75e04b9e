package timeline

import (
	"errors"
	"image"
	"slices"

	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// CanGraft reports whether part of a candidate can be grafted into the current run: under the mask, from the
// candidate's own steps.
func (t *Timeline) CanGraft(c *tray.Candidate) bool {
	r := t.in.Runs.Run()
	return r.Active() && r.Document == t.in.Sight.Document.Serial && !r.Replaces() && c.Recipe.Trajectory != "" && t.graftMask() != nil
}

// graftMask is the mask in the frame of the current run; nil if nothing there is masked.
func (t *Timeline) graftMask() *image.Gray { return t.painted(t.in.Runs.Run()) }

// painted is the mask in the frame of a run; nil if nothing there is masked, or it is another picture's.
func (t *Timeline) painted(r *worker.Run) *image.Gray {
	mask := t.in.Sight.Document.Mask
	if mask == nil || r.Replaces() {
		return nil
	}
	if m := pixel.CropMask(mask, r.Frame); !pixel.Empty(m, m.Rect) {
		return m
	}
	return nil
}

// Graft mixes part of a candidate, from the same step, into the current run: under the mask, with a strength of 0 to
// 1, from the next step on.
func (t *Timeline) Graft(c *tray.Candidate, strength float32) {
	if !t.CanGraft(c) {
		return
	}
	r, mask, paths, parent := t.in.Runs.Run(), t.graftMask(), t.Paths, c.Recipe
	if !alike(parent, r.Job.Recipe) {
		t.in.Tell(&notice.Notice{Headline: t.say("This picture cannot be grafted into the run"), Advice: t.say("Only a picture of the same model, size, sampler, schedule and number of steps has the same steps.")})
		return
	}
	post, strip := t.in.Post, t.in.Strip
	lost := func(err error) {
		post(func() { strip.Fail("This picture cannot be grafted into the run", err, "", nil) })
	}
	t.in.Beside(func() func() {
		f, err := paths.Read(trajectory.Key(parent.Hashes))
		if err != nil {
			return func() { t.in.Fail("This picture cannot be grafted into the run", err, "", nil) }
		}
		return func() {
			r.Tell(worker.Word{Graft: &worker.Graft{At: stepOf(f), Mask: mask, Strength: strength, Parent: parent, Lost: lost}})
		}
	})
}

var errNoStep = errors.New("its numbers are not kept")

// stepOf returns the latents at a step of a path, by its index.
func stepOf(f *trajectory.File) func(step int) (engine.Tensor, error) {
	heads := f.Heads()
	return func(step int) (engine.Tensor, error) {
		was, err := f.Step(slices.IndexFunc(heads, func(h engine.Step) bool { return h.Index == step }))
		if err == nil && was.X.Data == nil {
			err = errNoStep
		}
		return was.X, err
	}
}

// StepOf reads x_t of a picture's step from its stored steps, on any goroutine.
func (t *Timeline) StepOf(made recipe.Recipe, step int) (engine.Tensor, error) {
	f, err := t.Paths.Read(trajectory.Key(made.Hashes))
	if err != nil {
		return engine.Tensor{}, err
	}
	return stepOf(f)(step)
}

// alike reports whether two pictures have comparable steps: the same model, size, sampler, schedule and number.
func alike(a, b recipe.Recipe) bool {
	return a.Model == b.Model && a.Width == b.Width && a.Height == b.Height && a.Sampler == b.Sampler && a.Schedule == b.Schedule &&
		a.Steps == b.Steps && a.Draft == b.Draft && slices.Equal(a.Timesteps, b.Timesteps) && slices.Equal(a.Sigmas, b.Sigmas)
}
