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

// References change the picture, in their order; the recipe has their hashes and asks for them; models that take fewer say so
// in one line.
func TestReferences(t *testing.T) {
	root := modelsOf(t, recordedKlein)
	model := filepath.Join(root, "klein-diffusers")
	scene, odd := recorded+"/inputs/scene.png", recorded+"/inputs/odd.png"
	plain, one := painted(t, model), painted(t, model, "--reference", scene)
	both, turned := painted(t, model, "--reference", scene, "--reference", odd), painted(t, model, "--reference", odd, "--reference", scene)
	for name, pair := range map[string][2][]byte{"none and one": {plain, one}, "one and two": {one, both}, "two in another order": {both, turned}} {
		if slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s make the same picture", name)
		}
	}
	file, again := filepath.Join(t.TempDir(), "a.png"), filepath.Join(t.TempDir(), "b.png")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a fox", "--steps", "2", "--size", "64x64", "--reference", scene, "--reference", odd, "--out", file)
	made, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := recipe.Read(made)
	if err != nil || f.Recipe.References() != 2 {
		t.Fatalf("%v: %v", err, f.Recipe.Pictures)
	}
	if out := say(t, cli.Failed, "generate", "--recipe", file, "--out", again); !strings.Contains(out, "2 reference pictures") || !strings.Contains(out, "--reference") {
		t.Error(out)
	}
	say(t, cli.Done, "generate", "--recipe", file, "--model", model, "--reference", scene, "--reference", odd, "--out", again)
	if second, err := os.ReadFile(again); err != nil || !slices.Equal(pixels(t, made), pixels(t, second)) {
		t.Error("the recipe with its references makes another picture", err)
	}
	many := slices.Repeat([]string{"--reference", scene}, 5)
	if out := say(t, cli.Failed, append([]string{"generate", "--model", model, "--prompt", "a", "--out", again}, many...)...); !strings.Contains(out, "up to 4 pictures") {
		t.Error(out)
	}
	if out := say(t, cli.Failed, "generate", "--prompt", "a fox", "--reference", scene, "--out", again); !strings.Contains(out, "takes no reference pictures") || strings.Count(strings.TrimSpace(out), "\n") > 1 {
		t.Error(out)
	}
	edit := filepath.Join(modelsOf(t, recorded+"/qwenimage"), "qwenimage-edit-diffusers")
	if out := say(t, cli.Failed, "generate", "--model", edit, "--prompt", "a", "--init", scene, "--reference", odd, "--out", again); !strings.Contains(out, "takes one picture") {
		t.Error(out)
	}
}
