package app

import (
	"cmp"
	"fmt"
	"image"
	"image/draw"
	"path/filepath"
	"strings"
	"time"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/style"
	"nirvana/engine"
)

// Recipe is everything needed to make a picture again; see package recipe.
type Recipe = recipe.Recipe

// recipe of a job, with the first seed.
func (s *Studio) recipe(j *job.Job) Recipe {
	r := recipe.Of(j.Request, s.Facts)
	r.Software, r.Made = recipe.Software(s.options.Version), s.now().UTC().Format(time.RFC3339)
	r.Model, r.ModelHash, r.Mode = j.Model.Name, s.Facts.Hash, j.Mode.String()
	r.Styles = style.Names(s.Settings.Styles)
	if j.Refiner.Dir != "" {
		r.Refiner, r.RefinerAt = j.Refiner.Name, j.RefineAt
	}
	return r
}

// Use puts a recipe into the settings: everything, with the seed locked. The next
// run that asks for the same is held against it, see verdict.
func (s *Studio) Use(r Recipe) {
	s.used = &r
	s.sized = s.sized || r.Steps > 0 && r.Width > 0 && r.Height > 0 // a model that is opened later leaves them
	s.useMask(r)
	q, err := r.Request(s.Facts)
	if err != nil { // scheduler settings, which no control shows
		q.Scheduler = nil
	}
	if r.Steps > 0 {
		q.Steps = r.Steps
	}
	s.Set(func(t *Settings) {
		t.Take(q)
		t.Prompt, t.Locked, t.BestOf = called(r), true, 1 // its seed is chosen already
		if r.MaskHash != "" {
			t.SoftMask, t.Match = r.Soft, r.Match
			if r.Feather > 0 {
				t.Feather = r.Feather
			}
		}
		s.useKind(t, r)
		if len(q.ClassLabels) > 0 {
			t.Class = q.ClassLabels[0]
		}
		if m, ok := s.find(r.Model); ok && r.Model != "" {
			t.Model = m.Name
		}
	})
	if d := s.Document; d.Picture != nil {
		if f, ok := frameOf(r, d.Picture.Rect); ok {
			d.SetFrame(f)
		}
	}
}

// called is a recipe's prompt with the LoRAs that were given beside it, as a prompt calls them.
func called(r Recipe) string {
	text := r.Prompt
	for _, l := range r.LoRAs {
		name := strings.TrimSuffix(filepath.Base(filepath.ToSlash(l.Name)), ".safetensors")
		if !strings.Contains(text, "<lora:"+name+":") && !strings.Contains(text, "<lora:"+name+">") {
			text += fmt.Sprintf(" <lora:%s:%g>", name, l.Weight)
		}
	}
	return text
}

// useMask lays a recipe's mask where it fits: over the frame, or over the whole picture. It can be undone.
func (s *Studio) useMask(r Recipe) {
	d := s.Document
	m, err := r.MaskPicture()
	if err != nil || m == nil || d.Picture == nil {
		s.Fail("The mask cannot be loaded", err, "", nil)
		return
	}
	at := d.Frame
	if f, ok := frameOf(r, d.Picture.Rect); ok {
		at = f
	}
	if m.Rect.Size() != at.Size() {
		at = d.Picture.Rect
	}
	if m.Rect.Size() != at.Size() {
		return
	}
	whole := image.NewGray(d.Picture.Rect)
	draw.Draw(whole, at, m, m.Rect.Min, draw.Src)
	d.SetMask("use settings", whole)
}

// frameOf is where in a picture a recipe's run drew, where it says so and that lies in it.
func frameOf(r Recipe, picture image.Rectangle) (image.Rectangle, bool) {
	if len(r.Frame) != 4 {
		return image.Rectangle{}, false
	}
	f := image.Rect(0, 0, r.Frame[2], r.Frame[3]).Add(image.Pt(r.Frame[0], r.Frame[1]))
	return f, !f.Empty() && f.In(picture)
}

// UsePrompt takes the texts alone.
func (s *Studio) UsePrompt(r Recipe) {
	s.Set(func(t *Settings) { t.Prompt, t.Negative, t.Styles = r.Prompt, r.Negative, nil })
}

// UseSeed locks the recipe's seed.
func (s *Studio) UseSeed(r Recipe) {
	s.Set(func(t *Settings) { t.Seed, t.Locked = r.Seed, true })
}

// sameSampler says whether a recipe's sampler is that of a request; "" is the open model's own in both.
func (s *Studio) sameSampler(r Recipe, q *engine.Request) bool {
	own := s.Facts.Sampler
	a, _ := engine.CanonicalNames(cmp.Or(r.Sampler, own), "")
	b, _ := engine.CanonicalNames(cmp.Or(q.Sampler, own), "")
	return a == b
}

// walk is the noise of the steps: the setting's, and with a recipe in use what no control shows,
// as long as sampler, steps and churn are still the recipe's.
func (s *Studio) walk(q *engine.Request) {
	q.Churn.Amount = s.Settings.Churn
	used := s.used
	if used == nil || !s.sameSampler(*used, q) || used.Steps != q.Steps || used.SChurn != s.Settings.Churn {
		return
	}
	q.Churn, q.EtaAncestral = used.Churn(), used.EtaAncestral
	q.Timesteps, q.Sigmas = used.Timesteps, used.Sigmas
}
