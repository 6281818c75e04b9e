package app

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/grid"
	"nirvana/app/recipe"
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
