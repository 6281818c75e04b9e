package app

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// Colour that is painted into a paused run and part of another candidate that is grafted into it are in the picture, on the
// timeline and in the recipe with the other's, and a branch from a later step keeps them to the bit.
func TestPaintAndGraftIntoARun(t *testing.T) {
	c := drawn(t, t.TempDir(), 4*time.Millisecond, 1)
	defer c.Close()
	c.Set(func(t *Settings) { t.Steps = 20 })
	c.Generate()
	first := finished(t, c)
	c.Tray.Keep()
	c.Set(func(t *Settings) { t.Seed = 99 })
	scene := c.Scene()
	scene.Mode = TextToImage
	c.Enqueue(scene.Run())
	c.until(func() bool { return len(c.run().Steps) > 5 && c.Run().Active() && c.Run().Seed == 99 })
	c.Pace(Hold)
	c.loop(50 * time.Millisecond)
	r := c.Run()
	mask := image.NewGray(c.Document.Picture.Rect)
	for x := range mask.Rect.Dx() / 2 {
		for y := range mask.Rect.Dy() {
			mask.SetGray(x, y, color.Gray{255})
		}
	}
	c.Document.SetMask("half", mask)
	parent := &Candidate{Recipe: first}
	if !c.CanGraft(parent) {
		t.Fatalf("nothing can be grafted: %+v", r.Job.Recipe)
	}
	c.Graft(parent, 1)
	red := plain(r.Frame.Dx(), r.Frame.Dy(), color.RGBA{255, 0, 0, 255})
	c.loop(100 * time.Millisecond)
	c.Steer(engine.Change{Strokes: []engine.Stroke{{Picture: red, Strength: 0.5}}})
	at := r.Steps[len(r.Steps)-1].Index
	c.Pace(Unhold)
	made := finished(t, c)
	if len(made.Changes) != 1 || len(made.Changes[0].Grafts) != 1 || len(made.Changes[0].Strokes) != 1 || made.Changes[0].At != at || made.Changes[0].Strokes[0].Picture.PNG == nil {
		t.Fatalf("the recipe tells of %+v at %d", made.Changes, at)
	}
	if g := made.Changes[0].Grafts[0]; g.Parent == nil || g.Parent.Trajectory != first.Trajectory || g.X != first.Hashes[at] {
		t.Errorf("the graft is of %+v, step %s", g.Parent, g.X)
	}
	marks := map[string]bool{}
	for _, m := range r.Marks() {
		marks[m.What] = true
	}
	if !marks["Graft"] || !marks["Stroke"] {
		t.Errorf("the timeline marks %v", marks)
	}
	c.MakeAgain(made)
	c.until(func() bool { return c.Run() != r })
	again := finished(t, c)
	if step, ok := recipe.Compare(again.Hashes, made.Hashes); !ok || step >= 0 || c.Notice == nil || !strings.Contains(c.Notice.Headline, "exactly") {
		t.Errorf("made again it differs from step %d, and %+v is told", step, c.Notice)
	}
	if g := again.Changes[0].Grafts[0]; g.Parent == nil || g.Parent.Trajectory != first.Trajectory {
		t.Errorf("made again the graft is of %+v", g.Parent)
	}
	c.Run().Show(at + 4)
	c.Set(func(t *Settings) { t.Guidance = 6 })
	c.Branch()
	branch := finished(t, c)
	if step, ok := recipe.Compare(branch.Hashes, made.Hashes); !ok || step >= 0 || branch.Changes[0].Grafts[0].Parent == nil {
		t.Errorf("a branch behind them leaves its parent at %d, %+v", step, branch.Changes)
	}
}
