package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/schedule"
	"nirvana/models"
)

// save writes a finished picture with its recipe, and says whether it came out as the recipe that it was made from.
func (o *options) save(ctx context.Context, env Env, m *Opened, f models.Folder, j *job, r engine.Request, made *image.RGBA, path string, took time.Duration, trail recipe.Trail) error {
	rec, err := o.recipe(env, m, f, j, r, took)
	if err != nil {
		return err
	}
	trail.Into(&rec)
	var buf bytes.Buffer
	whole, err := o.upscaled(ctx, env, j.finish(made))
	if err != nil {
		return err
	}
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
	w, h, _, _, err := m.Plan(r)
	if err != nil {
		return recipe.Recipe{}, err
	}
	facts := m.Facts()
	rec := recipe.Recipe{Mode: j.mode, Prompt: r.Prompt, Negative: r.Negative, Syntax: r.Syntax, Model: f.Name, ModelHash: f.Identity,
		Sampler: r.Sampler, Schedule: r.Schedule, Settings: j.settings, Steps: r.Steps, Eta: r.Eta, Guidance: r.Guidance, Rescale: r.GuidanceRescale, Draft: r.Draft, FewSteps: r.FewSteps,
		Strength: r.Strength, ClipSkip: r.ClipSkip, Seed: r.Seed, RNG: r.RNG, Width: w, Height: h, Content: r.Content,
		Software: "nirvana " + env.Version, Runtime: "ONNX Runtime " + m.Runtime + ", " + m.Device, Made: time.Now().UTC().Format(time.RFC3339), Seconds: took.Seconds()}
	rec.SetPrompts(r)
	if rec.Sampler == "" && j.settings == nil && !r.FewSteps {
		rec.Sampler = facts.Sampler
	}
	if o.bestOf > 1 {
		rec.BestOf, rec.Score = o.bestOf, o.score
	}
	rec.Variation, rec.VariationSeed, rec.ImageGuidance = r.Variation, r.VariationSeed, r.ImageGuidance
	o.rememberKinds(&rec, r)
	if err := j.remember(&rec, o); err != nil {
		return rec, err
	}
	rec.Curve, rec.CFGPlusPlus, rec.PerpNeg = r.GuidanceCurve, r.CFGPlusPlus, r.PerpNeg
	rec.EtaAncestral, rec.Timesteps, rec.Sigmas = r.EtaAncestral, r.Timesteps, r.Sigmas
	rec.SetChurn(r.Churn)
	if r.GuidanceUntil > 0 {
		rec.Interval = []float32{r.GuidanceFrom, r.GuidanceUntil}
	}
	if rec.Steps == 0 {
		rec.Steps = facts.Steps
	}
	if rec.Guidance == 0 && r.CFGPlusPlus {
		rec.Guidance = engine.PlusGuidance
	} else if rec.Guidance == 0 {
		rec.Guidance = facts.Guidance
	}
	if len(r.ClassLabels) > 0 && len(facts.Classes) > r.ClassLabels[0] {
		rec.Class = facts.Classes[r.ClassLabels[0]]
	}
	for _, l := range o.loras {
		if file, weight, err := weighted(l); err == nil {
			rec.LoRAs = append(rec.LoRAs, recipe.LoRA{Name: file, Weight: weight})
		}
	}
	return rec, nil
}

// schedulerFile reads --scheduler, or what a recipe brought.
func (o *options) schedulerFile() (*schedule.Config, json.RawMessage, error) {
	data := []byte(o.settings)
	if o.scheduler != "" {
		var err error
		if data, err = os.ReadFile(o.scheduler); err != nil {
			return nil, nil, fmt.Errorf("--scheduler: %w", err)
		}
	}
	if len(data) == 0 {
		return nil, nil, nil
	}
	c, err := schedule.ParseConfig(data)
	if err != nil {
		return nil, nil, fmt.Errorf("--scheduler %s: %w", o.scheduler, err)
	}
	var raw json.RawMessage
	if json.Valid(data) {
		raw = data
	}
	return &c, raw, nil
}
