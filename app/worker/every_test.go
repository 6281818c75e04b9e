package worker

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// Branches from every step of every sampler's kept path, as it is read after a restart, are the straight runs with the
// same changes, to the bit: guidance, and a mask outside of which the path's own picture is kept.
func TestEverySamplerAfterARestart(t *testing.T) {
	left := image.NewGray(square)
	for y := range 8 {
		for x := range 4 {
			left.SetGray(x, y, color.Gray{255})
		}
	}
	ran := 0
	for _, s := range engine.Samplers() {
		if testing.Short() && s.Name == "DPM adaptive" {
			continue // hundreds of evaluations
		}
		ran++
		t.Run(s.Name, func(t *testing.T) {
			begin := func() *Run {
				r := fresh()
				r.Job.Request.Sampler, r.Job.Request.Steps, r.Job.Request.Width, r.Job.Request.Height = s.Name, 7, 8, 8
				return r
			}
			store := trajectory.Open(disk.OS{}, t.TempDir())
			made := carriedTo(t, begin(), store, nil)
			path := keptPath(t, store, made)
			if len(path.Steps) != len(made.Hashes) {
				t.Fatalf("%d steps are kept of %d", len(path.Steps), len(made.Hashes))
			}
			guidance := float32(9)
			for i := range path.Steps[:len(path.Steps)-1] {
				read, _ := path.Reader(i)
				branch := path.Branch(i, read(), engine.Change{Guidance: &guidance, Mask: left})
				Outside{X: path.Last()(), Parent: &made}.Keep(branch)
				straight := begin()
				straight.Job.Request.Changes, straight.Job.Recipe.Changes = branch.Job.Request.Changes, branch.Job.Recipe.Changes
				got, want := carried(t, branch, nil), carried(t, straight, nil)
				if at, ok := recipe.Compare(got.Hashes, want.Hashes); !ok || at >= 0 || !recipe.Same(got, want) {
					t.Fatalf("branched at step %d of %d it differs from step %d", i, len(path.Steps)-1, at)
				}
				if k := got.Changes[0].Kept; k == nil || k.Parent == nil || !slices.Equal(k.Parent.Hashes, made.Hashes) {
					t.Fatalf("the recipe does not tell whose picture is kept: %+v", got.Changes)
				}
			}
		})
	}
	if ran < 20 {
		t.Errorf("only %d samplers were tried", ran)
	}
}

// keptPath is a picture's run as it is read from a store.
func keptPath(t *testing.T, store *trajectory.Store, made recipe.Recipe) *Run {
	t.Helper()
	key := trajectory.Key(made.Hashes)
	f, err := store.Read(key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := OfPath(key, f)
	if err != nil {
		t.Fatal(err)
	}
	heads := slices.Clone(r.Steps)
	r.Attach(Hooks{Read: func(_ int, s engine.Step) (engine.Step, bool) {
		was, err := f.Step(slices.IndexFunc(heads, func(h engine.Step) bool { return h.Index == s.Index }))
		return was, err == nil
	}})
	return r
}
