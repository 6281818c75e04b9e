package app

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/grid"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// A grid's places differ in what its axes say and in nothing else; what is made is found again, the rest is made, and all
// of it is one picture.
func TestGrid(t *testing.T) {
	home := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Prompt, s.Seed, s.Steps, s.Locked, s.Count = "a cat", 7, 2, false, 3 })
		g, err := grid.Parse("guidance=1,3", "replace=cat,dog")
		if err != nil {
			t.Fatal(err)
		}
		id, err := b.Scene().GridID(g)
		if err != nil {
			t.Fatal(err)
		}
		b.Grid(g, id, func(at [3]int) bool { return at == [3]int{0, 1, 0} })
		b.after(time.Minute)
		made, err := g.Made(b.History, id)
		if err != nil || len(made) != 3 {
			t.Fatalf("%d places are made, %v", len(made), err)
		}
		if again, err := b.Scene().GridID(g); err != nil || again != id || !b.Settings.Locked {
			t.Errorf("the same grid is another: %s, %s, %v", again, id, err)
		}
		b.Grid(g, id, func(at [3]int) bool { _, ok := made[at]; return ok })
		b.after(time.Minute)
		if made, err = g.Made(b.History, id); err != nil || len(made) != 4 {
			t.Fatalf("%d places are made, %v", len(made), err)
		}
		for at, e := range made {
			r := e.Recipe
			want := map[int]float32{0: 1, 1: 3}[at[0]]
			if r.Guidance != want || r.Prompt != map[int]string{0: "a cat", 1: "a dog"}[at[1]] || r.Seed != 7 || r.Grid.At[0] != at[0] || r.Steps != 2 {
				t.Errorf("%v: %+v", at, r)
			}
		}
		path := filepath.Join(t.TempDir(), "grid.png")
		if err := g.Write(path, b.History, id, nil); err != nil {
			t.Fatal(err)
		}
		if f, err := recipe.ReadFile(path); err != nil || f.Recipe.Grid == nil || len(f.Recipe.Grid.Axes) != 2 || f.Recipe.Grid.At != nil {
			t.Errorf("%+v %v", f.Recipe.Grid, err)
		}
		b.Set(func(s *Settings) { s.Steps = 3 })
		if other, err := b.Scene().GridID(g); err != nil || other == id {
			t.Error("with other steps it is the same grid")
		}
		b.Set(func(s *Settings) { s.Prompt = "a moon" })
		if _, err := b.Scene().GridID(g); err == nil {
			t.Error("what is to be replaced is not there, and nothing is said")
		}
	})
}

// A grid over models has each model make its cells, opens each once, and leaves the chosen one's settings as they are.
func TestGridOfModels(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["a"].facts = func(f *engine.Facts) {
			f.Steps, f.Draft, f.Opacity = 25, engine.Draft{Steps: 4, Guidance: 1}, true
		}
		b.models["b"].facts = func(f *engine.Facts) { f.Steps, f.Width, f.Height = 9, 128, 128 }
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Prompt, s.Seed, s.Draft = "a cat", 7, true })
		was := b.Settings
		g, err := grid.Parse("model=B,A", "guidance=1,3")
		if err != nil {
			t.Fatal(err)
		}
		id, err := b.Scene().GridID(g)
		if err != nil {
			t.Fatal(err)
		}
		b.Grid(g, id, func([3]int) bool { return false })
		b.after(2 * time.Minute)
		made, err := g.Made(b.History, id)
		if err != nil || len(made) != 4 {
			t.Fatalf("%d cells are made, %v; %+v", len(made), err, b.Notice)
		}
		for at, e := range made {
			r := e.Recipe
			if r.Model != g.Model(at) || r.Guidance != map[int]float32{0: 1, 1: 3}[at[1]] || r.Steps != was.Steps || r.Seed != 7 {
				t.Errorf("%v: %s of %d steps, guidance %g", at, r.Model, r.Steps, r.Guidance)
			}
		}
		for _, name := range []string{"a", "b"} {
			asked := b.models[name].asked
			if len(asked) != 2 || asked[0].Draft || asked[0].CutOut {
				t.Errorf("model %s was asked %d times", name, len(asked))
			}
		}
		was.Locked = true
		if now := b.Settings; now.Steps != was.Steps || now.Model != "A" || now.Width != was.Width || b.Facts.Steps != 25 {
			t.Errorf("the settings are another model's: %d steps of %s, %d px, %d", now.Steps, now.Model, now.Width, b.Facts.Steps)
		}
		b.Generate()
		b.after(time.Minute)
		if asked := b.models["a"].asked; len(asked) != 3 || !asked[2].Draft {
			t.Error("afterwards the chosen model does not make the next picture")
		}
		g, _ = grid.Parse("model=A,Nobody")
		if _, err := b.Scene().GridID(g); err == nil {
			t.Error("a model that is not there is no error")
		}
	})
}
