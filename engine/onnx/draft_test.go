package onnx

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/models"
)

// withDraft is a tiny Stable Diffusion whose draft adds 0.5 to the middle of every kernel of its last layer's first
// two channels; files are those of the draft to be written otherwise, nil: left out.
func withDraft(t *testing.T, files map[string][]byte) models.Folder {
	t.Helper()
	dir := unzipped(t, "sd1")
	const out, in = 4, 8
	up, down := make([]float32, out), make([]float32, in*9)
	up[0], up[1] = 1, 1
	for i := range in {
		down[9*i+4] = 0.5
	}
	lora, err := os.ReadFile(writeTensors(t, map[string]values{"unet.conv_out.lora_A.weight": {[]int{1, in, 3, 3}, down}, "unet.conv_out.lora_B.weight": {[]int{out, 1, 1, 1}, up}}))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{"draft/pytorch_lora_weights.safetensors": lora,
		"draft/scheduler_config.json": []byte(`{"_class_name":"DDIMScheduler","num_train_timesteps":1000,"beta_schedule":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"timestep_spacing":"trailing"}`),
		"model_index.json":            []byte(`{"_class_name":"StableDiffusionPipeline","_draft":{"weights":"draft/pytorch_lora_weights.safetensors","scheduler":"draft/scheduler_config.json","num_inference_steps":4,"guidance_scale":1}}`)}
	for name, data := range files {
		all[name] = data
	}
	for name, data := range all {
		if data == nil {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The draft is a session of its own with the changed weights, opened when it is used and closed sooner than the others;
// the denoiser beside it and its place in the cache stay as they are.
func TestDraft(t *testing.T) {
	f := withDraft(t, nil)
	cache := t.TempDir()
	l, err := shared.Load(f, LoadOptions{Cache: cache, Idle: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := l.Parts.Draft
	if d == nil || d.Draft != (engine.Draft{Steps: 4, Guidance: 1}) || l.draft.opened != nil || l.draft.options.Idle != draftIdle {
		t.Fatalf("%+v", d)
	}
	in := map[string]engine.Tensor{"sample": engine.Zeros(1, 4, 16, 16), "timestep": {Data: []float32{500}}, "encoder_hidden_states": engine.Zeros(1, 77, 16)}
	for i := range in["sample"].Data {
		in["sample"].Data[i] = float32(math.Sin(float64(i)))
	}
	whole, few := run(t, l.graphs["unet"], in)[0].Clone(), run(t, l.draft, in)[0]
	part := len(whole.Data) / 4
	if slices.Equal(whole.Data[:part], few.Data[:part]) || slices.Equal(whole.Data[part:2*part], few.Data[part:2*part]) {
		t.Error("the draft's weights were not merged")
	}
	for i, v := range whole.Data[2*part:] {
		if math.Abs(float64(v-few.Data[2*part+i])) > 1e-5 {
			t.Fatalf("what the draft does not change is %g, was %g", few.Data[2*part+i], v)
		}
	}
	if entries, _ := os.ReadDir(cache); len(entries) != 1 {
		t.Errorf("the cache holds %d graphs, want the denoiser alone", len(entries))
	}
	if again := run(t, l.graphs["unet"], in)[0]; !slices.Equal(again.Data, whole.Data) {
		t.Error("the denoiser itself was changed")
	}
}

// A draft that cannot be used is told when it is asked for, with what to do; the model works without it.
func TestDraftBroken(t *testing.T) {
	const weights, scheduler = "draft/pytorch_lora_weights.safetensors", "draft/scheduler_config.json"
	strange, err := os.ReadFile(writeTensors(t, map[string]values{"unet.nowhere.lora_A.weight": {[]int{1, 2}, []float32{1, 2}}, "unet.nowhere.lora_B.weight": {[]int{2, 1}, []float32{1, 2}}}))
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string][]byte{"no weights": {weights: nil}, "cut off": {weights: []byte("\x10\x00")}, "of another network": {weights: strange},
		"no scheduler": {scheduler: nil}, "scheduler cut off": {scheduler: []byte(`{"_class`)}} {
		f := withDraft(t, files)
		if wrong := models.Check(f.Dir); (len(wrong) > 0) != strings.HasPrefix(name, "no ") {
			t.Errorf("%s: nirvana models check says %q", name, wrong)
		}
		l, err := shared.Load(f, LoadOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m, err := engine.New(l.Parts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		made := func(few bool) (err error) {
			for _, err = range m.Generate(t.Context(), engine.Request{Prompt: "a cat", Steps: 1, Width: 64, Height: 64, Draft: few, KeepLatents: true}) {
			}
			return err
		}
		if err := made(true); err == nil || fault.Of(err) != fault.Incomplete && fault.Of(err) != fault.Adapter || !strings.Contains(err.Error(), "draft") {
			t.Errorf("%s: %v", name, err)
		}
		if err := made(false); err != nil {
			t.Errorf("%s, without the draft: %v", name, err)
		}
		l.Close()
	}
}
