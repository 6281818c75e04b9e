package app

import (
	"slices"
	"testing"
	"time"

	"nirvana/engine"
)

// The step that is shown is looked into while a run is paused, after it, and of earlier pictures, and not while a run goes
// on; what is seen is the evaluation that the run did there. Off, nothing is held.
func TestLookInto(t *testing.T) {
	c, err := openChild(t.TempDir(), 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps = 5, true, 30 })
	c.Generate()
	c.until(func() bool { return len(c.run().Steps) > 4 })
	c.LookInto(true)
	c.loop(50 * time.Millisecond)
	if !c.XRay.Waits || c.XRay.Seen != nil {
		t.Fatal("a run under way is looked into")
	}
	c.Pace(Hold)
	seen := func(index int) *engine.XRay {
		t.Helper()
		if !c.until(func() bool { return c.XRay.Seen != nil && c.XRay.Seen.With.Index == index }) {
			t.Fatalf("step %d is not seen: %+v", index, c.XRay)
		}
		return c.XRay.Seen
	}
	c.loop(60 * time.Millisecond) // the step under way ends
	at := len(c.Run().Steps) - 1
	paused := seen(at)
	c.Pace(Unhold)
	c.until(func() bool { return c.run().State == Finished })
	if next := c.Run().Steps[at+1]; !slices.Equal(paused.With.X0.Data, next.X0.Data) {
		t.Errorf("what was seen at step %d is not what came next", at)
	}
	seen(29) // the last evaluation, which led to the result
	for _, i := range []int{0, 13} {
		c.Run().Show(i)
		x := seen(i)
		if next := c.Run().Steps[i+1].X0.Data; !slices.Equal(x.With.X0.Data, next) {
			t.Errorf("what is seen at step %d is not what came next", i)
		}
	}
	first := c.Tray.Candidates[0]
	c.Set(func(t *Settings) { t.Seed = 6 })
	c.Generate() // it is not waited for
	c.until(func() bool { return c.run().State == Finished && len(c.Tray.Candidates) == 2 })
	c.Tray.Select(slices.Index(c.Tray.Candidates, first))
	c.until(func() bool { r := c.Path(); return r != nil && r != c.Run() })
	c.Path().Show(13)
	earlier := seen(13)
	if earlier.With.X.SHA256() != first.Recipe.Hashes[13] {
		t.Error("another picture's step is seen")
	}
	c.LookInto(false)
	if c.XRay.Seen != nil || c.XRay.On {
		t.Error("something is held")
	}
	c.until(func() bool { return !c.worker.Busy() })
}
