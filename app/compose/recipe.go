package compose

import (
	"cmp"
	"errors"
	"path/filepath"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/engine"
)

// recipe returns a job's recipe, with the first seed.
func (s Scene) recipe(j *job.Job) recipe.Recipe {
	r := recipe.Of(j.Request, s.Facts)
	r.Software, r.Made, r.Runtime = s.Software, s.Made, s.Runtime
	r.Model, r.ModelHash, r.Mode = j.Model.Name, s.Facts.Hash, j.Mode.String()
	if vae := j.Model.With.VAE; vae != "" {
		r.VAE = []string{recipe.Base(filepath.ToSlash(vae))}
	}
	for _, file := range j.Model.With.TextEncoders.Files() {
		r.TextEncoders = append(r.TextEncoders, recipe.Base(filepath.ToSlash(file)))
	}
	r.Styles = style.Names(s.Settings.Styles)
	if j.Refiner.Dir != "" {
		r.Refiner, r.RefinerAt = j.Refiner.Name, j.RefineAt
	}
	return r
}

// noise returns the parameters of the steps' noise: the settings', and with a recipe in use those without a control,
// as long as sampler, steps and churn are the recipe's.
func (s Scene) noise(q *engine.Request) {
	q.Churn.Amount = s.Settings.Churn
	used := s.Used
	if used == nil || !s.SameSampler(*used, q) || used.Steps != q.Steps || used.SChurn != s.Settings.Churn {
		return
	}
	q.Churn, q.EtaAncestral = used.Churn(), used.EtaAncestral
	q.Timesteps, q.Sigmas = used.Timesteps, used.Sigmas
}

// SameSampler reports whether a recipe's sampler is that of a request; "" is the open model's own in both.
func (s Scene) SameSampler(r recipe.Recipe, q *engine.Request) bool {
	own := s.Facts.Sampler
	a, _ := engine.CanonicalNames(cmp.Or(r.Sampler, own), "")
	b, _ := engine.CanonicalNames(cmp.Or(q.Sampler, own), "")
	return a == b
}

// ErrStart means that a recipe's initial picture differs from the one on the canvas.
var ErrStart = errors.New("it began from another picture")

// errOther is the error for steps of another run that are not stored: that picture would have to be made first.
var errOther = errors.New("it has part of another picture, whose steps are not kept any more: use nirvana generate --recipe")

// As is the scene in the mode of a recipe. A recipe without an initial picture runs as text to image, whatever is on
// the canvas; one with an initial picture needs a picture there, otherwise the error is ErrStart.
func (s Scene) As(r recipe.Recipe) (Scene, error) {
	switch {
	case r.Mode == task.TextToImage.String() || r.Mode == "" && r.Strength == 0:
		s.Mode = task.TextToImage
	case s.Mode == task.TextToImage || r.Mode != "" && r.Mode != s.Mode.String():
		return s, ErrStart
	}
	return s, nil
}

// Again is the run that reproduces a recipe's picture; the recipe must be in use. It fails if the recipe has changes
// whose pixels it does not include. others are steps of other runs that the changes use, by their hashes.
func (s Scene) Again(r recipe.Recipe, others map[string]engine.Tensor) (*worker.Run, error) {
	run := s.Run()
	run.Count = 1
	j := &run.Job
	j.Again = true
	j.Recipe.Changes, j.Request.Changes = r.Changes, nil // they include the grafts' parents
	for _, c := range r.Changes {
		to, err := c.Request(nil, func(s recipe.Source) (engine.Tensor, error) {
			if x, ok := others[s.X]; ok {
				return x, nil
			}
			return engine.Tensor{}, errOther
		})
		if err != nil {
			return nil, err
		}
		j.Request.Changes = append(j.Request.Changes, to)
	}
	j.Request.Variation, j.Request.VariationSeed = r.Variation, r.VariationSeed // not in the settings
	j.Recipe.Variation, j.Recipe.VariationSeed = r.Variation, r.VariationSeed
	return run, nil
}
