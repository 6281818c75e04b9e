package app

import (
	"fmt"
	"image"

	"nirvana/app/job"
	"nirvana/app/task"
)

// Strengths of Vary: how much of another noise is blended in.
const (
	Subtle = 0.15
	Strong = 0.45
)

// follow queues a run that starts from what made a candidate.
func (s *Studio) follow(c *Candidate, count int, change func(*job.Job)) {
	j := c.Job
	if j.Model.Dir == "" {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), j.Model.Name), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		return
	}
	change(&j)
	j.Recipe.Variation, j.Recipe.VariationSeed = j.Request.Variation, j.Request.VariationSeed
	j.Recipe.Strength = j.Request.Strength
	s.submit(&Run{Mode: j.Mode, Frame: c.Frame, Prompt: j.Recipe.Prompt, Seed: j.Request.Seed, Count: count, Job: j})
}

// Vary makes more of a candidate: its noise blended with others by spherical interpolation.
func (s *Studio) Vary(c *Candidate, strength float32) {
	s.follow(c, s.Settings.Count, func(j *job.Job) {
		j.Request.Variation, j.Request.VariationSeed = min(max(strength, 0), 1), s.options.Draw()
	})
}

// seamBand is how far on each side of the mask's edge FixSeam paints, px.
const seamBand = 12

// FixSeam denoises a band along the mask's edge of a candidate again, for the
// last steps only. The result is a candidate of its own, and its seam the same line's.
func (s *Studio) FixSeam(c *Candidate) {
	edge, was := c.Job.Boundary()
	if edge == nil {
		return
	}
	s.follow(c, 1, func(j *job.Job) {
		j.Edge, j.Was = edge, was
		j.Onto, j.Base = c.Alpha, c.Picture
		j.Request.Strength, j.Request.Content, j.Request.Soft = 0.35, "original", false
		j.Feather = seamBand / 2
		j.Then(job.Input{Kind: job.Seam, Overlap: seamBand})
	})
}

// UseAsPicture makes a candidate alone the document.
func (s *Studio) UseAsPicture(c *Candidate) {
	s.Tray.Clear()
	s.Document.Set(c.Picture)
	s.Document.Recipe = &c.Recipe
}

// enlarging is the strength: enough to sharpen, too little to draw something new into a window.
const enlarging = 0.25

// Upscale queues an enlargement of what is shown: resized, then denoised at low
// strength in overlapping windows. Kept, it becomes the document.
func (s *Studio) Upscale(factor int) {
	img, _ := s.Shown()
	info, ok := s.Chosen()
	const most = 8192
	switch {
	case img == nil || !ok:
		s.notify(&Notice{Headline: s.say("There is nothing to enlarge yet"), Advice: s.say("Generate or open a picture first.")})
		return
	case img.Rect.Dx()*factor > most || img.Rect.Dy()*factor > most:
		s.notify(&Notice{Headline: s.say("The picture would become too large"), Advice: s.say("Sides of at most 8192 px can be made: crop it first.")})
		return
	}
	r := s.prepare(info)
	m := s.Multiple()
	w, h := task.Snap(img.Rect.Dx()*factor, m), task.Snap(img.Rect.Dy()*factor, m)
	j := &r.Job
	r.Mode, r.Count, r.Frame = ImageToImage, 1, image.Rect(0, 0, w, h)
	j.Mode, j.Frame, j.Base, j.Mask, j.Replaces = ImageToImage, r.Frame, nil, nil, true
	j.Request.Width, j.Request.Height, j.Later = w, h, nil
	j.Then(job.Input{Kind: job.Whole, Picture: func() *image.RGBA { return img }}) // the engine enlarges it
	j.Request.Control, j.Request.Strength, j.Request.Window = nil, enlarging, max(s.Facts.Width, s.Facts.Height)
	j.Recipe.Width, j.Recipe.Height, j.Recipe.Strength, j.Recipe.Mode = w, h, enlarging, "upscale"
	s.submit(r)
}
