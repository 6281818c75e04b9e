package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/trajectory"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// hashed is the tiny model with contents of another hash, on another library.
type hashed struct {
	workertest.Model
	hash, library string
}

func (h hashed) Facts() engine.Facts {
	f := h.Model.Facts()
	f.Hash = h.hash
	return f
}

func (h hashed) Described() string { return h.library }

// of opens it.
func of(hash, library string, pause time.Duration) func(context.Context, ModelInfo) (Generator, error) {
	return func(context.Context, ModelInfo) (Generator, error) {
		m, err := workertest.Tiny(pause)
		return hashed{m, hash, library}, err
	}
}

// begun is a studio with a run that was stopped in its midst by such a model.
func begun(t *testing.T, home string) *child {
	t.Helper()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.load = of("a", "library 1", 8*time.Millisecond)
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps = 5, true, 30 })
	c.Generate()
	c.until(func() bool { return len(c.run().Steps) > 12 })
	return c
}

// A run that is gone on with after its model or the library became another is finished, and a line says why the picture
// is not exactly what it would have been: of a run that was cut off, one that was stopped, and a branch. With the same
// model and library nothing is said.
func TestGoneOnWithAnotherModel(t *testing.T) {
	for name, now := range map[string]struct{ hash, library, told string }{
		"another model": {"b", "library 1", "model is another"}, "another library": {"a", "library 2", "library 1, this is library 2"}, "the same": {"a", "library 1", ""},
	} {
		for _, how := range []string{"cut off", "stopped", "branched"} {
			t.Run(name+", "+how, func(t *testing.T) {
				home := t.TempDir()
				c := begun(t, home)
				if how != "cut off" {
					c.Stop()
					c.until(func() bool { return c.run().State == Stopped && len(c.Tray.Candidates) == 1 })
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				d, err := openChild(home, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				d.load = of(now.hash, now.library, 0)
				d.Open("tiny")
				d.until(func() bool { return d.Facts.Name != "" })
				if how == "branched" {
					d.Tray.Select(0)
					d.until(func() bool { return d.Path() != nil })
					d.Path().Show(9)
					d.Set(func(t *Settings) { t.Sampler = "Euler" })
					d.Branch()
				} else {
					d.until(func() bool { return d.CanResume() })
					d.Resume()
				}
				d.until(func() bool { return d.run().State == Finished })
				said := ""
				if d.Notice != nil {
					said = d.Notice.Headline + ": " + d.Notice.Advice
				}
				if now.told == "" && said != "" || !strings.Contains(said, now.told) || now.told != "" && !strings.Contains(said, "not exactly") {
					t.Errorf("%q is said", said)
				}
			})
		}
	}
}

// A model that is gone, and steps that are damaged, leave picture and recipe as they are, and a line says why the run
// cannot be gone on with.
func TestCannotBeGoneOnWith(t *testing.T) {
	home := t.TempDir()
	c := begun(t, home)
	c.Stop()
	c.until(func() bool { return c.run().State == Stopped && len(c.Tray.Candidates) == 1 })
	made := c.Tray.Candidates[0].Recipe
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.load = func(context.Context, ModelInfo) (Generator, error) { return nil, errors.New("the folder is gone") }
	stays := func() {
		t.Helper()
		if len(d.Tray.Candidates) != 1 || !slices.Equal(d.Tray.Candidates[0].Recipe.Hashes, made.Hashes) || d.Tray.Candidates[0].Picture == nil {
			t.Errorf("of the picture there is %+v", d.Tray.Candidates)
		}
	}
	d.Finish(made, 0)
	if !d.until(func() bool { return d.run().State == Failed }) || d.Notice == nil || !strings.Contains(d.Notice.Headline+d.Notice.Advice+d.Notice.Detail, "the folder is gone") {
		t.Errorf("of a model that is gone %+v is said", d.Notice)
	}
	stays()
	d.load = of("a", "library 1", 0)
	d.Dismiss()
	files, _ := filepath.Glob(filepath.Join(home, "steps", "*.steps"))
	for _, f := range files {
		if err := os.WriteFile(f, []byte("of an older program"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.Resume() // what the queue still has, it needs no file for
	d.until(func() bool { return d.run().State != Running && d.run().State != Opening })
	d.Dismiss()
	other := made
	d.Finish(other, 0)
	if !d.until(func() bool { return d.Notice != nil }) {
		t.Error("nothing is said of damaged steps")
	}
}

// A picture whose steps are not kept any more is not grafted, the run goes on, and a line says why; a picture with such a
// graft is not made again here, and a line says with what it can be.
func TestGraftWithoutSteps(t *testing.T) {
	c := drawn(t, t.TempDir(), 4*time.Millisecond, 1)
	defer c.Close()
	c.Set(func(t *Settings) { t.Steps = 20 })
	c.Generate()
	first := finished(t, c)
	c.Tray.Keep()
	c.Set(func(t *Settings) { t.Seed = 99 })
	scene := c.Scene()
	scene.Mode = TextToImage
	begin := func() *Run {
		r := scene.Run()
		c.Enqueue(r)
		c.until(func() bool { return c.Run() == r && len(r.Steps) > 4 && r.Active() })
		c.Pace(Hold)
		c.loop(50 * time.Millisecond)
		return r
	}
	begin()
	c.Document.SetMask("half", leftOf(c.Document.Picture.Rect, 0.5))
	parent := &Candidate{Recipe: first}
	c.Graft(parent, 1)
	c.loop(100 * time.Millisecond)
	c.Pace(Unhold)
	grafted := finished(t, c)
	if len(grafted.Changes) != 1 || len(grafted.Changes[0].Grafts) != 1 {
		t.Fatalf("nothing was grafted: %+v", grafted.Changes)
	}
	c.Paths.Drop(trajectory.Key(first.Hashes))
	r := begin()
	c.Graft(parent, 1)
	if !c.until(func() bool { return c.Notice != nil }) || !strings.Contains(c.Notice.Headline, "cannot be grafted") || !r.Active() {
		t.Errorf("%+v is said, and the run is %v", c.Notice, r.State)
	}
	c.Dismiss()
	c.Pace(Unhold)
	if plain := finished(t, c); len(plain.Changes) != 0 {
		t.Errorf("the run was changed by %+v", plain.Changes)
	}
	c.MakeAgain(grafted)
	if !c.until(func() bool { return c.Notice != nil }) || !strings.Contains(c.Notice.Headline, "cannot be reproduced here") || !strings.Contains(c.Notice.Detail, "nirvana generate --recipe") {
		t.Errorf("of a picture with such a graft %+v is said", c.Notice)
	}
}
