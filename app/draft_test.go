package app

import (
	"encoding/json"
	"testing"
	"time"

	"nirvana/app/job"
	"nirvana/engine"
)

// The draft of few steps is what runs, what recipes say, what the journal keeps and what "use settings" brings back;
// steps and guidance that are set stay for the runs without it.
func TestDraft(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["a"].facts = func(f *engine.Facts) { f.Steps, f.Draft = 25, engine.Draft{Steps: 4, Guidance: 1} }
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) {
			s.Draft, s.Steps, s.Guidance, s.Sampler, s.Seed, s.Locked = true, 30, 6, "Euler a", 7, true
		})
		b.Generate()
		b.after(8 * time.Second)
		asked := b.models["a"].asked[0]
		if !asked.Draft || asked.Steps != 4 || asked.Guidance != 1 || asked.Sampler != "" || len(b.Tray.Candidates) != 1 {
			t.Fatalf("%+v, %d candidates", asked, len(b.Tray.Candidates))
		}
		c := b.Tray.Candidates[0]
		if r := c.Recipe; !r.Draft || r.Steps != 4 || r.Guidance != 1 || r.Sampler != "" {
			t.Errorf("the recipe says %+v", r)
		}
		data, err := json.Marshal(job.Saved{Request: c.Job.Request})
		var back job.Saved
		if err != nil || json.Unmarshal(data, &back) != nil || !back.Request.Draft {
			t.Errorf("the journal keeps %s, %v", data, err)
		}
		b.Set(func(s *Settings) { s.Draft = false })
		b.Use(c.Recipe)
		if s := b.Settings; !s.Draft || s.Steps != 30 || s.Guidance != 6 || s.Sampler != "Euler a" {
			t.Errorf("use settings leaves %+v", s)
		}
		b.Generate()
		b.after(8 * time.Second)
		if last := b.Tray.Candidates[len(b.Tray.Candidates)-1].Recipe; !last.Draft || last.Seed != 7 {
			t.Errorf("made again: %+v", last)
		}
		b.Use(Recipe{Steps: 12, Guidance: 2, Sampler: "DDIM"})
		if s := b.Settings; s.Draft || s.Steps != 12 || s.Guidance != 2 || s.Sampler != "DDIM" {
			t.Errorf("a whole run's recipe leaves %+v", s)
		}
		b.Tray.Keep()
		b.Set(func(s *Settings) { s.Draft, s.Strength = true, 0.1 })
		if b.Plan() != "Repaint the picture, 1 of 4 steps" || b.Scene().Run().Job.Request.Strength < 0.25 {
			t.Errorf("%q at strength %g", b.Plan(), b.Scene().Run().Job.Request.Strength)
		}
		b.Set(func(s *Settings) { s.Draft, s.Steps = false, 1 })
		if q := b.Scene().Run().Job.Request; q.Strength > 1 {
			t.Errorf("one step at strength %g", q.Strength)
		}
		b.Set(func(s *Settings) { s.Model = "B" })
		b.after(time.Second)
		if b.Scene().Drafts() {
			t.Error("a model without few steps drafts")
		}
	})
}

// Another model takes its own size, steps and guidance where those of the one before were left as they were.
func TestSettingsFollowTheModel(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["b"].facts = func(f *engine.Facts) { f.Name, f.Width, f.Height, f.Steps, f.Guidance = "pixels", 32, 32, 250, 2 }
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Guidance = 5 })
		b.Open("B")
		b.settle()
		if s := b.Settings; s.Width != 32 || s.Height != 32 || s.Steps != 250 || s.Guidance != 5 || b.Document.Frame.Dx() != 32 {
			t.Errorf("%d x %d, %d steps, guidance %g; guidance 5 was set", s.Width, s.Height, s.Steps, s.Guidance)
		}
		b.Document.Set(noisy(64, 64, 1))
		b.Set(func(s *Settings) { s.Width, s.Height = 32, 32 })
		b.Open("A")
		b.settle()
		if s := b.Settings; s.Width != 32 || s.Steps != 4 {
			t.Errorf("with a picture: %d wide, %d steps", s.Width, s.Steps)
		}
	})
}
