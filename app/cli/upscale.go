package cli

import (
	"context"
	"image"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/models"
	"nirvana/models/listing"
)

// enlargement parses --upscale: the upscaler's file and the factor, 0 for its own. Errors are reported before a model is
// opened.
func (o *options) enlargement() (file string, factor float32, err error) {
	if o.set["refine"] && o.upscale == "" {
		return "", 0, wrong("--refine draws again what --upscale enlarged: give --upscale FILE too")
	}
	if o.set["refine"] && !(o.refine > 0 && o.refine <= 1) {
		return "", 0, wrong("--refine %g is outside 0 to 1; 0.25 is usual", o.refine)
	}
	if o.upscale == "" {
		return "", 0, nil
	}
	if file = o.upscale; !exists(file) {
		if file, factor, err = weighted(strings.TrimSuffix(o.upscale, "x")); err != nil || !exists(file) {
			return "", 0, wrong("--upscale %s: the file is not there, nor an upscaler of this name in the model folders; write FILE or FILE:FACTOR", o.upscale)
		}
		if !(factor >= 0.25 && factor <= 16) {
			return "", 0, wrong("--upscale %s: factors from 0.25 to 16 are possible", o.upscale)
		}
	}
	switch card := listing.Read(file); {
	case card.Fault != "":
		return "", 0, fault.NoModel.Errorf("--upscale: %s", card.Fault)
	case card.Kind != listing.Upscaler:
		_, err := models.Upscaler(file)
		return "", 0, fault.NoModel.Errorf("--upscale: %w", err)
	}
	return file, factor, nil
}

// enlarged is a picture enlarged by the upscaler of --upscale.
func (o *options) enlarged(ctx context.Context, env Env, img *image.RGBA) (*image.RGBA, error) {
	file, factor, err := o.enlargement()
	if err != nil {
		return nil, err
	}
	u, closeIt, err := env.Upscaler(file, OpenOptions{Device: o.device, Threads: o.threads})
	if err != nil {
		return nil, err
	}
	defer closeIt()
	return u.Upscale(ctx, img, float64(factor), nil)
}

// upscaled applies --upscale and --refine to the finished picture, and notes in its recipe what that came to.
func (o *options) upscaled(ctx context.Context, env Env, m *Opened, r engine.Request, img image.Image, rec *recipe.Recipe) (image.Image, error) {
	if rec.Upscale == nil {
		return img, nil
	}
	small := pixel.Packed(img)
	large, err := o.enlarged(ctx, env, small)
	if err != nil {
		return nil, err
	}
	made := large
	if o.refine > 0 {
		if made, err = o.refined(ctx, m, r, large); err != nil {
			return nil, err
		}
	}
	rec.Upscale = rec.Upscale.From(small, large, made)
	return made, nil
}

// refined is an enlarged picture denoised at the strength of --refine, in overlapping windows of the model's size.
func (o *options) refined(ctx context.Context, m *Opened, r engine.Request, large *image.RGBA) (*image.RGBA, error) {
	var made *image.RGBA
	for s, err := range m.Generate(ctx, task.Refining(r, m.Facts(), large, o.refine)) {
		if err != nil {
			return nil, err
		}
		if s.Pictures != nil {
			made = s.Pictures[0]
		}
	}
	if made == nil {
		return large, nil
	}
	return task.Refined(made, large), nil
}
