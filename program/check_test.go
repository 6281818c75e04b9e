package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/conformance"
)

// models check tells every kind of file and folder apart, with its precision; what is no model by itself too, and files in
// Python's format are refused wherever one may be named.
func TestCheckTells(t *testing.T) {
	root := t.TempDir()
	for _, set := range []string{"", "checkpoints", "klein"} {
		if err := conformance.Unpack(filepath.Join("app/conformance/testdata", set, "models.zip"), filepath.Join(root, set)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(root, "checkpoints", "sd1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	renamed := filepath.Join(root, "checkpoints", "renamed.sft")
	if err := os.WriteFile(renamed, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"sdxl-refiner": "Stable Diffusion XL Refiner, epsilon, needs about", "inpaint9": "Stable Diffusion 1 Inpainting", "depth": "Stable Diffusion 2 Depth",
		"flux-schnell": "FLUX.1 schnell, flow matching", "checkpoints/flux-fill.safetensors": "FLUX.1 Fill", "checkpoints/flux-kontext-diffusers": "FLUX.1 Kontext",
		"klein/klein-base-diffusers": "FLUX.2 klein base, flow matching", "checkpoints/renamed.sft": "Stable Diffusion 1, epsilon",
	} {
		said := say(t, 0, "models", "check", filepath.Join(root, filepath.FromSlash(path)))
		precision := "F32"
		if strings.Contains(path, "/") {
			precision = "BF16"
		}
		if !strings.HasPrefix(said, want) || !strings.Contains(said, "  vae_decoder ") || !strings.Contains(said, precision) {
			t.Errorf("%s: %s", path, said)
		}
	}
	for path, want := range map[string]string{"upscaler/esrgan-x2.safetensors": "an upscaler: name it with --upscale", "adapters/lora-a.peft.safetensors": "a LoRA: name it with --lora"} {
		if said := say(t, 0, "models", "check", filepath.Join("app/conformance/testdata", path)); !strings.Contains(said, want) || !strings.Contains(said, " tensors") {
			t.Errorf("%s: %s", path, said)
		}
	}
	picture := filepath.Join("app/conformance/testdata/inputs/scene.png")
	for _, ending := range []string{".ckpt", ".pt", ".pth", ".bin"} {
		pickle := filepath.Join(root, "a"+ending)
		if err := os.WriteFile(pickle, []byte("PK\x03\x04 and more"), 0o600); err != nil {
			t.Fatal(err)
		}
		for flag, value := range map[string]string{"--model": pickle, "--vae": pickle, "--text-encoder": pickle, "--upscale": pickle + ":2", "--control": pickle + ":" + picture + ":1"} {
			args := []string{"generate", "--prompt", "x", "--steps", "1", "--out", filepath.Join(root, "o.png"), flag, value}
			if flag != "--model" {
				args = append(args, "--model", filepath.Join(root, "checkpoints", "sd1.safetensors"))
			}
			if said := say(t, cli.Failed, args...); !strings.Contains(said, "the pickle format of Python") || strings.Count(said, "\n") != 1 {
				t.Errorf("%s %s: %s", flag, ending, said)
			}
		}
	}
}
