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

// recipe of a job, with the first seed.
func (s Scene) recipe(j *job.Job) recipe.Recipe {
	r := recipe.Of(j.Request, s.Facts)
	r.Software, r.Made = s.Software, s.Made
	r.Model, r.ModelHash, r.Mode = j.Model.Name, s.Facts.Hash, j.Mode.String()
	if vae := j.Model.With.VAE; vae != "" {
		r.VAE = []string{recipe.Base(filepath.ToSlash(vae))}
	}
	r.Styles = style.Names(s.Settings.Styles)
	if j.Refiner.Dir != "" {
		r.Refiner, r.RefinerAt = j.Refiner.Name, j.RefineAt
	}
	return r
}

// noise is the noise of the steps: the setting's, and with a recipe in use what no control shows,
// as long as sampler, steps and churn are still the recipe's.
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

// ErrStart says that a recipe's picture began from another picture than there is on the canvas.
var ErrStart = errors.New("it began from another picture")

// errGraft is of a graft whose parent's steps are not kept: it would have to be made first.
var errGraft = errors.New("part of another run's step was grafted in: use nirvana generate --recipe")

// As is the scene in the mode of a recipe. What began from a prompt alone does so again, whatever lies on the canvas; what
// began from a picture wants one there, or else the error is ErrStart.
func (s Scene) As(r recipe.Recipe) (Scene, error) {
	switch {
	case r.Mode == task.TextToImage.String() || r.Mode == "" && r.Strength == 0:
		s.Mode = task.TextToImage
	case s.Mode == task.TextToImage || r.Mode != "" && r.Mode != s.Mode.String():
		return s, ErrStart
	}
	return s, nil
}

// Again is the run that makes a recipe's picture once more, whose settings are in use. The error is of changes on its way
// whose pixels the recipe does not carry. grafted are the grafts' x_t by their hashes.
func (s Scene) Again(r recipe.Recipe, grafted map[string]engine.Tensor) (*worker.Run, error) {
	run := s.Run()
	run.Count = 1
	j := &run.Job
	j.Again = true
	j.Recipe.Changes = r.Changes // with the grafts' parents
	for _, c := range r.Changes {
		to, err := c.Request(nil, func(g recipe.Graft, _ int) (engine.Tensor, error) {
			if x, ok := grafted[g.X]; ok {
				return x, nil
			}
			return engine.Tensor{}, errGraft
		})
		if err != nil {
			return nil, err
		}
		j.Request.Changes = append(j.Request.Changes, to)
	}
	j.Request.Variation, j.Request.VariationSeed = r.Variation, r.VariationSeed // which no setting keeps
	j.Recipe.Variation, j.Recipe.VariationSeed = r.Variation, r.VariationSeed
	return run, nil
}
