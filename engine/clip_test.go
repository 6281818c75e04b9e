package engine

import (
	"testing"

	"nirvana/engine/schedule"
)

// Latents are not bounded to -1..1 even where the scheduler's file says so, pictures are;
// a scheduler that a request brings is taken as it is.
func TestClipSample(t *testing.T) {
	given, err := schedule.ParseConfig([]byte(fakeScheduler))
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	latent, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	latent.vae.Decoder.Graph = fakeNet()
	for _, c := range []struct {
		what string
		m    *Model
		r    Request
		want bool
	}{
		{"pixel space", pixels, Request{}, true},
		{"latents", latent, Request{}, false},
		{"latents, a sampler by name", latent, Request{Sampler: "DDIM"}, false},
		{"latents, a scheduler given", latent, Request{Scheduler: &given}, true},
	} {
		cfg, err := c.m.schedule(c.r)
		if err != nil || cfg.ClipSample != c.want {
			t.Errorf("%s: clip_sample %v, %v", c.what, cfg.ClipSample, err)
		}
	}
}
