package installation

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each program's folder gives what it keeps, from its root and from its folder of models.
func TestRead(t *testing.T) {
	for program, c := range map[string]struct{ checkpoint, lora, embedding string }{
		"ComfyUI":       {"models/checkpoints", "models/loras", "models/embeddings"},
		"AUTOMATIC1111": {"models/Stable-diffusion", "models/Lora", "embeddings"},
		"Invoke":        {"models/sdxl/main", "models/sdxl/lora", "models/sdxl/embedding"},
	} {
		root := t.TempDir()
		file := put(t, filepath.Join(root, c.checkpoint, "sub", "a.safetensors"), "")
		put(t, filepath.Join(root, c.lora, "b.safetensors"), "")
		put(t, filepath.Join(root, c.embedding, "c.safetensors"), "")
		for what, f := range map[string]Folders{"root": Read(root), "around": Around(file)} {
			if !slices.Equal(f[Checkpoints], []string{filepath.Join(root, c.checkpoint)}) || !slices.Equal(f[LoRAs], []string{filepath.Join(root, c.lora)}) ||
				!slices.Equal(f[Embeddings], []string{filepath.Join(root, c.embedding)}) {
				t.Errorf("%s, %s: %v", program, what, f)
			}
		}
		if f := Read(filepath.Join(root, "models")); len(f[Checkpoints]) != 1 || len(f[LoRAs]) != 1 {
			t.Errorf("%s, its models: %v", program, f)
		}
	}
	if f := Around(put(t, filepath.Join(t.TempDir(), "alone.safetensors"), "")); len(f) != 0 {
		t.Errorf("a file alone is taken to lie in an installation: %v", f)
	}
}

// ComfyUI's list names folders anywhere: relative ones, several lines, variables; what is wrong in it is passed over.
func TestExtraPaths(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	t.Setenv("ELSEWHERE", other)
	for _, dir := range []string{"models/Stable-diffusion", "models/Lora", "models/LyCORIS"} {
		put(t, filepath.Join(other, dir, "x.safetensors"), "")
	}
	file := put(t, filepath.Join(root, "models", "checkpoints", "y.safetensors"), "")
	put(t, filepath.Join(root, "shared", "loras", "z.safetensors"), "")
	put(t, filepath.Join(root, "extra_model_paths.yaml"), `
# comment
a111:
    base_path: $ELSEWHERE/
    is_default: true
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
         models/nowhere
    custom_nodes: models/Lora
here:
    loras: shared/loras
broken: null
`)
	f := Around(file)
	slices.Sort(f[LoRAs])
	want := []string{filepath.Join(root, "shared", "loras"), filepath.Join(other, "models", "Lora"), filepath.Join(other, "models", "LyCORIS")}
	slices.Sort(want)
	if !slices.Equal(f[LoRAs], want) || len(f[Checkpoints]) != 2 {
		t.Errorf("%v", f)
	}
	for _, bad := range []string{"a: [", "- 1\n- 2", "a: 5", "\x00\x01", "a: &x {b: *x}"} {
		put(t, filepath.Join(root, "extra_model_paths.yaml"), bad)
		if f := Read(root); len(f[Checkpoints]) != 1 {
			t.Errorf("%q: %v", bad, f)
		}
	}
}

// Pictures and trigger words are found under every program's name for them.
func TestBeside(t *testing.T) {
	dir := t.TempDir()
	file := put(t, filepath.Join(dir, "style.v1.safetensors"), "")
	picture := put(t, filepath.Join(dir, "style.v1.jpg"), "x")
	if s := Beside(file); s.Preview != picture || s.Words != nil {
		t.Errorf("%+v", s)
	}
	picture = put(t, filepath.Join(dir, "style.v1.preview.png"), "x")
	put(t, filepath.Join(dir, "style.v1.civitai.info"), `{"trainedWords": ["ink  wash, monochrome", "ink wash"], "id": 5}`)
	put(t, filepath.Join(dir, "style.v1.json"), `{"activation text": "monochrome, fog", "preferred weight": 0.7, "description": null}`)
	put(t, filepath.Join(dir, "style.v1.metadata.json"), `{"civitai": {"trainedWords": ["rain"]}}`)
	if s := Beside(file); s.Preview != picture || !slices.Equal(s.Words, []string{"ink wash", "monochrome", "fog", "rain"}) || s.Weight != 0.7 {
		t.Errorf("%+v", s)
	}
	put(t, filepath.Join(dir, "style.v1.json"), `{"activation text": "monochrome, fog"}`)
	for tips, want := range map[string]float64{`"{\"strength\": 0.6, \"strength_range\": \"0.4-0.8\"}"`: 0.6, `"{"`: 0, `"{\"strength\": \"much\"}"`: 0, `{"strength": 0.6}`: 0} {
		put(t, filepath.Join(dir, "style.v1.metadata.json"), `{"usage_tips": `+tips+`}`)
		if s := Beside(file); s.Weight != want {
			t.Errorf("usage_tips %s: a weight of %g", tips, s.Weight)
		}
	}
	put(t, filepath.Join(dir, "style.v1.civitai.info"), `{"trainedWords": 7}`)
	put(t, filepath.Join(dir, "style.v1.json"), `[`)
	put(t, filepath.Join(dir, "style.v1.metadata.json"), `{"civitai": null, "preferred weight": 1e9}`)
	if s := Beside(file); len(s.Words) != 0 || s.Weight != 0 {
		t.Errorf("broken ones: %+v", s)
	}
}

// The settings of SD.Next, Fooocus and Invoke name folders; Invoke keeps every model in a folder of its own, whatever its kind.
func TestConfigured(t *testing.T) {
	disk := t.TempDir()
	big := filepath.Dir(put(t, filepath.Join(disk, "big", "a.safetensors"), ""))
	styles := filepath.Dir(put(t, filepath.Join(disk, "styles", "b.safetensors"), ""))
	for name, c := range map[string]string{
		"config.json":   `{"ckpt_dir": "` + filepath.ToSlash(big) + `", "lora_dir": "lora here", "theme": 5, "vae_dir": null}`,
		"config.txt":    `{"path_checkpoints": ["models/checkpoints", "` + filepath.ToSlash(big) + `"], "path_loras": "` + filepath.ToSlash(styles) + `", "default_model": "x"}`,
		"invokeai.yaml": "schema_version: 4.0.2\nmodels_dir: " + filepath.ToSlash(big) + "\n",
	} {
		root := t.TempDir()
		put(t, filepath.Join(root, name), c)
		near := filepath.Dir(put(t, filepath.Join(root, "lora here", "c.safetensors"), ""))
		lora := map[string]string{"config.json": near, "config.txt": styles, "invokeai.yaml": big}[name]
		if f := Read(root); !slices.Equal(f[Checkpoints], []string{big}) || !slices.Equal(f[LoRAs], []string{lora}) {
			t.Errorf("%s: %v", name, f)
		}
		for _, bad := range []string{"", "[", "7", `{"ckpt_dir": {}}`, "\x00"} {
			put(t, filepath.Join(root, name), bad)
			if f := Read(root); len(f[Checkpoints]) != 0 {
				t.Errorf("%s with %q: %v", name, bad, f)
			}
		}
	}
	root := t.TempDir()
	put(t, filepath.Join(root, "invokeai.yaml"), "schema_version: 4.0.2\n")
	file := put(t, filepath.Join(root, "models", "1f0c9a", "a.safetensors"), "")
	put(t, filepath.Join(root, "models", "sdxl", "main", "old.safetensors"), "")
	for what, f := range map[string]Folders{"root": Read(root), "around": Around(file)} {
		for kind := Checkpoints; kind <= Upscalers; kind++ {
			if !slices.Equal(f[kind], []string{filepath.Join(root, "models")}) {
				t.Errorf("Invoke, %s, kind %d: %v", what, kind, f)
			}
		}
	}
}
