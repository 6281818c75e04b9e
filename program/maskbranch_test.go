//go:build migrated_fynedo

package program

import (
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/recipe"
)

// A branch with a mask is made from a recipe's step, from noise and from kept states alike, of a run of text alone and of
// one that began from a picture; and again from its own recipe, which has its parent's. What is missing is told in a line.
func TestBranchWithAMask(t *testing.T) {
	dir, model := t.TempDir(), filepath.Join(recordedModels(t), "sd1")
	in := func(name string) string { return filepath.Join(dir, name) }
	halfPainted(t, in("mask.png"), color.White, color.Black)
	halfPainted(t, in("small.png"), color.White, color.Black)
	halfPainted(t, in("init.png"), color.NRGBA{200, 40, 40, 255}, color.NRGBA{40, 40, 200, 255})
	first := []string{"generate", "--model", model, "--prompt", "a red fox", "--steps", "8", "--seed", "3", "--size", "48x48", "--sampler", "Euler a"}
	branch := func(of, out string, more ...string) {
		t.Helper()
		say(t, cli.Done, append([]string{"generate", "--model", model, "--recipe", in(of), "--out", in(out), "--from-step", "5", "--guidance", "9", "--mask", in("mask.png")}, more...)...)
	}
	again := func(of string, more ...string) {
		t.Helper()
		if out := say(t, cli.Done, append([]string{"generate", "--model", model, "--recipe", in(of), "--out", in("again.png")}, more...)...); !strings.Contains(out, "identical") {
			t.Errorf("%s made again: %s", of, out)
		}
	}
	say(t, cli.Done, append(slices.Clone(first), "--out", in("text.png"), "--trace", in("trace"), "--states", "3")...)
	branch("text.png", "walked.png")
	branch("text.png", "kept.png", "--from", in("trace"))
	walked, kept := recipeOf(t, in("walked.png")), recipeOf(t, in("kept.png"))
	if at, ok := recipe.Compare(walked.Hashes, kept.Hashes); !ok || at >= 0 {
		t.Errorf("from kept states it differs at step %d", at)
	}
	if c := walked.Changes; len(c) != 1 || c[0].At != 5 || c[0].Mask == nil || c[0].Kept == nil || c[0].Kept.Parent == nil || *c[0].Guidance != 9 {
		t.Fatalf("its recipe tells of %+v", c)
	}
	again("walked.png")
	branch("walked.png", "twice.png", "--from-step", "7", "--guidance", "2")
	again("twice.png")

	say(t, cli.Done, append(slices.Clone(first), "--init", in("init.png"), "--strength", "0.8", "--out", in("picture.png"))...)
	branch("picture.png", "over.png", "--init", in("init.png"), "--from-step", "3")
	again("over.png", "--init", in("init.png"))
	if out := say(t, cli.Failed, "generate", "--model", model, "--recipe", in("over.png"), "--out", in("never.png")); !strings.Contains(out, "--init") || strings.Count(out, "\n") != 1 {
		t.Errorf("without the picture: %s", out)
	}

	say(t, cli.Done, append(slices.Clone(first), "--init", in("init.png"), "--mask", in("mask.png"), "--strength", "0.8", "--out", in("masked.png"))...)
	say(t, cli.Done, "generate", "--model", model, "--recipe", in("masked.png"), "--init", in("init.png"), "--change", "2: keep=0.25", "--change", "4: mask="+in("small.png"), "--out", in("loose.png"))
	again("loose.png", "--init", in("init.png"))

	lone := walked
	lone.Changes = slices.Clone(walked.Changes)
	lone.Changes[0].Kept = &recipe.Kept{X: walked.Changes[0].Kept.X}
	js, err := lone.JSON()
	if err == nil {
		err = os.WriteFile(in("lone.json"), js, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := say(t, cli.Failed, "generate", "--model", model, "--recipe", in("lone.json"), "--out", in("never.png")); !strings.Contains(out, "recipe of its run is missing") || strings.Count(out, "\n") != 1 {
		t.Errorf("without the parent's recipe: %s", out)
	}
	other := walked
	other.Changes = slices.Clone(walked.Changes)
	parent := *walked.Changes[0].Kept.Parent
	parent.Seed++
	other.Changes[0].Kept = &recipe.Kept{X: walked.Changes[0].Kept.X, Parent: &parent}
	if js, err = other.JSON(); err == nil {
		err = os.WriteFile(in("other.json"), js, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := say(t, cli.Failed, "generate", "--model", model, "--recipe", in("other.json"), "--out", in("never.png")); !strings.Contains(out, "cannot be reproduced here") || strings.Count(out, "\n") != 1 {
		t.Errorf("with another parent: %s", out)
	}
}
