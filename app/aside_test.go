package app

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"nirvana/app/keep"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// bursting is a model that panics.
type bursting struct{ workertest.Model }

func (bursting) Generate(context.Context, engine.Request) iter.Seq2[engine.Step, error] {
	panic("burst")
}

// A run that panics fails, and is not taken up again.
func TestPanickingRun(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	load := c.load
	c.load = func(ctx context.Context, of ModelInfo) (Generator, error) {
		g, err := load(ctx, of)
		if err != nil {
			return nil, err
		}
		return bursting{g.(workertest.Model)}, nil
	}
	c.Generate()
	if !c.until(func() bool { return c.Run() != nil && c.Run().State == Failed }) || c.Notice == nil || !strings.Contains(c.Notice.Detail, "burst") {
		t.Fatalf("%+v", c.Notice)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c, err = openChild(home, 0)
	if err != nil || c.Notice != nil || len(c.Interrupted) > 0 || c.CanResume() {
		t.Fatalf("%v, %+v", err, c.Notice)
	}
	c.Close()
}

// A run that ends the program each time it is taken up is set aside after the second time, told in one line, and
// tried again only when that is asked for.
func TestRunThatEndsTheProgram(t *testing.T) {
	home := t.TempDir()
	for start := range 4 {
		c, err := openChild(home, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.load = func(ctx context.Context, _ ModelInfo) (Generator, error) { // the program ends in here
			<-ctx.Done()
			return nil, errors.New("ended")
		}
		switch start {
		case 0:
			c.Generate()
		case 1:
			if len(c.Interrupted) != 1 || c.Notice == nil {
				t.Fatalf("it is not offered: %+v", c.Notice)
			}
			c.Resume()
		case 2:
			if len(c.Interrupted) > 0 || c.Notice == nil || c.Notice.Headline != "A run that crashed the program was set aside" || c.Notice.Advice != "" || !c.CanResume() {
				t.Fatalf("it is not set aside: %+v", c.Notice)
			}
		case 3:
			if c.Notice != nil || !c.CanResume() {
				t.Fatalf("told again: %+v", c.Notice)
			}
			c.Forget()
			if c.CanResume() {
				t.Error("it is not forgotten")
			}
		}
		if !c.until(func() bool { return start > 1 || c.Run().Active() }) {
			t.Fatal("not begun")
		}
		c.loop(4 * keep.FlushAfter)
		c.until(func() bool { return c.Keeper.Quiet() })
		home = leftBehind(t, home)
		c.Close()
	}
}

// What was stopped goes on after a restart, to the same picture, and Forget takes that away.
func TestStoppedAndRestarted(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, 3*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	c.Set(func(s *Settings) { s.Steps, s.Width, s.Height = 40, 8, 8 })
	if c.CanResume() {
		t.Error("there is nothing to resume")
	}
	c.Generate()
	if !c.until(func() bool { return c.Run() != nil && len(c.Run().Steps) > 3 }) {
		t.Fatal(c.Notice)
	}
	c.Run().Show(1)
	c.Stop()
	if !c.until(func() bool { return !c.Run().Coming() }) || !c.Run().Following() || !c.CanResume() {
		t.Fatal("a held step stays, or it cannot go on")
	}
	at := len(c.Run().Steps)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = openChild(home, 0); err != nil || c.Notice != nil || !c.CanResume() {
		t.Fatalf("%v, %+v", err, c.Notice)
	}
	c.Resume()
	if !c.until(func() bool { return c.Run() != nil && c.Run().State == Finished }) || len(c.Run().Steps) < 40 || at > 40 {
		t.Fatalf("%+v: %d steps", c.Notice, len(c.Run().Steps))
	}
	if c.CanResume() {
		t.Error("what is finished can be resumed")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
