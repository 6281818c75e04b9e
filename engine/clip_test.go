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
	decoder := &fakeGraph{in: []Port{{Name: "latent_sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}}
	latent, err := New(Parts{Name: "latents", Scheduler: []byte(fakeScheduler), Denoiser: Part{Graph: fakeNet(), Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":1}`)},
		Decoder: Part{Graph: decoder, Name: "vae_decoder", Config: []byte(`{"latent_channels":3}`)}})
	if err != nil {
		t.Fatal(err)
	}
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
