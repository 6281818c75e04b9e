package program

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/conformance"
	"nirvana/models"
)

// models check tells every kind of file and folder apart, with its precision; what is no model by itself too, and files in
// Python's format are refused wherever one may be named. The small files need the configs in the folder next to them.
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
	if err := os.CopyFS(filepath.Join(root, "checkpoints", "renamed"), os.DirFS(filepath.Join(root, "checkpoints", "sd1"))); err != nil {
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

// A text encoder given as the VAE, or a VAE as the text encoder, is refused in one line that says what it is, with a checkpoint
// and with a folder.
func TestPartsGivenAsOthers(t *testing.T) {
	root := t.TempDir()
	if err := conformance.Unpack("app/conformance/testdata/checkpoints/models.zip", root); err != nil {
		t.Fatal(err)
	}
	vae, encoder := filepath.Join(root, "zimage-split", "vae", "flux.safetensors"), filepath.Join(root, "zimage-split", "text_encoders", "qwen3.safetensors")
	for _, model := range []string{"zimage-split/zimage.safetensors", "zimage-diffusers", "sd1.safetensors"} {
		for _, c := range [][3]string{{"--vae", encoder, "is not a VAE but a text encoder: name it with --text-encoder"}, {"--text-encoder", vae, "is not a text encoder but a VAE: name it with --vae"},
			{"--vae", filepath.Join("app/conformance/testdata/adapters/lora-a.peft.safetensors"), "is not a VAE but a LoRA"}} {
			said := say(t, cli.Failed, "generate", "--model", filepath.Join(root, filepath.FromSlash(model)), "--prompt", "x", "--steps", "1", "--out", filepath.Join(root, "o.png"), c[0], c[1])
			if !strings.Contains(said, c[2]) || strings.Count(said, "\n") != 1 {
				t.Errorf("%s, %s: %s", model, c[0], said)
			}
		}
	}
}

// What a list says of a model before it is open is what the open model says, for every family: size, steps and guidance. Where
// it says nothing, that waits.
func TestUsualBeforeItIsOpen(t *testing.T) {
	root := t.TempDir()
	for _, set := range []string{"", "checkpoints", "klein", "qwenimage"} {
		if err := conformance.Unpack(filepath.Join("app/conformance/testdata", set, "models.zip"), filepath.Join(root, set)); err != nil {
			t.Fatal(err)
		}
	}
	var rt lazyRuntime
	defer rt.close()
	for _, name := range []string{"checkpoints/sd1.safetensors", "checkpoints/sdxl.safetensors", "checkpoints/sd3.safetensors", "checkpoints/flux.safetensors", "checkpoints/flux-fill.safetensors",
		"checkpoints/flux-kontext-diffusers", "checkpoints/zimage-diffusers", "checkpoints/zimage-split/zimage.safetensors", "klein/klein-diffusers", "klein/klein-base-diffusers", "qwenimage/qwenimage-diffusers", "lcm", "flux-schnell"} {
		f, err := models.ReadWith(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := rt.open(context.Background(), f, cli.OpenOptions{})
		if err != nil {
			t.Fatal(name, err)
		}
		info, facts := describe(f), m.Facts()
		if info.Steps != facts.Steps || info.Guidance != facts.Guidance || (info.Width != 0 && info.Width != facts.Width) {
			t.Errorf("%s: listed with %d steps, guidance %g, %d px; open with %d, %g, %d", name, info.Steps, info.Guidance, info.Width, facts.Steps, facts.Guidance, facts.Width)
		}
		if info.Width == 0 {
			t.Logf("%s: its size is known when it is open", name)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
