package compose

import (
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// Strengths of Varied: how much of another noise is mixed in.
const (
	Subtle = 0.15
	Strong = 0.45
)

// follow is a run that starts from a candidate's job.
func follow(c *tray.Candidate, how string, count int, change func(*job.Job)) *worker.Run {
	j := c.Job
	change(&j)
	j.Recipe.Variation, j.Recipe.VariationSeed = j.Request.Variation, j.Request.VariationSeed
	j.Recipe.Strength = j.Request.Strength
	j.Recipe.Origin = recipe.From(&c.Recipe, how)
	return &worker.Run{Mode: j.Mode, Frame: c.Frame, Prompt: j.Recipe.Prompt, Seed: j.Request.Seed, Count: count, Job: j}
}

// Varied makes count variations of a candidate: its noise mixed with the noise of other seeds, by spherical
// interpolation.
func Varied(c *tray.Candidate, count int, strength float32, seed uint64) *worker.Run {
	return follow(c, "variation", count, func(j *job.Job) {
		j.Request.Variation, j.Request.VariationSeed = min(max(strength, 0), 1), seed
	})
}

// seamBand is how far on each side of the mask's edge SeamFixed paints, px.
const seamBand = 12

// SeamFixed denoises a band along the mask's edge of a candidate again, in the last steps only; nil if there is no
// edge. The result is a separate candidate, whose seam is measured along the same edge.
func SeamFixed(c *tray.Candidate) *worker.Run {
	edge, was := c.Job.Boundary()
	if edge == nil {
		return nil
	}
	return follow(c, "seam", 1, func(j *job.Job) {
		j.Edge, j.Was = edge, was
		j.Onto, j.Base = c.Alpha, c.Picture
		for _, change := range j.Request.Changes { // they are in the picture
			j.Request = change.Apply(j.Request)
		}
		j.Request.Changes, j.Recipe.Changes = nil, nil
		j.Request.Strength, j.Request.Content, j.Request.Soft = 0.35, "original", false
		j.Feather = seamBand / 2
		j.Then(job.Input{Kind: job.Seam, Overlap: seamBand})
	})
}
