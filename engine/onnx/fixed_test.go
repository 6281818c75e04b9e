package onnx

import (
	"context"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
)

// fixed is the default model with all axes of its inputs fixed, as optimum's --no-dynamic-axes exports them: two rows, the
// U-Net of a latent of places a side, the VAE's encoder of a picture of so many px, prompts of so many tokens.
func fixed(t *testing.T, places, px, tokens int) models.Folder {
	t.Helper()
	dir := copied(t)
	for _, part := range []string{"text_encoder", "unet", "vae_encoder", "vae_decoder"} {
		path := filepath.Join(dir, part, "model.onnx")
		f, err := graphfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range f.Inputs {
			dims := append([]int(nil), v.Dims...)
			for axis := range dims {
				switch {
				case axis == 0:
					dims[0] = 2
				case part == "vae_encoder" && axis > 1:
					dims[axis] = px
				case (v.Name == "sample" || v.Name == "latent_sample") && axis > 1:
					dims[axis] = places
				case axis == 1 && dims[axis] < 0: // tokens
					dims[axis] = tokens
				}
			}
			f.Inputs[i] = graphfile.NewValue(v.Name, v.Type, dims...)
		}
		data, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// copied is a copy of the default model's folder.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "models", "nirvana"))); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "SHA256SUMS"))
	return dir
}

func modelOf(t *testing.T, f models.Folder) *engine.Model {
	t.Helper()
	l, err := shared.Load(f, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m, err := engine.New(l.Parts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func drawn(m *engine.Model, r engine.Request) (*image.RGBA, error) {
	var last engine.Step
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			return nil, err
		}
		last = s
	}
	return last.Pictures[len(last.Pictures)-1], nil
}

// An export of one batch and one size makes the pictures of one without, from text, from a picture, in a batch that its
// own does not divide; another size is refused in a line that names the one it has.
func TestFixedShapes(t *testing.T) {
	whole, err := models.Read(filepath.Join("..", "..", "models", "nirvana"))
	if err != nil {
		t.Fatal(err)
	}
	free, one := modelOf(t, whole), modelOf(t, fixed(t, 16, 64, 24))
	photo := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(128 + 100*math.Sin(float64(i)/900))
	}
	for name, r := range map[string]engine.Request{
		"batch":   {Prompt: "a red heart", Steps: 2, Seed: 1, Guidance: 3, Count: 3, Width: 128, Height: 128},
		"picture": {Prompt: "a red heart", Steps: 4, Seed: 1, Guidance: 3, Init: photo, Strength: 0.5},
	} {
		want, err := drawn(free, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drawn(one, r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		limit := 0.1
		if name == "picture" {
			limit = 8 // encoded in tiles of 64 px
		}
		if off := mean(want, got); off > limit {
			t.Errorf("%s: %v differs from %v by %.2f of 255 on average", name, got.Rect, want.Rect, off)
		}
	}
	_, err = drawn(one, engine.Request{Prompt: "x", Steps: 1, Width: 192, Height: 128})
	if fault.Of(err) != fault.Size || !strings.Contains(err.Error(), "use 128x128") || strings.Contains(err.Error(), "\n") {
		t.Errorf("another size: %v", err)
	}
}

// Exports have prompts of 16 tokens where nobody said how long they are: a prompt that has room is read as by a tokenizer of
// that length, a longer one is refused in a line.
func TestFixedTokens(t *testing.T) {
	dir := copied(t)
	path := filepath.Join(dir, "tokenizer", "tokenizer_config.json")
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	short := strings.Replace(string(config), `"model_max_length": 24`, `"model_max_length": 16`, 1)
	if err := os.WriteFile(path, []byte(short), 0o644); err != nil || short == string(config) {
		t.Fatal("the tokenizer's length was not changed", err)
	}
	folder, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	free, one := modelOf(t, folder), modelOf(t, fixed(t, 16, 128, 16))
	if n := one.Facts().MaxTokens; n != 14 {
		t.Errorf("prompts have %d tokens, want 14", n)
	}
	for _, weights := range []bool{false, true} {
		r := engine.Request{Prompt: "a red heart in the snow", Steps: 2, Seed: 1, Guidance: 3, Width: 128, Height: 128, Syntax: weights}
		want, err := drawn(free, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drawn(one, r)
		if err != nil || mean(want, got) > 0.1 {
			t.Errorf("weights %v: %v", weights, err)
		}
	}
	long := strings.Repeat("a red heart in the snow, ", 4)
	if _, err := drawn(one, engine.Request{Prompt: long, Steps: 1, Guidance: 3, Syntax: true}); fault.Of(err) != fault.Size || strings.Contains(err.Error(), "\n") {
		t.Errorf("a long prompt: %v", err)
	}
}

// mean is the mean difference of two pictures in steps of 255; beyond 255 where their sizes differ.
func mean(a, b *image.RGBA) float64 {
	if a.Rect != b.Rect {
		return 256
	}
	sum := 0.0
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}
