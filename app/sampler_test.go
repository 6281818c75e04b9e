package app

import (
	"slices"
	"testing"

	"nirvana/engine"
)

// Whatever name a recipe has for a sampler, the settings have the menus' after a model is open and after a restart,
// and "" for the model's own: a list that lacks the name would show nothing as chosen.
func TestSamplersHaveTheMenusNames(t *testing.T) {
	var menu []string
	for _, s := range engine.Samplers() {
		menu = append(menu, s.Name)
	}
	home := t.TempDir()
	c := studioAt(t, home)
	own := engine.Facts{}
	for i, r := range []Recipe{{Sampler: "DPM++ 2M Karras"}, {Sampler: "k_euler_ancestral"}, {Sampler: "UniPCMultistepScheduler"}, {Sampler: "sample_heun", Schedule: "sgm_uniform"}, {}} {
		r.Prompt, r.Steps, r.Width, r.Height = "x", 3, 48, 40
		if i > 0 && r.Sampler == "" {
			r.Sampler = own.Sampler
		}
		c.Use(r) // the first while no model is open
		if i == 0 {
			c.Open("tiny")
			c.until(func() bool { return c.Facts.Name != "" })
			own = c.Facts
			if own.Sampler == "" {
				t.Fatal("the model has no sampler of its own")
			}
		}
		sampler, schedule := c.Settings.Sampler, c.Settings.Schedule
		if r.Sampler == own.Sampler {
			if sampler != "" {
				t.Errorf("the model's own sampler is called %q", sampler)
			}
		} else if !slices.Contains(menu, sampler) || schedule != "" && !slices.Contains(engine.Schedules(), schedule) {
			t.Errorf("%q, %q is called %q, %q in the settings", r.Sampler, r.Schedule, sampler, schedule)
		}
		q := c.Settings.Request()
		if !c.Scene().SameSampler(r, &q) {
			t.Errorf("%q is not known again as %q", r.Sampler, sampler)
		}
		c.until(func() bool { return c.Keeper.Quiet() })
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = studioAt(t, home)
		c.Open("tiny")
		c.until(func() bool { return c.Facts.Name != "" })
		if c.Settings.Sampler != sampler || c.Settings.Schedule != schedule {
			t.Errorf("after a restart %q, %q is %q, %q", sampler, schedule, c.Settings.Sampler, c.Settings.Schedule)
		}
	}
}
