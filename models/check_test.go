package models

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/token"
)

// FuzzCheckNetwork lets checkNetwork walk whatever a file may hold. It always ends, and says what is
// wrong with the file's name.
func FuzzCheckNetwork(f *testing.F) {
	whole, err := os.ReadFile("nirvana/vae_encoder/model.onnx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(whole[:64])
	f.Add([]byte{0x08, 0x0a})
	f.Add([]byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, what := range checkNetwork(path) {
			if !strings.Contains(what, "model.onnx") {
				t.Errorf("%d bytes: %q names no file", len(data), what)
			}
		}
	})
}

// A network cut at any place is found out.
func TestCheckTruncated(t *testing.T) {
	whole, err := os.ReadFile("nirvana/vae_encoder/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	for _, n := range []int{1, 1000, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if checkNetwork(path) == nil {
			t.Errorf("the first %d of %d bytes pass for a network", n, len(whole))
		}
	}
	if wrong := checkNetwork("nirvana/vae_encoder/model.onnx"); wrong != nil {
		t.Error(wrong)
	}
}

// A file of a tokenizer that is cut off is found out, also where what is left can be read: every word beyond the letters wants
// a merge, and the encoder says how many words it knows.
func TestCheckTokenizers(t *testing.T) {
	vocab, merges := map[string]int{}, "#version: 0.2\n"
	for i := range 256 {
		vocab[string(rune(0x100+i))], vocab[string(rune(0x100+i))+"</w>"] = 2*i, 2*i+1
	}
	for i := range 200 {
		a, b := string(rune(0x100+i)), string(rune(0x101+i))+"</w>"
		vocab[a+b] = len(vocab)
		merges += a + " " + b + "\n"
	}
	vocab["<|startoftext|>"] = len(vocab)
	vocab["<|endoftext|>"] = len(vocab)
	words, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{"vocab.json": string(words), "merges.txt": merges, "tokenizer_config.json": `{"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}`}
	check := func(name string, keep int, encoder int) error {
		dir := t.TempDir()
		for file, text := range whole {
			if file == name {
				text = text[:min(keep, len(text))]
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return token.Check(dir, encoder)
	}
	if err := check("", 0, len(vocab)); err != nil {
		t.Errorf("a whole one: %v", err)
	}
	for name, keep := range map[string]int{"vocab.json": 300, "merges.txt": 60, "tokenizer_config.json": 30} {
		if err := check(name, keep, 0); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s cut at %d: %v", name, keep, err)
		}
	}
	if err := check("merges.txt", len(merges)-6, 0); err == nil {
		t.Error("merges.txt cut in its last line is found whole")
	}
	if err := check("", 0, 3*len(vocab)); err == nil {
		t.Error("a third of the words passes for all")
	}
}

// A pipeline of other networks is named, with those that it has.
func TestOtherPipelines(t *testing.T) {
	for class, parts := range map[string][]string{"StableCascadePriorPipeline": {"prior", "text_encoder"}, "WuerstchenDecoderPipeline": {"decoder", "vqgan", "text_encoder"},
		"KandinskyV22PriorPipeline": {"prior", "image_encoder"}} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "model_index.json"), []byte(`{"_class_name":"`+class+`"}`), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if err := os.MkdirAll(filepath.Join(dir, p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, p, "model.onnx"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Read(dir)
		if err == nil || !strings.Contains(err.Error(), "is a "+class) || !strings.Contains(err.Error(), parts[0]) {
			t.Errorf("%s: %v", class, err)
		}
	}
}

// The old layout has a safety checker, a feature extractor and a tokenizer of two files beside the networks: they are left alone.
func TestOldLayout(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"model_index.json": `{"_class_name":"OnnxStableDiffusionPipeline"}`, "scheduler/scheduler_config.json": `{"_class_name":"PNDMScheduler","x":-Infinity}`,
		"unet/model.onnx": "", "unet/weights.pb": "x", "text_encoder/model.onnx": "", "vae_decoder/model.onnx": "", "vae_encoder/model.onnx": "", "safety_checker/model.onnx": "",
		"feature_extractor/preprocessor_config.json": "{}", "tokenizer/vocab.json": "{}", "tokenizer/merges.txt": ""} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Read(dir)
	if err != nil || len(f.Text) != 1 || f.Text[0].Name != "text_encoder" || f.Denoiser.Config != nil || len(f.Control) != 0 || f.Refiner() {
		t.Errorf("%v %+v", err, f)
	}
}

// Folders of links, as the hub's own cache holds them, are the same model with the same size.
func TestLinkedFolder(t *testing.T) {
	whole, err := Read("nirvana")
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.Abs("nirvana")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(real)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "nirvana")
	if err := os.MkdirAll(filepath.Join(dir, "unet"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "unet" { // files as links here, folders as links elsewhere
			for _, name := range []string{"config.json", "model.onnx"} {
				link(t, filepath.Join(real, "unet", name), filepath.Join(dir, "unet", name))
			}
			continue
		}
		link(t, filepath.Join(real, e.Name()), filepath.Join(dir, e.Name()))
	}
	linked, err := Read(dir)
	if err != nil || linked.Identity != whole.Identity || linked.Bytes != whole.Bytes {
		t.Errorf("%v: %d bytes, %.8s; want %d, %.8s", err, linked.Bytes, linked.Identity, whole.Bytes, whole.Identity)
	}
	link(t, dir, filepath.Join(dir, "ring"))
	if _, err := Read(dir); err != nil {
		t.Errorf("a ring of links: %v", err)
	}
}

func link(t *testing.T, from, to string) {
	if err := os.Symlink(from, to); err != nil {
		t.Skip("no links here: ", err)
	}
}
