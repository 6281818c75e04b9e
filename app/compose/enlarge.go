package compose

import (
	"image"
	"path/filepath"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// MostEnlarged is the longest side of an enlarged picture, px.
const MostEnlarged = 8192

// ErrTooLarge means that an enlarged picture would be too large.
var ErrTooLarge = fault.Settings.Errorf("sides of at most %d px can be made: crop it first", MostEnlarged)

// Enlarged resizes a picture by a factor, and denoises it at low strength in overlapping windows. If kept, it becomes
// the document.
func (s Scene) Enlarged(img *image.RGBA, factor int) (*worker.Run, error) {
	if img.Rect.Dx()*factor > MostEnlarged || img.Rect.Dy()*factor > MostEnlarged {
		return nil, ErrTooLarge
	}
	m := task.Multiple(s.Facts)
	return s.EnlargedTo(img, image.Pt(task.Snap(img.Rect.Dx()*factor, m), task.Snap(img.Rect.Dy()*factor, m)), task.Refinement), nil
}

// EnlargedTo is Enlarged to a size, denoised at a strength.
func (s Scene) EnlargedTo(img *image.RGBA, size image.Point, strength float32) *worker.Run {
	r := s.denoised(size, strength)
	r.Job.Request.Window = max(s.Facts.Width, s.Facts.Height)
	r.Job.Then(job.Input{Kind: job.Whole, Picture: func() *image.RGBA { return img }}) // the engine enlarges it
	return r
}

// Before reports whether a picture is the one that a recipe's was enlarged from.
func Before(r recipe.Recipe, img *image.RGBA) bool {
	if r.Interpolates() {
		img = pixel.Flatten(img, image.White) // as it was begun from
	}
	return recipe.Hash(img.Rect, img.Pix) == r.Before()
}

// denoised is a run that denoises an enlarged picture of a size at a strength.
func (s Scene) denoised(size image.Point, strength float32) *worker.Run {
	r := s.Run()
	j := &r.Job
	r.Mode, r.Count, r.Frame = task.ImageToImage, 1, image.Rectangle{Max: size}
	j.Mode, j.Frame, j.Base, j.Mask, j.Replaces = task.ImageToImage, r.Frame, nil, nil, true
	j.Request.Width, j.Request.Height, j.Request.Changes, j.Later = size.X, size.Y, nil, nil
	j.Request.Control, j.Request.Strength = nil, strength
	j.Recipe.Width, j.Recipe.Height, j.Recipe.Strength, j.Recipe.Mode = size.X, size.Y, strength, recipe.Upscaled
	return r
}

// Upscaled enlarges a picture with an upscaler and, where that is wanted, denoises the result in overlapping windows with
// the settings. of is the picture's recipe, nil if unknown; exact: it made the picture as it is. If kept, the result
// becomes the document.
func (s Scene) Upscaled(img *image.RGBA, by job.Enlarge, of *recipe.Recipe, exact bool) (*worker.Run, error) {
	size := engine.UpscaledSize(img.Rect.Size(), float64(by.Factor))
	if max(size.X, size.Y) > MostEnlarged || min(size.X, size.Y) < 1 {
		return nil, ErrTooLarge
	}
	var r *worker.Run
	if by.Refine > 0 {
		r = s.denoised(size, by.Refine)
		r.Job.BestOf, r.Job.Refiner, r.Job.Recipe.Refiner, r.Job.Recipe.RefinerAt = 0, library.Model{}, "", 0
	} else {
		r = s.enlargedOnly(size, of, exact)
	}
	j := &r.Job
	j.Enlarge = &by
	j.Recipe.Upscale = &recipe.Upscale{Upscaler: recipe.Base(filepath.ToSlash(by.File)), Factor: by.Factor, Refine: by.Refine}
	j.Recipe.Origin = recipe.From(of, recipe.Upscaled)
	j.Then(job.Input{Kind: job.Small, Picture: func() *image.RGBA { return img }})
	return r, nil
}

// enlargedOnly is a run without a model. Its recipe is that of the picture where that is exact, or else describes it.
func (s Scene) enlargedOnly(size image.Point, of *recipe.Recipe, exact bool) *worker.Run {
	made := recipe.Recipe{Mode: recipe.Upscaled, Width: size.X, Height: size.Y}
	switch {
	case of != nil && exact:
		made = *of
		made.Grid = nil
	case of != nil:
		made.Prompt, made.Negative, made.Model, made.ModelHash, made.Seed = of.Prompt, of.Negative, of.Model, of.ModelHash, of.Seed
	}
	made.Software, made.Made, made.Seconds = s.Software, s.Made, 0
	r := &worker.Run{Mode: task.ImageToImage, Frame: image.Rectangle{Max: size}, Prompt: made.Prompt, Seed: made.Seed, Count: 1}
	r.Job = job.Job{Mode: r.Mode, Frame: r.Frame, Model: s.Model, Recipe: made, Replaces: true}
	r.Job.Request.Width, r.Job.Request.Height, r.Job.Request.Seed = size.X, size.Y, made.Seed
	return r
}
