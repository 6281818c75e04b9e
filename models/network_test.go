package models

import (
	"strings"
	"testing"

	"nirvana/engine/network/published/publishedtest"
)

// The published models are told apart with their variants, and their networks with precision and size.
func TestPublishedKinds(t *testing.T) {
	for _, c := range []struct{ list, name, want, predicts string }{
		{"sd15", "v1-5-pruned-emaonly", "Stable Diffusion 1", "epsilon"},
		{"sd15-inpainting", "sd-v1-5-inpainting", "Stable Diffusion 1 Inpainting", "epsilon"},
		{"sd21", "v2-1_768", "Stable Diffusion 2", "v_prediction"},
		{"sdxl", "sd_xl_base_1.0", "Stable Diffusion XL", "epsilon"},
		{"sdxl", "sd_xl_turbo_1.0", "Stable Diffusion XL Turbo", "epsilon"},
		{"sdxl-refiner", "sd_xl_refiner_1.0", "Stable Diffusion XL Refiner", "epsilon"},
		{"sd3-medium", "sd3_medium", "Stable Diffusion 3 Medium", "flow matching"},
		{"sd35-medium", "sd3.5_medium", "Stable Diffusion 3.5 Medium", "flow matching"},
		{"sd35-large", "sd3.5_large_turbo", "Stable Diffusion 3.5 Large Turbo", "flow matching"},
		{"flux-dev", "flux1-dev", "FLUX.1 dev", "flow matching"},
		{"flux-schnell", "flux1-schnell", "FLUX.1 schnell", "flow matching"},
		{"flux-fill", "flux1-fill-dev", "FLUX.1 Fill", "flow matching"},
		{"flux-dev", "flux1-dev-kontext", "FLUX.1 Kontext", "flow matching"},
		{"flux2-klein", "flux-2-klein-4b", "FLUX.2 klein 4B", "flow matching"},
		{"flux2-klein", "flux-2-klein-base-4b", "FLUX.2 klein base 4B", "flow matching"},
		{"z-image", "z_image_turbo_bf16", "Z-Image Turbo", "flow matching"},
		{"z-image", "z_image_bf16", "Z-Image", "flow matching"},
		{"qwen-image", "qwen_image", "Qwen-Image", "flow matching"},
		{"qwen-image", "qwen_image_edit", "Qwen-Image-Edit", "flow matching"},
		{"qwen-image", "qwen_image_edit_2509", "Qwen-Image-Edit 2509", "flow matching"},
		{"qwen-image", "qwen_image_edit_2511", "Qwen-Image-Edit 2511", "flow matching"},
	} {
		f, err := Alone(publishedtest.File(t, c.list, c.name))
		if err != nil {
			t.Fatal(c.name, err)
		}
		if f.Kind() != c.want || f.Predicts() != c.predicts {
			t.Errorf("%s is %q and predicts %s, not %q and %s", c.name, f.Kind(), f.Predicts(), c.want, c.predicts)
		}
		for _, n := range f.Networks() {
			if n.Type != "F16" || n.Bytes == 0 || n.Tensors == 0 {
				t.Errorf("%s has %+v", c.name, n)
			}
		}
	}
}

// Z-Image and Z-Image-Turbo have the same tensors: a file's name tells them apart, in a folder also the scheduler's shift, with
// the values of the published repositories.
func TestZImageTurbo(t *testing.T) {
	for _, c := range []struct {
		name, shift, said string
		steps             int
		guidance          float32
	}{{"z_image_bf16", `"shift":6`, "Z-Image", 50, 4}, {"z-image-turbo-q8", `"shift":3`, "Z-Image Turbo", 9, 1}, {"ZImageTurbo_v2", `"shift":3`, "Z-Image Turbo", 9, 1}} {
		f, err := Alone(publishedtest.File(t, "z-image", c.name))
		if err != nil {
			t.Fatal(err)
		}
		if u := f.Usual(); f.Kind() != c.said || u.Steps != c.steps || u.Guidance != c.guidance || !strings.Contains(string(f.Scheduler), c.shift) {
			t.Errorf("%s is %s with %+v, %s", c.name, f.Kind(), u, f.Scheduler)
		}
		f.Name = "mine"
		if u := f.Usual(); f.Kind() != c.said || u.Steps != c.steps || u.Guidance != c.guidance {
			t.Errorf("by its scheduler %s is %s with %+v", c.name, f.Kind(), u)
		}
	}
}

// An export's networks have precision and size too, and the default model is of no family with a name.
func TestNetworksOfExports(t *testing.T) {
	f, err := Read("nirvana")
	if err != nil {
		t.Fatal(err)
	}
	if f.Kind() != "latent diffusion" || f.Predicts() != "v_prediction" {
		t.Error(f.Kind(), f.Predicts())
	}
	names := ""
	for _, n := range f.Networks() {
		names += n.Name + " "
		if n.Type != "F16" || n.Bytes < 1<<19 || n.Tensors < 10 {
			t.Errorf("%+v", n)
		}
	}
	if names != "unet text_encoder vae_encoder vae_decoder verifier " {
		t.Error(names)
	}
}
