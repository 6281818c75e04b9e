//go:build migrated_fynedo

package program

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/recipe"
)

// halfPainted is a PNG that is red on the left and transparent on the right, or white and black.
func halfPainted(t *testing.T, path string, left, right color.Color) {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for x := range 48 {
			if x < 24 {
				img.Set(x, y, left)
			} else {
				img.Set(x, y, right)
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSteeredRunIsMadeAgain steers, paints, branches from kept states and grafts by flags, and wants every picture made
// again from its recipe alone to be identical, step for step.
func TestSteeredRunIsMadeAgain(t *testing.T) {
	dir, model := t.TempDir(), filepath.Join(recordedModels(t), "sd1")
	in := func(name string) string { return filepath.Join(dir, name) }
	halfPainted(t, in("stroke.png"), color.NRGBA{255, 0, 0, 255}, color.NRGBA{})
	halfPainted(t, in("mask.png"), color.White, color.Black)
	first := []string{"generate", "--model", model, "--prompt", "a red fox", "--steps", "8", "--seed", "3", "--size", "48x48", "--sampler", "Euler a",
		"--change", "2: guidance=3", "--change", `4: prompt="a blue; bird"; negative=fog; stroke=` + in("stroke.png") + "; stroke-strength=0.7"}
	say(t, cli.Done, append(slices.Clone(first), "--out", in("a.png"), "--stroke-pixels", "--trace", in("trace"), "--states", "3")...)
	say(t, cli.Done, append(slices.Clone(first), "--out", in("bare.png"))...)
	plain := slices.Clone(first[:13])
	say(t, cli.Done, append(plain, "--seed", "11", "--out", in("other.png"))...)

	again := func(of string, more ...string) string {
		t.Helper()
		return say(t, cli.Done, append([]string{"generate", "--model", model, "--recipe", in(of), "--out", in("again.png")}, more...)...)
	}
	if out := again("a.png"); !strings.Contains(out, "identical") {
		t.Errorf("steered and painted: %s", out)
	}
	if out := say(t, cli.Failed, "generate", "--model", model, "--recipe", in("bare.png"), "--out", in("again.png")); !strings.Contains(out, "--stroke FILE") {
		t.Errorf("without the stroke's pixels: %s", out)
	}
	if out := again("bare.png", "--stroke", in("stroke.png")); !strings.Contains(out, "identical") {
		t.Errorf("with the stroke given: %s", out)
	}

	branch := []string{"generate", "--model", model, "--recipe", in("a.png"), "--from-step", "5", "--guidance", "9", "--prompt", "a green frog"}
	say(t, cli.Done, append(slices.Clone(branch), "--out", in("walked.png"))...)
	say(t, cli.Done, append(slices.Clone(branch), "--out", in("kept.png"), "--from", in("trace"))...)
	walked, kept, parent := recipeOf(t, in("walked.png")), recipeOf(t, in("kept.png")), recipeOf(t, in("a.png"))
	if at, ok := recipe.Compare(walked.Hashes, kept.Hashes); !ok || at >= 0 {
		t.Errorf("from kept states it differs at step %d of %d and %d", at, len(walked.Hashes), len(kept.Hashes))
	}
	if at, ok := recipe.Compare(walked.Hashes, parent.Hashes); !ok || at != 6 {
		t.Errorf("the branch at step 5 leaves its parent at %d", at)
	}
	for _, name := range []string{"walked.png", "kept.png"} {
		if out := again(name, "--stroke", in("stroke.png")); !strings.Contains(out, "identical") {
			t.Errorf("the branch %s: %s", name, out)
		}
	}

	say(t, cli.Done, "generate", "--model", model, "--recipe", in("a.png"), "--change", "6: graft="+in("other.png")+"; graft-mask="+in("mask.png"), "--out", in("graft.png"))
	if at, ok := recipe.Compare(recipeOf(t, in("graft.png")).Hashes, parent.Hashes); !ok || at != 7 {
		t.Errorf("the graft at step 6 shows at %d", at)
	}
	if out := again("graft.png", "--stroke", in("stroke.png")); !strings.Contains(out, "identical") {
		t.Errorf("grafted: %s", out)
	}
	for _, wrong := range []string{"guidance=3", "3: guidance", "3: warmth=2", "3: guidance=-1", "3: lora=x", "3: stroke-strength=1", "3: interval=1", "3:"} {
		say(t, cli.WrongUsage, append(slices.Clone(first), "--out", in("never.png"), "--change", wrong)...)
	}
}
