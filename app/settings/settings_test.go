package settings

import (
	"testing"

	"nirvana/engine"
)

// Settings of an earlier version, stored with a class of diffusers, are shown by the menus' names once a model is
// open.
func TestKeptClassIsNamed(t *testing.T) {
	set := Default()
	set.Sampler, set.Schedule = "DDIMScheduler", "ddim_uniform"
	set.Clamp(engine.Facts{Name: "m", Sampler: "PNDMScheduler"})
	if set.Sampler != "DDIM" || set.Schedule != "DDIM" {
		t.Errorf("%q, %q", set.Sampler, set.Schedule)
	}
	set.Sampler = "PNDMScheduler"
	if set.Clamp(engine.Facts{Name: "m", Sampler: "PNDMScheduler"}); set.Sampler != "" {
		t.Errorf("the model's own is %q", set.Sampler)
	}
}
