package onnx

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// clipReference is what transformers' CLIPModel makes of testdata/clip (app/conformance/record/clip.py).
type clipReference struct {
	Pixels, Logits, Embeds []byte
	IDs                    [][]float32 `json:"ids"`
}

func readCLIPReference(t *testing.T) (r clipReference) {
	t.Helper()
	file, err := os.Open("testdata/clip/reference.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err == nil {
		err = json.NewDecoder(z).Decode(&r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func littleFloats(data []byte) []float32 {
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// clipPart is testdata/clip as the part of a folder, under the class that a config.json names.
func clipPart(t *testing.T, name, class string) models.Part {
	t.Helper()
	w, err := checkpoint.OpenCLIPFolder("testdata/clip")
	if err != nil || w == nil {
		t.Fatal(w, err)
	}
	return models.Part{Name: name, Path: "testdata/clip", Config: clipConfig(t, class), Weights: w}
}

// clipConfig is the config.json of the whole model, or of its image encoder.
func clipConfig(t *testing.T, class string) []byte {
	t.Helper()
	var whole map[string]any
	data, err := os.ReadFile("testdata/clip/config.json")
	if err == nil {
		err = json.Unmarshal(data, &whole)
	}
	if err != nil {
		t.Fatal(err)
	}
	if class != "CLIPModel" {
		whole = whole["vision_config"].(map[string]any)
	}
	whole["architectures"] = []string{class}
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Both halves of CLIP, and the image encoder alone, give transformers' numbers.
func TestCLIP(t *testing.T) {
	r := readCLIPReference(t)
	pixels := engine.Tensor{Shape: []int{3, 3, 16, 16}, Data: littleFloats(r.Pixels)}
	ids := engine.Tensor{Shape: []int{2, 12}, Data: append(append([]float32{}, r.IDs[0]...), r.IDs[1]...)}
	near := func(what string, got engine.Tensor, want []float32) {
		t.Helper()
		if len(got.Data) != len(want) {
			t.Fatalf("%s: %d numbers, want %d", what, len(got.Data), len(want))
		}
		for i, v := range want {
			if math.Abs(float64(got.Data[i]-v)) > 2e-5 {
				t.Fatalf("%s: number %d is %v, want %v", what, i, got.Data[i], v)
			}
		}
	}
	both := encoder(t, clipPart(t, "verifier", "CLIPModel"))
	near("logits_per_image", run(t, both, map[string]engine.Tensor{"pixel_values": pixels, "input_ids": ids})[0], littleFloats(r.Logits))
	alone := encoder(t, clipPart(t, "image_encoder", "CLIPVisionModelWithProjection"))
	near("image_embeds", run(t, alone, map[string]engine.Tensor{"pixel_values": pixels})[0], littleFloats(r.Embeds))
}

// modelBeside is the model that ships with one part replaced by testdata/clip.
func modelBeside(t *testing.T, part, class string) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir("../../models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "verifier" || e.Name() == "SHA256SUMS" {
			continue
		}
		from, _ := filepath.Abs(filepath.Join("../../models/nirvana", e.Name()))
		if err := os.Symlink(from, filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := os.ReadFile("testdata/clip/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"model.safetensors": weights, "config.json": clipConfig(t, class),
		"vocab.json": []byte(`{"a</w>":0,"a":1,"<|startoftext|>":62,"<|endoftext|>":63}`), "merges.txt": []byte("#version: 0.2\n"),
		"tokenizer_config.json": []byte(`{"model_max_length":12,"tokenizer_class":"CLIPTokenizer"}`)} {
		if err := os.MkdirAll(filepath.Join(dir, part), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, part, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func modelAt(t *testing.T, dir string) *engine.Model {
	t.Helper()
	f, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
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

// A folder's CLIP model is its verifier. An image encoder that no text encoder fits keeps nothing from opening.
func TestCLIPInFolder(t *testing.T) {
	m := modelAt(t, modelBeside(t, "verifier", "CLIPModel"))
	if !m.Facts().Verifier {
		t.Fatal("the folder has no verifier")
	}
	var pictures []*image.RGBA
	for _, c := range []color.RGBA{{255, 0, 0, 255}, {0, 0, 255, 255}} {
		img := image.NewRGBA(image.Rect(0, 0, 32, 32))
		for i := range 32 * 32 {
			img.SetRGBA(i%32, i/32, c)
		}
		pictures = append(pictures, img)
	}
	scores, err := m.Score(context.Background(), engine.Request{Prompt: "a"}, pictures...)
	if err != nil || len(scores) != 2 || scores[0] == scores[1] {
		t.Errorf("scores %v, %v", scores, err)
	}
	if m := modelAt(t, modelBeside(t, "image_encoder", "CLIPModel")); !m.Facts().Verifier {
		t.Error("the whole CLIP model as image_encoder is no verifier")
	}
	if m := modelAt(t, modelBeside(t, "image_encoder", "CLIPVisionModelWithProjection")); m.Facts().Verifier {
		t.Error("the model that ships has no text encoder for an image encoder")
	}
}
