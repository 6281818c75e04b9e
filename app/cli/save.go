package cli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/schedule"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// save writes what a model made as a finished picture, with its recipe.
func (o *options) save(ctx context.Context, env Env, m *Opened, f models.Folder, j *job, r engine.Request, made *image.RGBA, path string, took time.Duration, trail recipe.Trail) error {
	rec, err := o.recipe(env, m, f, j, r, took)
	if err != nil {
		return err
	}
	trail.Into(&rec)
	whole, err := o.whole(ctx, env, m, j, r, made, &rec)
	if err != nil {
		return err
	}
	return o.write(ctx, env, rec, whole, path)
}

// whole is the finished picture of what a model made; its recipe notes how it was enlarged.
func (o *options) whole(ctx context.Context, env Env, m *Opened, j *job, r engine.Request, made *image.RGBA, rec *recipe.Recipe) (image.Image, error) {
	if j.large == nil {
		return o.upscaled(ctx, env, m, r, j.finish(made), rec)
	}
	made = task.Refined(made, j.large)
	j.noteEnlarged(rec, made)
	return made, nil
}

// write writes a finished picture with its recipe, and reports whether it matches the recipe in use.
func (o *options) write(ctx context.Context, env Env, rec recipe.Recipe, whole image.Image, path string) error {
	whole, err := o.withoutBackground(ctx, env, whole)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, whole); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	data, err := recipe.Embed(buf.Bytes(), rec)
	if err != nil {
		return err
	}
	if err := pixel.WriteFile(path, data); err != nil {
		return err
	}
	o.verdict(env, rec)
	return nil
}

func (o *options) recipe(env Env, m *Opened, f models.Folder, j *job, r engine.Request, took time.Duration) (recipe.Recipe, error) {
	w, h, _, _, err := m.Plan(o.begun(m, j, r))
	if err != nil {
		return recipe.Recipe{}, err
	}
	rec := recipe.Of(r, m.Facts())
	rec.ReadPictures(r)
	rec.Width, rec.Height = w, h
	if o.bestOf > 1 {
		rec.BestOf, rec.Score = o.bestOf, o.score
	}
	rec.Mode, rec.Model, rec.ModelHash, rec.Embeddings = j.mode.String(), f.Name, f.Identity, bases(o.embeddings)
	rec.Software, rec.Runtime = recipe.Software(env.Version), "ONNX Runtime "+m.Runtime+", "+m.Device
	rec.Made, rec.Seconds = time.Now().UTC().Format(time.RFC3339), took.Seconds()
	rec.VAE, rec.TextEncoders = bases(o.vaes), bases(o.texts)
	rec.Upscale = o.upscaleRecipe()
	rec.Styles, rec.Grid = o.usedStyles(), o.place
	if o.second != nil {
		rec.Refiner, rec.RefinerAt = o.refiner, o.refinerAt
	}
	for _, l := range o.loras {
		if file, weight, err := weighted(l); err == nil {
			rec.LoRAs = append(rec.LoRAs, recipe.LoRA{Name: recipe.Base(file), Weight: weight})
		}
	}
	if err := rec.SetChanges(r.Changes, o.strokePixels, o.parents(r)); err != nil {
		return rec, err
	}
	if err := j.remember(&rec, o); err != nil {
		return rec, err
	}
	o.wasEnlarged(&rec, j)
	return rec, nil
}

// schedulerFile reads --scheduler.
func (o *options) schedulerFile() error {
	if o.scheduler == "" {
		return nil
	}
	data, err := wholefile.ReadMost(o.scheduler, mostConfig)
	if err != nil {
		return fmt.Errorf("--scheduler: %w", err)
	}
	c, err := schedule.ParseConfig(data)
	if err != nil {
		return fmt.Errorf("--scheduler %s: %w", o.scheduler, err)
	}
	o.request.Scheduler = &c
	return nil
}
