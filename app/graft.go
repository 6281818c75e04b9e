package app

import (
	"errors"
	"image"
	"slices"

	"nirvana/app/trajectory"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// CanGraft says whether part of a candidate can go into the run under way: under the mask, from the candidate's own path.
func (s *Studio) CanGraft(c *Candidate) bool {
	r := s.Run()
	return r.Active() && r.Document == s.Document.Serial && !r.Replaces() && c.Recipe.Trajectory != "" && s.graftMask() != nil
}

// graftMask is the mask as it lies in the frame of the run under way; nil where nothing there is masked.
func (s *Studio) graftMask() *image.Gray {
	if s.Document.Mask == nil {
		return nil
	}
	if m := pixel.CropMask(s.Document.Mask, s.Run().Frame); !pixel.Empty(m, m.Rect) {
		return m
	}
	return nil
}

// Graft puts part of a candidate, as it was at the same step, into the run under way: under the mask, by strength, 0 to 1. It
// counts from the next step on.
func (s *Studio) Graft(c *Candidate, strength float32) {
	if !s.CanGraft(c) {
		return
	}
	r, mask, paths, parent := s.Run(), s.graftMask(), s.paths, c.Recipe
	if !alike(parent, r) {
		s.Tell(&Notice{Headline: s.say("This picture cannot be grafted into the run"), Advice: s.say("Only a picture of the same model, size, sampler, schedule and number of steps has the same steps.")})
		return
	}
	lost := func(err error) {
		s.Post(func() { s.Fail("This picture cannot be grafted into the run", err, "", nil) })
	}
	s.Beside(func() func() {
		f, err := paths.Read(trajectory.Key(parent.Hashes))
		if err != nil {
			return func() { s.Fail("This picture cannot be grafted into the run", err, "", nil) }
		}
		heads := f.Heads()
		at := func(step int) (engine.Tensor, error) {
			i := slices.IndexFunc(heads, func(h engine.Step) bool { return h.Index == step })
			was, err := f.Step(i)
			if err == nil && was.X.Data == nil {
				err = errNoStep
			}
			return was.X, err
		}
		return func() {
			r.Tell(worker.Word{Graft: &worker.Graft{At: at, Mask: mask, Strength: strength, Parent: parent, Lost: lost}})
		}
	})
}

var errNoStep = errors.New("its numbers are not kept")

// alike says whether a picture's steps are those of a run: of the same model, size, sampler, schedule and number.
func alike(made Recipe, r *Run) bool {
	is := r.Job.Recipe
	return made.Model == is.Model && made.Width == is.Width && made.Height == is.Height && made.Sampler == is.Sampler && made.Schedule == is.Schedule &&
		made.Steps == is.Steps && made.Draft == is.Draft && slices.Equal(made.Timesteps, is.Timesteps) && slices.Equal(made.Sigmas, is.Sigmas)
}
