package app

import (
	"os"
	"slices"
	"strings"
	"time"

	"nirvana/app/recipe"
)

// Recipe is everything needed to make a picture again; see package recipe.
type Recipe = recipe.Recipe

// recipe of a job, with the first seed.
func (s *Studio) recipe(j *job) Recipe {
	q := j.request
	r := Recipe{Version: recipe.Version, Software: strings.TrimSpace("Nirvana " + s.options.Version), Made: s.now().UTC().Format(time.RFC3339),
		Model: j.model.Name, ModelHash: s.Facts.Hash, Mode: j.mode.String(), Prompt: q.Prompt, Negative: q.Negative, Syntax: q.Syntax,
		Width: q.Width, Height: q.Height, Seed: q.Seed, RNG: q.RNG, Variation: q.Variation, VariationSeed: q.VariationSeed,
		Steps: q.Steps, Sampler: q.Sampler, Schedule: q.Schedule, Guidance: q.Guidance, Rescale: q.GuidanceRescale, Draft: q.Draft,
		Eta: q.Eta, ClipSkip: q.ClipSkip}
	if len(q.ClassLabels) > 0 && q.ClassLabels[0] < len(s.Facts.Classes) {
		r.Class = s.Facts.Classes[q.ClassLabels[0]]
	}
	if q.Init != nil {
		r.Strength = q.Strength
	}
	if q.Mask != nil {
		r.Content = q.Content
	}
	return r
}

// Use puts a recipe into the settings: everything, with the seed locked. The next
// run that asks for the same is held against it, see verdict.
func (s *Studio) Use(r Recipe) {
	s.used = &r
	s.Set(func(t *Settings) {
		t.Prompt, t.Negative = r.Prompt, r.Negative
		t.Seed, t.Locked = int64(r.Seed), true
		t.Draft = r.Draft
		t.Sampler, t.Schedule, t.Eta, t.ClipSkip, t.GuidanceRescale = r.Sampler, r.Schedule, r.Eta, r.ClipSkip, r.Rescale
		if r.RNG != "" {
			t.RNG = r.RNG
		}
		if r.Steps > 0 {
			t.Steps = r.Steps
		}
		if r.Guidance > 0 {
			t.Guidance = r.Guidance
		}
		if r.Width > 0 && r.Height > 0 {
			t.Width, t.Height = r.Width, r.Height
		}
		if r.Strength > 0 {
			t.Strength = r.Strength
		}
		if r.Content != "" {
			t.Content = r.Content
		}
		if i := slices.Index(s.Facts.Classes, r.Class); i >= 0 {
			t.Class = i
		}
		if m, ok := s.find(r.Model); ok && r.Model != "" {
			t.Model = m.Name
		}
	})
}

// UsePrompt takes the texts alone.
func (s *Studio) UsePrompt(r Recipe) {
	s.Set(func(t *Settings) { t.Prompt, t.Negative = r.Prompt, r.Negative })
}

// UseSeed locks the recipe's seed.
func (s *Studio) UseSeed(r Recipe) {
	s.Set(func(t *Settings) { t.Seed, t.Locked = int64(r.Seed), true })
}

// RecipeIn reads the recipe that a picture file carries; false where there is none.
func RecipeIn(path string) (Recipe, bool) {
	f, ok := FoundIn(path)
	return f.Recipe, ok
}

// FoundIn reads the recipe of a picture file with the program that wrote it and what cannot be carried over.
func FoundIn(path string) (recipe.Found, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return recipe.Found{}, false
	}
	f, err := recipe.Read(data)
	return f, err == nil
}
