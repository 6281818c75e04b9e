package sample

import (
	"testing"

	"nirvana/engine/schedule"
)

func TestNamed(t *testing.T) {
	base, err := schedule.ParseConfig([]byte(`{"_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, sched, class, want string }{
		{"Euler a", "", "sample_euler_ancestral", ""},
		{"dpm++ 2m karras", "", "sample_dpmpp_2m", "Karras"},
		{"DPM++ 2M", "sgm uniform", "sample_dpmpp_2m", "SGM Uniform"},
		{"EulerAncestralDiscreteScheduler", "", "EulerAncestralDiscreteScheduler", ""},
		{"sample_dpm_fast", "", "sample_dpm_fast", ""},
		{"", "", "PNDMScheduler", ""},
	} {
		cfg, err := Named(c.name, c.sched, base)
		if err != nil || cfg.Class != c.class || cfg.Schedule != c.want {
			t.Errorf("%q with %q is %s with %q (%v), want %s with %q", c.name, c.sched, cfg.Class, cfg.Schedule, err, c.class, c.want)
		}
	}
	for _, i := range Names() {
		cfg, err := Named(i.Name, "", base)
		if err != nil || cfg.Class != i.Class || maker(cfg.Class) == nil {
			t.Errorf("%q is %s (%v), want %s", i.Name, cfg.Class, err, i.Class)
		}
	}
	if _, err := Named("Oiler", "", base); err == nil {
		t.Error("an unknown sampler is taken")
	}
	if _, err := Named("Euler", "Carrots", base); err == nil {
		t.Error("an unknown schedule is taken")
	}
}
