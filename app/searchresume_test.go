package app

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// openSearching is a studio with a tiny model that has a verifier, whose steps take so long.
func openSearching(home string, pause time.Duration) (*child, error) {
	c, err := openChild(home, 0)
	if err == nil {
		c.load = func(context.Context, ModelInfo) (Generator, error) { return workertest.Searching(pause) }
	}
	return c, err
}

// bestOf begins a search of eight seeds.
func (c *child) bestOf() {
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.BestOf, t.Sampler = 5, true, 12, 8, "Euler a" })
	c.Generate()
}

// killing ends the program after so many steps of a search.
type killing struct {
	workertest.Model
	left int
}

func (k killing) Search(ctx context.Context, r engine.Request, n int, from ...engine.SearchStep) iter.Seq2[engine.SearchStep, error] {
	return func(yield func(engine.SearchStep, error) bool) {
		for s, err := range k.Model.Search(ctx, r, n, from...) {
			if !yield(s, err) {
				return
			}
			if k.left--; k.left == 0 {
				self, _ := os.FindProcess(os.Getpid())
				self.Kill()
				select {}
			}
		}
	}
}

// searchChild searches, or goes on with the search of the last one, until it is killed.
func searchChild(home, steps string) {
	left, _ := strconv.Atoi(steps)
	c, err := openSearching(home, 0)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	c.load = func(context.Context, ModelInfo) (Generator, error) {
		m, err := workertest.Searching(0)
		return killing{m, left}, err
	}
	if len(c.Interrupted) > 0 {
		c.Resume()
	} else {
		c.bestOf()
	}
	c.loop(time.Minute)
	fmt.Println("it was not killed")
}

// killedAfter has a searching program be killed after so many steps.
func killedAfter(t *testing.T, home string, steps int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledSearchGoesOn$")
	cmd.Env = append(os.Environ(), "NIRVANA_SEARCH_HOME="+home, fmt.Sprint("NIRVANA_SEARCH_STEPS=", steps))
	if out, err := cmd.CombinedOutput(); err == nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// results are what a search came to: each seed's picture, steps and score.
func results(t *testing.T, c *child) (all []string) {
	t.Helper()
	if !c.until(func() bool { return c.run().State == Finished && len(c.Tray.Candidates) >= 8 }) {
		t.Fatalf("the search did not end: %+v", c.Run())
	}
	for _, k := range c.Tray.Candidates {
		all = append(all, fmt.Sprintln(k.Partial, k.Seed, k.Recipe.Score, k.Recipe.BestOf, k.Recipe.Hashes, k.Recipe.Scales, k.Picture.Pix))
	}
	return all
}

// A search that was cut off, by a kill or by the program's end, goes on at the next start and comes to the same pictures of
// all seeds.
func TestKilledSearchGoesOn(t *testing.T) {
	if home := os.Getenv("NIRVANA_SEARCH_HOME"); home != "" {
		searchChild(home, os.Getenv("NIRVANA_SEARCH_STEPS"))
		return
	}
	c, err := openSearching(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	c.bestOf()
	want := results(t, c)
	c.Close()
	for _, cuts := range [][]int{{1}, {7}, {20}, {27}, {35}, {44}, {9, 12, 20}} {
		home := t.TempDir()
		for _, cut := range cuts {
			killedAfter(t, home, cut)
		}
		goesOn(t, home, want, fmt.Sprint("killed after ", cuts))
	}
}

// goesOn wants the results of a search that goes on.
func goesOn(t *testing.T, home string, want []string, when string) {
	t.Helper()
	c, err := openSearching(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.Interrupted) != 1 || c.Notice == nil || c.Notice.Action != "Resume" {
		t.Fatalf("%s: %d runs to resume, notice %+v", when, len(c.Interrupted), c.Notice)
	}
	if len(c.Interrupted[0].PastGrid) != 8 {
		t.Errorf("%s: it begins anew", when)
	}
	c.Notice.Do()
	if got := results(t, c); !slices.Equal(got, want) {
		t.Errorf("%s: other results", when)
	}
	if n, _ := c.History.Count(""); n != 1 {
		t.Errorf("%s: %d pictures in the history", when, n)
	}
}

// Closing the program, and Stop, are no end of a search either. What Stop had come to stays in the tray.
func TestClosedSearchGoesOn(t *testing.T) {
	c, err := openSearching(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	c.bestOf()
	want := results(t, c)
	c.Close()

	home := t.TempDir()
	if c, err = openSearching(home, 4*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	c.bestOf()
	c.until(func() bool { return len(c.run().Steps) > 3 })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	goesOn(t, home, want, "closed")

	for _, restarted := range []bool{false, true} {
		home := t.TempDir()
		if c, err = openSearching(home, 4*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		c.bestOf()
		c.until(func() bool { return len(c.run().Steps) > 4 }) // after the first halving
		c.Stop()
		c.until(func() bool { return c.run().State == Stopped && !c.run().Coming() })
		before := len(c.Tray.Candidates)
		if restarted {
			c.until(func() bool { return c.Keeper.Quiet() })
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if c, err = openSearching(home, 0); err != nil {
				t.Fatal(err)
			}
		}
		if !c.CanResume() || before != 8 {
			t.Fatalf("restarted %v: can go on %v, with %d candidates", restarted, c.CanResume(), before)
		}
		c.Resume()
		c.until(func() bool { return c.run().State == Finished })
		got := results(t, c)
		for _, w := range want {
			if n := count(got, w); n != 1 {
				t.Errorf("restarted %v: a result is there %d times: %.60s", restarted, n, w)
			}
		}
		c.Close()
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
