package program

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/recipe"
)

// homeWith is a data folder with files of the recorded adapters at the paths.
func homeWith(t *testing.T, files map[string]string) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	for to, from := range files {
		data, err := os.ReadFile(filepath.Join(recorded, "adapters", from))
		if err != nil {
			data = []byte(from)
		}
		path := filepath.Join(home, filepath.FromSlash(to))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// LoRAs in subfolders are found, block weights weigh them, and what is wrong with a call is said.
func TestPromptLoRASettings(t *testing.T) {
	home := homeWith(t, map[string]string{"loras/sub/Deep.safetensors": "lora-a.kohya.safetensors", "loras/old.pt": "x"})
	plain, whole := drawn(t, "a fox"), drawn(t, "a fox<lora:deep>")
	if equal(plain, whole) {
		t.Error("the LoRA changes nothing")
	}
	for _, same := range []string{"a fox<lora:sub/deep:1>", "a fox<lora:deep:1:1:1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1>", "a fox{<lora:deep>|<lora:deep:1>}"} {
		if !equal(whole, drawn(t, same)) {
			t.Errorf("%s draws otherwise", same)
		}
	}
	if !equal(plain, drawn(t, "a fox<lora:deep:1:lbw=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0>")) {
		t.Error("without any block the LoRA still changes something")
	}
	for call, want := range map[string]string{"<lora:deep:0,7>": "write 0.7", "<lora:deep:1:lbw=1,2,3>": "no length that is known", "<lora:old>": "can run programs",
		strings.Repeat("[a:", 200) + strings.Repeat(":0.5]", 200): "nested 200 deep", "embedding:gone": "gone.safetensors"} {
		out := say(t, cli.Failed, "generate", "--model", filepath.Join(recordedModels(t), "sd1"), "--prompt", "a fox "+call, "--seed", "1", "--out", filepath.Join(home, "x.png"))
		if !strings.Contains(out, want) {
			t.Errorf("%s: %s", call, out)
		}
	}
}

// Embeddings are words of their own, called by their file's name in any capitals or as ComfyUI does.
func TestPromptEmbedding(t *testing.T) {
	prompts := []string{"a start of a party, artist", "a fox, art"}
	homeWith(t, nil)
	without := drawn(t, prompts[0])
	word := drawn(t, prompts[1])
	homeWith(t, map[string]string{"embeddings/sub/Art.safetensors": "gloomy.safetensors", "embeddings/bad.pt": "x"})
	if !equal(without, drawn(t, prompts[0])) {
		t.Error("the embedding acts inside words")
	}
	used := drawn(t, prompts[1])
	if equal(word, used) {
		t.Error("the embedding does not act")
	}
	for _, same := range []string{"a fox, ART", "a fox, embedding:art", "a fox, embedding:sub/art.safetensors"} {
		if !equal(used, drawn(t, same)) {
			t.Errorf("%s draws otherwise", same)
		}
	}
}

// A recipe says what was drawn of wildcards, and makes the same picture again.
func TestDrawnRecipe(t *testing.T) {
	dir := t.TempDir()
	first, again := filepath.Join(dir, "a.png"), filepath.Join(dir, "b.png")
	say(t, cli.Done, "generate", "--model", filepath.Join(recordedModels(t), "sd1"), "--prompt", `a {red|blue|green} fox \{a\|b\}`, "--seed", "5", "--steps", "2", "--size", "64x64", "--out", first)
	f, err := recipe.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if p := f.Recipe.Prompt; strings.Contains(p, "red|") || !strings.HasSuffix(p, ` fox \{a\|b\}`) {
		t.Errorf("the recipe says %q", p)
	}
	out := say(t, cli.Done, "generate", "--model", filepath.Join(recordedModels(t), "sd1"), "--recipe", first, "--out", again)
	if !strings.Contains(out, "identical") {
		t.Error(out)
	}
}

// A change on the way brings a prompt whose LoRA has another weight: it counts from there on, exactly so when the run goes on
// from a step that was kept, and when the picture is made again from its recipe.
func TestLoRAWeightChanges(t *testing.T) {
	homeWith(t, map[string]string{"loras/deep.safetensors": "lora-a.kohya.safetensors"})
	dir, model := t.TempDir(), filepath.Join(recordedModels(t), "sd1")
	in := func(name string) string { return filepath.Join(dir, name) }
	first := []string{"generate", "--model", model, "--steps", "6", "--seed", "3", "--size", "48x48", "--sampler", "Euler a", "--prompt", "a fox<lora:deep:0.3>"}
	say(t, cli.Done, append(slices.Clone(first), "--out", in("plain.png"), "--trace", in("trace"), "--states", "1")...)
	say(t, cli.Done, append(slices.Clone(first), "--change", "3: prompt=a fox<lora:deep:1>", "--out", in("changed.png"))...)
	say(t, cli.Done, "generate", "--model", model, "--recipe", in("plain.png"), "--from-step", "3", "--prompt", "a fox<lora:deep:1>", "--from", in("trace"), "--out", in("branch.png"))
	plain, changed, branch := recipeOf(t, in("plain.png")), recipeOf(t, in("changed.png")), recipeOf(t, in("branch.png"))
	if at, ok := recipe.Compare(changed.Hashes, plain.Hashes); !ok || at != 4 {
		t.Errorf("a change at step 3 shows at step %d", at)
	}
	if at, ok := recipe.Compare(branch.Hashes, changed.Hashes); !ok || at >= 0 {
		t.Errorf("the branch differs from the straight run at step %d", at)
	}
	if out := say(t, cli.Done, "generate", "--model", model, "--recipe", in("changed.png"), "--out", in("again.png")); !strings.Contains(out, "identical") {
		t.Errorf("made again: %s", out)
	}
}
