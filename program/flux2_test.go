//go:build migrated_fynedo

package program

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
)

const recordedKlein = recorded + "/klein"

// Runs of diffusers over a tiny FLUX.2 klein, distilled and base, from text, with a picture to edit, under a mask
// and with a LoRA in the original code's names, as a diffusers folder and as separate files: every step the same.
func TestFlux2Conformance(t *testing.T) {
	out := say(t, cli.Done, "conformance", recordedKlein+"/cases.json.gz")
	if !strings.HasSuffix(out, "\n13 passed, 0 failed\n") {
		t.Fatal(out)
	}
}

// A picture without a mask is repainted as under a white one; as it is seen, another picture gives another result even at
// strength 1.
func TestFlux2Picture(t *testing.T) {
	model := filepath.Join(modelsOf(t, recordedKlein), "klein-diffusers")
	white := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	flat := image.NewRGBA(white.Rect)
	for i := range 64 * 64 {
		flat.Set(i%64, i/64, color.RGBA{200, 40, 90, 255})
	}
	mask, other, scene := filepath.Join(t.TempDir(), "mask.png"), filepath.Join(t.TempDir(), "flat.png"), recorded+"/inputs/scene.png"
	for path, img := range map[string]image.Image{mask: white, other: flat} {
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, img); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	free := painted(t, model, "--init", scene, "--strength", "0.7")
	if !slices.Equal(free, painted(t, model, "--init", scene, "--mask", mask, "--strength", "0.7")) {
		t.Error("a white mask changes the run")
	}
	edited := painted(t, model, "--init", scene, "--strength", "1")
	if slices.Equal(edited, painted(t, model)) || slices.Equal(edited, painted(t, model, "--init", other, "--strength", "1")) {
		t.Error("the picture is not seen")
	}
}

// The network sees the picture that the artist gives, and none in the later stages of a large picture from text; steps have
// previews.
func TestFlux2Stages(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	var rt lazyRuntime
	defer rt.close()
	f, err := models.Read(filepath.Join(modelsOf(t, recordedKlein), "klein-diffusers"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := rt.open(t.Context(), f, cli.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if facts := m.Facts(); facts.LatentChannels != 16 || facts.Scale != 16 || facts.Multiple != 16 || facts.Guided || facts.Steps != 4 {
		t.Errorf("%+v", facts)
	}
	if err := m.Warm(t.Context()); err != nil || len(m.Previews()) != 3*17 {
		t.Error(len(m.Previews()), err)
	}
	run := func(r engine.Request) (channels []int) {
		r.Prompt, r.Seed, r.Steps = "a red fox", 3, 4
		r.Watch = func(name string, x engine.Tensor) {
			if name == "first_input" {
				channels = append(channels, x.Shape[1])
			}
		}
		for s, err := range m.Generate(t.Context(), r) {
			if err != nil {
				t.Fatal(err)
			}
			if s.X0.Data == nil {
				continue
			}
			if img, err := m.DecodeStep(t.Context(), s, 8, nil); err != nil || img.Rect.Empty() {
				t.Error(err)
			}
		}
		return channels
	}
	if got := run(engine.Request{Width: 192, Height: 192}); len(got) < 2 || slices.Max(got) != 16 {
		t.Errorf("the stages' first inputs have %v channels", got)
	}
	if got := run(engine.Request{Init: image.NewRGBA(image.Rect(0, 0, 48, 64)), Strength: 0.8}); !slices.Equal(got, []int{32}) {
		t.Errorf("with a picture the first input has %v channels", got)
	}
}

// The check names the family; a larger picture runs in stages and windows; what a single file cannot hold is said, with where it belongs.
func TestCheckpointFlux2(t *testing.T) {
	root := modelsOf(t, recordedKlein)
	dir := filepath.Join(root, "klein-split")
	model := filepath.Join(dir, "flux-2-klein.safetensors")
	for _, name := range []string{model, filepath.Join(root, "klein-base-diffusers")} {
		if out := say(t, cli.Done, "models", "check", name); !strings.Contains(out, "FLUX.2 klein") {
			t.Error(out)
		}
	}
	if f, err := models.Read(filepath.Join(root, "klein-base-diffusers")); err != nil || f.Kind() != "FLUX.2 klein base" || f.Latents().Channels != 4 {
		t.Error(f.Kind(), f.Latents(), err)
	}
	file := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "2", "--size", "192x160", "--out", file)
	if err := os.RemoveAll(filepath.Join(dir, "flux-2-klein", "tokenizer")); err != nil {
		t.Fatal(err)
	}
	out := say(t, cli.Failed, "generate", "--model", model, "--prompt", "a red fox", "--out", file)
	if !strings.Contains(out, "tokenizer.json") || !strings.Contains(out, filepath.Join(dir, "flux-2-klein", "tokenizer")) {
		t.Error(out)
	}
	if err := os.RemoveAll(filepath.Join(dir, "vae")); err != nil {
		t.Fatal(err)
	}
	if out = say(t, cli.Failed, "models", "check", model); !strings.Contains(out, "VAE") {
		t.Error(out)
	}
}

// FLUX.2 klein in GGUF's blocks makes the picture of the numbers that they stand for.
func TestFlux2GGUF(t *testing.T) {
	sameBlocks(t, filepath.Join(modelsOf(t, recordedKlein), "klein-split", "flux-2-klein"), recordedKlein+"/lora.safetensors", 1, "Q8_0", "Q4_0")
}
