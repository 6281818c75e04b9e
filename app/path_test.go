package app

import (
	"image"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/trajectory"
)

// shows waits until the timeline has the steps of a candidate, read as they are looked at, and holds them against its recipe.
func shows(t *testing.T, c *child, hashes []string) *Run {
	t.Helper()
	if !c.until(func() bool { return c.Path() != nil && len(c.Path().Steps) == len(hashes) }) {
		t.Fatalf("the timeline shows %v of %d steps", c.Path(), len(hashes))
	}
	r := c.Path()
	for i, want := range hashes {
		r.Show(i)
		if !c.until(func() bool { s, _, ok := r.Shown(); return ok && s.Index == i && s.X.Data != nil }) {
			t.Fatalf("step %d is not shown", i)
		}
		if s, _, _ := r.Shown(); s.X.SHA256() != want || s.Predicted(0) == nil {
			t.Fatalf("step %d is another picture's", i)
		}
	}
	r.Show(-1)
	return r
}

func drawn(t *testing.T, home string, pause time.Duration, count int) *child {
	t.Helper()
	c, err := openChild(home, pause)
	if err != nil {
		t.Fatal(err)
	}
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.Count, t.Guidance = 5, true, 12, count, 3 })
	return c
}

// Every candidate has its own steps on the timeline: of one run or of several, after a restart, kept on the canvas, and opened from
// the history. From any of them a branch is what a straight run with the same changes is.
func TestEveryCandidateKeepsItsSteps(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 0, 3)
	c.Generate()
	c.until(func() bool { return len(c.Tray.Candidates) == 3 && !c.Run().Active() })
	c.Set(func(t *Settings) { t.Seed, t.Steps, t.Count = 77, 9, 1 })
	c.Generate()
	c.until(func() bool { return len(c.Tray.Candidates) == 4 && !c.Run().Active() })
	var hashes [][]string
	for _, k := range c.Tray.Candidates {
		hashes = append(hashes, k.Recipe.Hashes)
	}
	for _, i := range []int{0, 3, 1, 2} {
		c.Tray.Select(i)
		shows(t, c, hashes[i])
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = drawn(t, home, 0, 1)
	for _, i := range []int{3, 1} {
		c.Tray.Select(i)
		shows(t, c, hashes[i])
	}
	r := c.Path()
	r.Show(7)
	c.Set(func(t *Settings) { t.Guidance, t.Seed = 8, 12345 })
	c.Branch()
	branch := finished(t, c)
	if at, ok := recipe.Compare(branch.Hashes, hashes[1]); !ok || at >= 0 || len(branch.Changes) != 1 || branch.Changes[0].At != 7 {
		t.Errorf("a branch of a candidate of before the restart, told of guidance alone, leaves it at %d: %+v", at, branch.Changes)
	}
	c.MakeAgain(branch)
	if at, ok := recipe.Compare(finished(t, c).Hashes, branch.Hashes); !ok || at >= 0 {
		t.Errorf("made again from its recipe it differs from step %d", at)
	}
	c.Tray.Select(0)
	c.Tray.Keep()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = drawn(t, home, 0, 1)
	defer c.Close()
	shows(t, c, hashes[0])
	entries, err := c.History.List("", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Recipe.Seed != 77 {
			continue
		}
		if err := c.OpenPicture(e.Path); err != nil {
			t.Fatal(err)
		}
		r := shows(t, c, hashes[3])
		if r.Frame != image.Rect(0, 0, e.Width, e.Height) {
			t.Errorf("its steps lie at %v", r.Frame)
		}
	}
	n, bytes := c.StepsTaken()
	files, _ := filepath.Glob(filepath.Join(home, "steps", "*.steps"))
	if n != len(files) || n < 4 || bytes == 0 {
		t.Errorf("of %d pictures, %d files", n, len(files))
	}
	c.Set(func(t *Settings) { t.StepsOf = 2 })
	if !c.until(func() bool { n, _ := c.StepsTaken(); return n == 2 }) {
		t.Error("more than the two newest are kept")
	}
}

// A run that was stopped is in the history as that, and is finished after restarts and other runs, to the bit.
func TestStoppedRunIsFinishedLater(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 0, 1)
	c.Set(func(t *Settings) { t.Steps = 30 })
	c.Generate()
	want := finished(t, c)
	c.Close()

	home = t.TempDir()
	c = drawn(t, home, 8*time.Millisecond, 1)
	c.Set(func(t *Settings) { t.Steps = 30 })
	c.Generate()
	c.until(func() bool { return len(c.run().Steps) > 12 })
	c.Stop()
	c.until(func() bool { return c.run().State == Stopped && len(c.Tray.Candidates) == 1 })
	for range 2 {
		c.Set(func(t *Settings) { t.Steps, t.Seed = 4, t.Seed+1 })
		c.Generate()
		finished(t, c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = drawn(t, home, 0, 1)
	}
	defer c.Close()
	find := func() (id int64, at []int) {
		entries, _ := c.History.List("", 0, 10)
		for _, e := range entries {
			if len(e.Recipe.Unfinished) == 2 {
				id, at = e.ID, e.Recipe.Unfinished
			}
		}
		return id, at
	}
	id, at := find()
	if id == 0 || at[0] < 12 || at[1] != 30 {
		t.Fatalf("the history has the stopped run as %d, %v", id, at)
	}
	made := c.Tray.Candidates[0].Recipe
	shows(t, c, func() []string { c.Tray.Select(0); return made.Hashes }())
	c.Finish(made, id)
	c.until(func() bool { return c.Run() != nil && c.Run().State == Finished })
	got := finished(t, c)
	if at, ok := recipe.Compare(got.Hashes, want.Hashes); !ok || at >= 0 || got.Unfinished != nil {
		t.Errorf("finished it differs from step %d, and says %v", at, got.Unfinished)
	}
	if !c.until(func() bool { id, _ := find(); return id == 0 }) {
		t.Error("what it had come to is still in the history")
	}
	c.Paths.Drop(trajectory.Key(made.Hashes))
	c.Finish(made, 0)
	if !c.until(func() bool { return c.Notice != nil && c.Notice.Headline == "This run cannot be gone on with" }) {
		t.Errorf("steps that are gone: %+v", c.Notice)
	}
}

// Steps of before a restart that a resumed run has let go of are read back from the journal.
func TestRestoredRunReadsItsSteps(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 8*time.Millisecond, 1)
	c.Set(func(t *Settings) { t.Steps = 20 })
	c.Generate()
	c.until(func() bool { return len(c.run().Steps) > 9 })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = drawn(t, home, 0, 1)
	defer c.Close()
	c.Resume()
	c.until(func() bool { return c.Run() != nil && c.Run().State == Finished })
	r := c.Run()
	want := digestOf(r.Steps[3].X)
	trajectory.Spill(r.Steps, 1)
	r.Show(3)
	if !c.until(func() bool { s, _, ok := r.Shown(); return ok && s.Index == 3 && digestOf(s.X) == want }) {
		t.Error("step 3 does not come back")
	}
}
