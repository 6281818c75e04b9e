package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"strings"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/schedule"
	"nirvana/models"
)

// save writes a finished picture with its recipe.
func (o *options) save(env Env, m *Opened, f models.Folder, j *job, r engine.Request, made *image.RGBA, path string, took time.Duration) error {
	rec, err := o.recipe(env, m, f, j, r, took)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, j.finish(made)); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	data, err := recipe.Embed(buf.Bytes(), rec)
	if err != nil {
		return err
	}
	return pixel.WriteFile(path, data)
}

func (o *options) recipe(env Env, m *Opened, f models.Folder, j *job, r engine.Request, took time.Duration) (recipe.Recipe, error) {
	w, h, _, _, err := m.Plan(r)
	if err != nil {
		return recipe.Recipe{}, err
	}
	facts := m.Facts()
	rec := recipe.Recipe{Mode: j.mode, Prompt: r.Prompt, Negative: r.Negative, Syntax: r.Syntax, Model: f.Name, ModelHash: f.Identity,
		Sampler: r.Sampler, Schedule: r.Schedule, Settings: j.settings, Steps: r.Steps, Eta: r.Eta, Guidance: r.Guidance, Rescale: r.GuidanceRescale, Draft: r.Draft,
		Strength: r.Strength, ClipSkip: r.ClipSkip, Seed: r.Seed, RNG: r.RNG, Width: w, Height: h, Content: r.Content,
		Software: "nirvana " + env.Version, Runtime: "ONNX Runtime " + m.Runtime + ", " + m.Device, Made: time.Now().UTC().Format(time.RFC3339), Seconds: took.Seconds()}
	if rec.Sampler == "" && j.settings == nil {
		rec.Sampler = facts.Sampler
	}
	rec.Curve = r.GuidanceCurve
	if r.GuidanceUntil > 0 {
		rec.Interval = []float32{r.GuidanceFrom, r.GuidanceUntil}
	}
	if rec.Steps == 0 {
		rec.Steps = facts.Steps
	}
	if rec.Guidance == 0 {
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

// fromRecipe fills in what no flag has set.
func (o *options) fromRecipe() error {
	r, err := readRecipe(o.recipeFile)
	if err != nil {
		return err
	}
	o.syntaxOff = !r.Syntax
	set := func(name string, apply func()) {
		if !o.set[name] {
			apply()
		}
	}
	set("prompt", func() { o.prompt = r.Prompt })
	set("negative", func() { o.negative = r.Negative })
	set("model", func() { o.model = r.Model })
	set("sampler", func() { o.sampler = r.Sampler })
	set("schedule", func() { o.schedule = r.Schedule })
	set("steps", func() { o.steps = r.Steps })
	set("guidance", func() { o.guidance = float64(r.Guidance) })
	set("guidance-interval", func() { o.interval = joined(r.Interval) })
	set("guidance-curve", func() { o.curve = joined(r.Curve) })
	set("draft", func() { o.draft = r.Draft })
	set("guidance-rescale", func() { o.rescale = float64(r.Rescale) })
	set("eta", func() { o.eta = float64(r.Eta) })
	set("seed", func() { o.seed = int64(r.Seed) })
	set("clip-skip", func() { o.clipSkip = r.ClipSkip })
	set("class", func() { o.class = r.Class })
	set("masked-content", func() { o.content = r.Content })
	set("size", func() { o.width, o.height = r.Width, r.Height })
	set("rng", func() {
		if r.RNG != "" {
			o.rng = r.RNG
		}
	})
	set("strength", func() {
		if o.initFile != "" {
			o.strength = float64(r.Strength)
		}
	})
	if !o.set["scheduler"] && len(r.Settings) > 0 {
		o.settings = r.Settings
	}
	return nil
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

func joined(v []float32) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(v)), ","), "[]")
}
