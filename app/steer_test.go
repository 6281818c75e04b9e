package app

import (
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// steered is a studio with a run of 30 steps that was steered at its fourth step and is done, at its step 14.
func steered(t *testing.T, home string) *child {
	t.Helper()
	c, err := openChild(home, 8*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.Guidance = 5, true, 30, 3 })
	c.Generate()
	c.until(func() bool { return len(c.run().Steps) > 4 })
	c.Pace(Hold)
	c.loop(50 * time.Millisecond)
	at := len(c.Run().Steps)
	c.loop(100 * time.Millisecond)
	if len(c.Run().Steps) != at || !c.Run().Held {
		t.Fatal("a paused run goes on")
	}
	guidance, eta := float32(8), float32(0.3) // of the two the tiny model, which draws without a prompt, follows the noise alone
	if !c.Steer(engine.Change{Guidance: &guidance, EtaAncestral: &eta}) {
		t.Fatal("nothing is steered")
	}
	c.Set(func(t *Settings) { t.Guidance = 8 })
	c.Pace(Unhold)
	c.until(func() bool { return c.run().State == Finished })
	if m := c.Run().Marks(); len(m) != 2 || m[0].Is != "8" || m[0].Step != at-1 || m[1].Is != "0.3" {
		t.Fatalf("the timeline tells of %+v, steered at %d", m, at-1)
	}
	c.Run().Show(14)
	c.Set(func(t *Settings) { t.Guidance = 1.5 })
	return c
}

func finished(t *testing.T, c *child) Recipe {
	t.Helper()
	if !c.until(func() bool { return c.Run() != nil && c.Run().State == Finished && len(c.Queue) == 0 }) {
		t.Fatalf("the run did not end: %+v", c.Run())
	}
	return c.Tray.Candidates[len(c.Tray.Candidates)-1].Recipe
}

// A branch of a steered run is the run that was told the same from its start, to the bit; and it is so too where the program
// ended in its midst and was started again.
func TestBranchIsExactAcrossRestarts(t *testing.T) {
	c := steered(t, t.TempDir())
	defer c.Close()
	parent := c.Tray.Candidates[0].Recipe
	c.Branch()
	branch := finished(t, c)
	if at, ok := recipe.Compare(branch.Hashes, parent.Hashes); !ok || at >= 0 || len(branch.Changes) != 2 || branch.Changes[1].At != 14 || branch.Changes[1].ImageGuidance != nil {
		t.Errorf("the branch, told of guidance alone, leaves its parent at %d and was told %+v", at, branch.Changes)
	}
	c.MakeAgain(branch)
	again := finished(t, c)
	if at, ok := recipe.Compare(again.Hashes, branch.Hashes); !ok || at >= 0 {
		t.Errorf("made again it differs from step %d", at)
	}

	home := t.TempDir()
	d := steered(t, home)
	first := d.Tray.Candidates[0].Recipe
	d.Branch()
	d.until(func() bool { return d.run().State == Running && d.run().Steps[len(d.run().Steps)-1].Index > 18 })
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.until(func() bool { return e.CanResume() })
	e.Resume()
	e.until(func() bool { return e.Run() != nil })
	got := finished(t, e)
	straight := got
	e.MakeAgain(straight)
	want := finished(t, e)
	if at, ok := recipe.Compare(got.Hashes, want.Hashes); !ok || at >= 0 || len(got.Hashes) != 31 {
		t.Errorf("gone on with after a restart it differs from step %d (%d steps)", at, len(got.Hashes))
	}
	if at, _ := recipe.Compare(got.Hashes, first.Hashes); at >= 0 || len(got.Changes) != 2 {
		t.Errorf("it leaves its parent at %d and was told %+v", at, got.Changes)
	}
}
