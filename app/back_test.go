package app

import (
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// A run that went back, step by step, and on again is the straight run, to the bit, also where the program ended in between;
// what it was told behind the step that it went back to does not count, what it is told afterwards does.
func TestRunBackwards(t *testing.T) {
	for _, sampler := range []string{"Euler a", "Heun", "DPM++ 2M"} {
		t.Run(sampler, func(t *testing.T) { runBackwards(t, sampler) })
	}
}

// A branch goes on with another sampler that has the same noise levels, and is the straight run that was told so.
func TestBranchWithAnotherSampler(t *testing.T) {
	c := steered(t, t.TempDir())
	defer c.Close()
	c.Set(func(t *Settings) { t.Sampler = "Euler" })
	c.Branch()
	branch := finished(t, c)
	if n := len(branch.Changes); n != 2 || branch.Changes[1].Sampler == nil || *branch.Changes[1].Sampler != "Euler" {
		t.Fatalf("it was told %+v", branch.Changes)
	}
	c.MakeAgain(branch)
	again := finished(t, c)
	if at, ok := recipe.Compare(again.Hashes, branch.Hashes); !ok || at >= 0 {
		t.Errorf("the straight run differs from step %d", at)
	}
	if m := c.Run().Marks(); len(m) < 2 || m[len(m)-1].What != "Guidance" && m[len(m)-2].What != "Sampler" {
		t.Errorf("the timeline tells of %+v", m)
	}
}

func runBackwards(t *testing.T, sampler string) {
	home := t.TempDir()
	c, err := openChild(home, 8*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	begin := func() {
		c.Open("tiny")
		c.until(func() bool { return c.Facts.Name != "" })
		c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.Sampler = 5, true, 20, sampler })
		c.Generate()
	}
	begin()
	straight := finished(t, c)
	begin()
	c.until(func() bool { return c.run().State == Running && len(c.run().Steps) > 12 })
	lost := float32(9)
	c.Steer(engine.Change{Guidance: &lost})
	c.until(func() bool { return len(c.Run().Changed(len(c.run().Steps))) == 1 })
	at := c.Run().Changed(len(c.Run().Steps))[0].At // it is told there
	newest := func() engine.Step { return c.Run().Steps[len(c.Run().Steps)-1] }
	c.Pace(Hold)
	c.loop(100 * time.Millisecond) // the step under way ends
	for newest().Index >= at {
		was := newest().Index
		c.Pace(Back)
		if !c.until(func() bool {
			return newest().Index < was && newest().State.Sampler.X != nil || c.Run().State != Running
		}) || c.Run().State != Running {
			t.Fatalf("it does not go back from step %d: %v", was, c.Run().Err)
		}
	}
	to := newest()
	if !c.Run().Held || to.X.SHA256() != straight.Hashes[to.Index] {
		t.Fatalf("held %v, at step %d it differs from the straight run", c.Run().Held, to.Index)
	}
	c.loop(60 * time.Millisecond)
	if newest().Index != to.Index {
		t.Fatal("it goes on by itself")
	}
	c.Pace(Once)
	c.until(func() bool { return newest().Index == to.Index+1 })
	c.Pace(Back)
	c.until(func() bool { return newest().Index == to.Index && newest().State.Sampler.X != nil })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = openChild(home, 0); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.until(func() bool { return c.CanResume() })
	c.Resume()
	c.until(func() bool { return c.Run() != nil })
	got := finished(t, c)
	if at, ok := recipe.Compare(got.Hashes, straight.Hashes); !ok || at >= 0 || len(got.Changes) != 0 {
		t.Errorf("gone back and on it differs from step %d, and was told %+v", at, got.Changes)
	}

	d, err := openChild(t.TempDir(), 8*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c = d
	begin()
	d.until(func() bool { return d.run().State == Running && len(d.run().Steps) > 12 })
	d.Pace(Back)
	d.until(func() bool { return d.run().Held && newest().Index > 0 })
	d.loop(100 * time.Millisecond)
	d.Pace(Back)
	d.loop(100 * time.Millisecond)
	at = newest().Index
	noise := float32(0.5)
	d.Steer(engine.Change{EtaAncestral: &noise})
	d.Pace(Unhold)
	told := finished(t, d)
	if len(told.Changes) != 1 || told.Changes[0].At != at || len(told.Hashes) != len(straight.Hashes) {
		t.Errorf("told at step %d it has %d steps and %+v", at, len(told.Hashes), told.Changes)
	}
	d.MakeAgain(told)
	if again := finished(t, d); again.Hashes[len(again.Hashes)-1] != told.Hashes[len(told.Hashes)-1] {
		t.Error("made again it is another")
	}
}
