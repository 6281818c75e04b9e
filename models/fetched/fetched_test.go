package fetched

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/models"
	"nirvana/models/hub"
	"nirvana/models/hub/hubtest"
	"nirvana/models/listing"
	"nirvana/models/safetensors/safetensorstest"
)

var (
	lora = map[string][]int{"lora_unet_a.lora_up.weight": {40, 30}}
	unet = map[string][]int{"input_blocks.0.0.weight": {8, 4, 3, 3}, "input_blocks.1.0.in_layers.2.weight": {8, 8, 3, 3}, "input_blocks.1.1.proj_in.weight": {8, 8, 1, 1},
		"input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": {8, 12}}
	clip = map[string][]int{"text_model.embeddings.token_embedding.weight": {20, 12}, "text_model.final_layer_norm.weight": {12}}
	vae  = map[string][]int{"decoder.conv_in.weight": {8, 4, 3, 3}, "decoder.up.0.block.0.conv1.weight": {8, 8, 3, 3}, "encoder.conv_in.weight": {8, 3, 3, 3}}
)

func checkpoint() map[string][]int {
	out := map[string][]int{}
	for prefix, from := range map[string]map[string][]int{"first_stage_model.": vae, "cond_stage_model.transformer.": clip, "model.diffusion_model.": unet} {
		for name, shape := range from {
			out[prefix+name] = shape
		}
	}
	return out
}

// place is a hub and a data folder.
type place struct {
	t *testing.T
	*hubtest.Server
	data string
}

func open(t *testing.T, files map[string][]byte) *place {
	p := &place{t, hubtest.New(files), t.TempDir()}
	t.Cleanup(p.Close)
	return p
}

func (p *place) client() hub.Client {
	return hub.Client{Endpoint: p.URL, Wait: time.Millisecond, Tries: 3, Stall: 2 * time.Second}
}

func (p *place) fetch(file string) (Result, error) {
	p.t.Helper()
	r, err := p.client().Look(context.Background(), strings.TrimSuffix(hubtest.Name+"/"+file, "/"), "")
	if err != nil {
		p.t.Fatal(err)
	}
	return Fetch(context.Background(), p.client(), r, filepath.Join(p.data, "models", r.Folder()), p.data, nil)
}

func (p *place) fetched(file string) Result {
	p.t.Helper()
	c, err := p.fetch(file)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every kind of part lands where lists look for it, whole, with nothing left among the models, and is listed; it is not
// fetched twice.
func TestKinds(t *testing.T) {
	files := map[string][]byte{
		"a/ink.safetensors":                        safetensorstest.Bytes(t, 1, lora),
		"b/word.safetensors":                       safetensorstest.Bytes(t, 2, map[string][]int{"emb_params": {2, 12}}),
		"warm.safetensors":                         safetensorstest.Bytes(t, 3, vae),
		"net.safetensors":                          safetensorstest.Bytes(t, 4, map[string][]int{"input_hint_block.0.weight": {4, 3, 3, 3}, "zero": {1}}),
		"x4.safetensors":                           safetensorstest.Bytes(t, 5, map[string][]int{"conv_first.weight": {4, 3, 3, 3}}),
		"deep/l/l.safetensors":                     safetensorstest.Bytes(t, 6, clip),
		"short.sft":                                safetensorstest.Bytes(t, 7, lora),
		"diffusion_pytorch_model.fp16.safetensors": safetensorstest.Bytes(t, 8, vae),
		"loras/pytorch_lora_weights.safetensors":   safetensorstest.Bytes(t, 9, lora),
	}
	p := open(t, files)
	for _, c := range []struct {
		file, at string
		kind     listing.Kind
	}{
		{"a/ink.safetensors", "loras/ink.safetensors", listing.LoRA}, {"b/word.safetensors", "embeddings/word.safetensors", listing.Embedding},
		{"warm.safetensors", "vae/warm.safetensors", listing.VAE}, {"net.safetensors", "controlnet/net.safetensors", listing.ControlNet},
		{"x4.safetensors", "upscalers/x4.safetensors", listing.Upscaler}, {"deep/l/l.safetensors", "text_encoders/l.safetensors", listing.TextEncoder},
		{"short.sft", "loras/short.safetensors", listing.LoRA},
		{"diffusion_pytorch_model.fp16.safetensors", "vae/model.fp16.safetensors", listing.VAE},
		{"loras/pytorch_lora_weights.safetensors", "loras/model-loras.safetensors", listing.LoRA},
	} {
		result := p.fetched(c.file)
		want := filepath.Join(p.data, filepath.FromSlash(c.at))
		if result.Path != want || result.Kind != c.kind || result.Conflict != "" || !bytes.Equal(read(t, want), files[c.file]) {
			t.Errorf("%s: %+v", c.file, result)
		}
		cards := listing.Open("", "").Beside(context.Background(), c.kind, "", p.data, nil)
		if !slices.ContainsFunc(cards, func(l listing.Card) bool { return l.Path == want }) {
			t.Errorf("%s is not listed: %+v", c.file, cards)
		}
		if err := hub.CheckFile(want); err != nil {
			t.Error(err)
		}
		p.Forget()
		if again := p.fetched(c.file); again != result || len(p.Asked()) != 0 {
			t.Errorf("fetched again: %+v, %v", again, p.Asked())
		}
	}
	if left, _ := os.ReadDir(filepath.Join(p.data, "models")); len(left) != 0 {
		t.Errorf("left among the models: %v", left)
	}
}

// A whole checkpoint stays in a folder of its own, also as the only file of a repository, and is read there.
func TestCheckpointStays(t *testing.T) {
	p := open(t, map[string][]byte{"single/sd.safetensors": safetensorstest.Bytes(t, 1, checkpoint())})
	for file, name := range map[string]string{"single/sd.safetensors": "sd", "": "model"} {
		result := p.fetched(file)
		if result.Kind != listing.Model || result.Path != filepath.Join(p.data, "models", name) {
			t.Errorf("%q: %+v", file, result)
		}
		if f, err := models.Read(result.Path); err != nil || f.Checkpoint == nil {
			t.Errorf("%q: %v", file, err)
		}
	}
	if _, err := p.fetch("single/sd.safetensors"); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("fetched over a model: %v", err)
	}
}

// A text encoder that was fetched completes a checkpoint that was, as deep as that is in its repository.
func TestTextEncoderFound(t *testing.T) {
	without := checkpoint()
	for name := range without {
		if strings.HasPrefix(name, "cond_stage_model.") {
			delete(without, name)
		}
	}
	p := open(t, map[string][]byte{"split/files/deep/sd.safetensors": safetensorstest.Bytes(t, 1, without), "clip_l.safetensors": safetensorstest.Bytes(t, 2, clip)})
	dir := p.fetched("split/files/deep/sd.safetensors").Path
	if _, err := models.Read(dir); err == nil {
		t.Fatal("it lacks nothing")
	}
	p.fetched("clip_l.safetensors")
	if _, err := models.Read(dir); err != nil {
		t.Error(err)
	}
}

// Another file with the name stays as it was, and it is said; the same file, copied there by hand, is taken.
func TestTaken(t *testing.T) {
	ink := safetensorstest.Bytes(t, 1, lora)
	p := open(t, map[string][]byte{"ink.safetensors": ink})
	folder := filepath.Join(p.data, "loras")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(folder, "ink.safetensors"), filepath.Join(folder, "ink-2.safetensors")
	other := safetensorstest.Bytes(t, 9, lora) // of the same size
	if err := os.WriteFile(first, other, 0o644); err != nil {
		t.Fatal(err)
	}
	if result := p.fetched("ink.safetensors"); result.Path != second || result.Conflict != "ink.safetensors" || !bytes.Equal(read(t, first), other) || !bytes.Equal(read(t, second), ink) {
		t.Errorf("%+v", result)
	}
	if hub.HasRecord(first) {
		t.Error("another file is recorded as fetched")
	}
	os.Remove(second)
	if err := os.WriteFile(first, ink, 0o644); err != nil {
		t.Fatal(err)
	}
	if result := p.fetched("ink.safetensors"); result.Path != first || result.Conflict != "" || hub.CheckFile(first) != nil {
		t.Errorf("the same file: %+v", result)
	}
	if all, _ := filepath.Glob(filepath.Join(folder, "*.safetensors")); len(all) != 1 {
		t.Errorf("two of the same: %v", all)
	}
}

// A folder that cannot take the file loses nothing: it stays among the models, and the next fetch moves it without
// downloading it again.
func TestFolderInTheWay(t *testing.T) {
	p := open(t, map[string][]byte{"ink.safetensors": safetensorstest.Bytes(t, 1, lora)})
	blocked := filepath.Join(p.data, "loras")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.fetch("ink.safetensors"); err == nil {
		t.Fatal("a file is a folder")
	}
	os.Remove(blocked)
	p.Forget()
	if result := p.fetched("ink.safetensors"); result.Path != filepath.Join(blocked, "ink.safetensors") || len(p.Asked()) != 0 {
		t.Errorf("%+v, %v", result, p.Asked())
	}
}

// A damaged part is found by its record and downloaded again; until the new one is there, the old one stays. One without
// a record is not touched.
func TestCheckAndRepair(t *testing.T) {
	ink := safetensorstest.Bytes(t, 1, lora)
	p := open(t, map[string][]byte{"a/ink.safetensors": ink})
	path := p.fetched("a/ink.safetensors").Path
	damaged := slices.Clone(ink)
	damaged[len(damaged)-1] ^= 1
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if hub.CheckFile(path) == nil {
		t.Error("damage is not found")
	}
	p.SetFault(func(_ int, w http.ResponseWriter, _ *http.Request, data []byte, _ int) bool {
		w.Header().Set("Content-Length", "10")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	if _, err := p.client().RepairFile(context.Background(), path, nil); err == nil || !bytes.Equal(read(t, path), damaged) {
		t.Errorf("a repair that failed: %v", err)
	}
	p.SetFault(nil)
	if again, err := p.client().RepairFile(context.Background(), path, nil); err != nil || !again || !bytes.Equal(read(t, path), ink) || hub.CheckFile(path) != nil {
		t.Errorf("repaired %v: %v", again, err)
	}
	if again, err := p.client().RepairFile(context.Background(), path, nil); err != nil || again {
		t.Errorf("repaired once more: %v, %v", again, err)
	}
	if all, _ := os.ReadDir(filepath.Dir(path)); len(all) != 2 {
		t.Errorf("left over: %v", all)
	}
	own := filepath.Join(t.TempDir(), "own.safetensors")
	if err := os.WriteFile(own, ink, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client().RepairFile(context.Background(), own, nil); err == nil || hub.CheckFile(own) == nil {
		t.Error("a file that did not come from the hub")
	}
}
