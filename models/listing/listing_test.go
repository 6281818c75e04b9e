package listing

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nirvana/models"
	"nirvana/models/safetensors/safetensorstest"
)

var (
	unet = map[string][]int{"input_blocks.0.0.weight": {8, 4, 3, 3}, "input_blocks.1.0.in_layers.2.weight": {8, 8, 3, 3}, "input_blocks.1.1.proj_in.weight": {8, 8, 1, 1},
		"input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": {8, 12}}
	clip     = map[string][]int{"text_model.embeddings.token_embedding.weight": {20, 12}, "text_model.final_layer_norm.weight": {12}}
	vae      = map[string][]int{"decoder.conv_in.weight": {8, 4, 3, 3}, "decoder.up.0.block.0.conv1.weight": {8, 8, 3, 3}, "encoder.conv_in.weight": {8, 3, 3, 3}}
	lora     = map[string][]int{"lora_unet_a.lora_up.weight": {4, 1}}
	upscaler = map[string][]int{"conv_first.weight": {4, 3, 3, 3}}
)

func whole() map[string][]int {
	out := map[string][]int{}
	for prefix, from := range map[string]map[string][]int{"first_stage_model.": vae, "cond_stage_model.transformer.": clip, "model.diffusion_model.": unet} {
		for name, shape := range from {
			out[prefix+name] = shape
		}
	}
	return out
}

// list is what Models tells of a folder, by names in order.
func list(t testing.TB, c *Cache, root string) (cards []Card) {
	t.Helper()
	if _, err := c.Models(context.Background(), root, func(found []Card) { cards = append(cards, found...) }); err != nil {
		t.Fatal(err)
	}
	return cards
}

func names(cards []Card) (out []string) {
	for _, c := range cards {
		out = append(out, c.Name())
	}
	return out
}

// The folder of another program shows its models, where they lie; LoRAs and the like are none. A checkpoint that came in
// pieces is there with what it lacks, and whole as soon as its parts are put beside.
func TestModels(t *testing.T) {
	root, c := t.TempDir(), Open("", "")
	safetensorstest.File(t, filepath.Join(root, "models", "checkpoints", "style", "whole.safetensors"), whole())
	safetensorstest.File(t, filepath.Join(root, "models", "checkpoints", "l.safetensors"), lora)
	safetensorstest.File(t, filepath.Join(root, "models", "loras", "l.safetensors"), lora)
	safetensorstest.File(t, filepath.Join(root, "models", "diffusion_models", "alone.safetensors"), unet)
	got := list(t, c, root)
	if !slices.Equal(names(got), []string{"whole", "alone"}) || got[0].Lacks != "" || got[1].Lacks != "the text encoder CLIP, the VAE" || got[0].Family != "Stable Diffusion 1" || got[0].Memory == 0 || got[1].Width != 512 {
		t.Fatalf("without parts: %+v", got)
	}
	read := c.Reads()
	list(t, c, root)
	if c.Reads() != read {
		t.Errorf("%d headers are read again", c.Reads()-read)
	}
	safetensorstest.File(t, filepath.Join(root, "models", "text_encoders", "clip_l.safetensors"), clip)
	safetensorstest.File(t, filepath.Join(root, "models", "vae", "vae.safetensors"), vae)
	if got := list(t, c, root); len(got) != 2 || got[1].Lacks != "" {
		t.Errorf("with parts beside: %+v", got)
	}
	os.Remove(filepath.Join(root, "models", "vae", "vae.safetensors"))
	if got := list(t, c, root); len(got) != 2 || got[1].Lacks != "the VAE" {
		t.Errorf("without the VAE again: %+v", got)
	}
	if got := list(t, c, filepath.Join(root, "models", "checkpoints")); !slices.Equal(names(got), []string{"whole"}) {
		t.Errorf("a plain folder of checkpoints and folders: %v", names(got))
	}
	if _, err := c.Models(context.Background(), filepath.Join(root, "gone"), nil); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

// What a file is, is told by its contents, not by its name or folder.
func TestKinds(t *testing.T) {
	dir, c := t.TempDir(), Open("", "")
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]Kind{
		safetensorstest.File(t, filepath.Join(dir, "a.safetensors"), whole()):                                                                            Model,
		safetensorstest.File(t, filepath.Join(dir, "b.safetensors"), lora):                                                                               LoRA,
		safetensorstest.File(t, filepath.Join(dir, "c.safetensors"), vae):                                                                                VAE,
		safetensorstest.File(t, filepath.Join(dir, "d.safetensors"), clip):                                                                               TextEncoder,
		safetensorstest.File(t, filepath.Join(dir, "e.safetensors"), upscaler):                                                                           Upscaler,
		safetensorstest.File(t, filepath.Join(dir, "f.safetensors"), map[string][]int{"emb_params": {2, 12}}):                                            Embedding,
		safetensorstest.File(t, filepath.Join(dir, "g.safetensors"), map[string][]int{"input_hint_block.0.weight": {4, 3, 3, 3}, "zero": {1}}):           ControlNet,
		safetensorstest.File(t, filepath.Join(dir, "h.safetensors"), map[string][]int{"some.other.network": {4, 4}, "and.more": {1, 2, 3}, "more": {1}}): Unknown,
		put("i.ckpt", "PK\x03\x04"):         Pickle,
		put("j.safetensors", "\x80\x02}q"):  Pickle,
		put("k.safetensors", "not weights"): Unknown,
		filepath.Join(dir, "gone"):          Unknown,
	} {
		got := c.Card(path)
		if got.Kind != want || (want == Unknown || want == Pickle) && got.Fault == "" && filepath.Base(path) != "h.safetensors" {
			t.Errorf("%s: %q (%s), want %q", filepath.Base(path), got.Kind, got.Fault, want)
		}
	}
	if got := c.Files(context.Background(), []string{dir}, VAE, Upscaler); !slices.Equal(names(got), []string{"c", "e"}) || got[0].Latents.Channels != 4 {
		t.Errorf("%+v", got)
	}
}

// Ten thousand files are read once: the next start, from the disk, reads no header, and of a file that has changed or come
// its own alone. Damaged caches are begun again.
func TestTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten thousand files")
	}
	root, at := t.TempDir(), filepath.Join(t.TempDir(), "cache", "headers.json")
	dir := filepath.Join(root, "models", "Stable-diffusion")
	first := safetensorstest.File(t, filepath.Join(dir, "first.safetensors"), whole())
	data, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	const count = 10_000
	for i := range count - 1 {
		sub := filepath.Join(dir, fmt.Sprintf("folder%02d", i%50))
		if i < 50 {
			os.MkdirAll(sub, 0o755)
		}
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("model%05d.safetensors", i)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := Open(at, "1")
	began := time.Now()
	if got := list(t, c, root); len(got) != count || c.Reads() != count {
		t.Fatalf("%d models of %d headers", len(got), c.Reads())
	}
	t.Logf("first: %v", time.Since(began))
	began = time.Now()
	c = Open(at, "1")
	if got := list(t, c, root); len(got) != count || c.Reads() != 0 || got[0].Family != "Stable Diffusion 1" {
		t.Errorf("at the next start: %d models, %d headers read", len(got), c.Reads())
	}
	t.Logf("from the disk: %v", time.Since(began))
	safetensorstest.File(t, filepath.Join(dir, "new.safetensors"), whole())
	safetensorstest.File(t, first, lora)
	if got := list(t, c, root); len(got) != count || c.Reads() != 2 {
		t.Errorf("one has come and one is a LoRA now: %d models, %d headers read", len(got), c.Reads())
	}
	info, err := os.Stat(at)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() > 1000*count {
		t.Errorf("%v, %+v", err, info)
	}
	if err := os.WriteFile(at, []byte(`{"Format": 1, "Files": {"x": `), 0o600); err != nil {
		t.Fatal(err)
	}
	if c = Open(at, "1"); c.Card(first).Kind != LoRA {
		t.Error("a damaged cache is in the way")
	}
}

// What another version did not know is looked at again, the rest is not; what was not seen for longest goes first.
func TestVersionsAndBounds(t *testing.T) {
	dir, at := t.TempDir(), filepath.Join(t.TempDir(), "headers.json")
	known := safetensorstest.File(t, filepath.Join(dir, "a.safetensors"), vae)
	unknown := safetensorstest.File(t, filepath.Join(dir, "b.safetensors"), map[string][]int{"some.other.network": {4, 4}, "and.more": {1, 2, 3}, "more": {1}})
	c := Open(at, "1")
	c.Card(known)
	c.Card(unknown)
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	c = Open(at, "2")
	c.Card(known)
	if c.Card(unknown); c.Reads() != 1 {
		t.Errorf("another version reads %d headers again", c.Reads())
	}
	for i := range mostKept {
		c.files[fmt.Sprint(i)] = entry{Seen: int64(i)}
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	c = Open(at, "2")
	c.load()
	if _, first := c.files["0"]; len(c.files) != mostKept || first {
		t.Errorf("%d files are kept", len(c.files))
	}
}

// A list carries whether a model has a draft, and whether its decoder gives opacity: the window shows their switches
// before the model is open.
func TestDraftAndOpacity(t *testing.T) {
	f := models.Folder{Decoder: models.Part{Path: "d", Config: []byte(`{"out_channels": 3}`)}}
	if c := described(f); c.Draft != 0 || c.Opacity {
		t.Errorf("a usual model: %+v", c)
	}
	f.Draft, f.Decoder.Config = &models.Draft{Steps: 4}, []byte(`{"out_channels": 4}`)
	if c := described(f); c.Draft != 4 || !c.Opacity {
		t.Errorf("one with both: %+v", c)
	}
	f.Decoder.Config = []byte(`{`)
	if c := described(f); c.Opacity {
		t.Errorf("a broken config: %+v", c)
	}
}

// A list carries what a model's folder says that it is usually run with; without a verifier there is no search.
func TestUsual(t *testing.T) {
	f := models.Folder{Index: []byte(`{"_class_name": "StableDiffusionPipeline", "_usual": {"num_inference_steps": 30, "guidance_scale": 3.5, "best_of": 8}}`), Denoiser: models.Part{Config: []byte(`{"sample_size": 32}`)}}
	if c := described(f); c.Steps != 30 || c.Guidance != 3.5 || c.BestOf != 1 || c.Verifier || c.Width != 32 {
		t.Errorf("without a verifier: %+v", c)
	}
	f.Verifier = &models.Verifier{}
	if c := described(f); c.BestOf != 8 || !c.Verifier {
		t.Errorf("with one: %+v", c)
	}
	for _, index := range []string{``, `{`, `{"_usual": 3}`, `{"_class_name": "StableDiffusionPipeline"}`} {
		f.Index = []byte(index)
		if c := described(f); c.Steps != 0 || c.Guidance != 0 || c.BestOf != 1 {
			t.Errorf("%q: %+v", index, c)
		}
	}
}
