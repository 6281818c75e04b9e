package app

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// tiny opens a model whose steps take so long.
func tiny(pause time.Duration) worker.Load {
	return func(context.Context, ModelInfo) (Generator, error) { return workertest.Tiny(pause) }
}

// child is a studio whose owner is the goroutine that calls loop.
type child struct {
	*Studio
	posted chan func()
	load   worker.Load
	tile   time.Duration // how long a tile of an upscaler takes
	scaled int           // how often an upscaler was opened
}

// repeater is the upscaler that every child has.
var repeater = Part{Name: "repeater", Path: "/upscalers/repeater.safetensors", Scale: 2}

// upscaler opens it.
func (c *child) upscaler(file string, _ Hardware) (engine.Upscaler, func() error, error) {
	if c.scaled++; file != repeater.Path {
		return engine.Upscaler{}, nil, fs.ErrNotExist
	}
	return workertest.Upscaler(2, c.tile), func() error { return nil }, nil
}

func openChild(home string, pause time.Duration) (*child, error) {
	c := &child{posted: make(chan func(), 100000), load: tiny(pause)}
	s, err := New(Options{Home: home, Post: func(f func()) { c.posted <- f }, Load: c.open, Upscaler: c.upscaler,
		Parts:  func(context.Context, string, []string) Parts { return Parts{Upscalers: []Part{repeater}} },
		Models: []ModelInfo{{Name: "tiny", Dir: "tiny"}},
		Now:    func() time.Time { return time.Unix(1700000000, 0) }})
	c.Studio = s
	return c, err
}

// open opens models as the test says when it is called.
func (c *child) open(ctx context.Context, of ModelInfo) (Generator, error) {
	return c.load(ctx, of)
}

func (c *child) loop(d time.Duration) {
	for end := time.After(d); ; {
		select {
		case f := <-c.posted:
			f()
		case <-end: // and what waits, as a window's own loop does
			for range len(c.posted) {
				(<-c.posted)()
			}
			return
		}
	}
}

// run is the run under way or the last one: one that waits, while the first is still in the queue.
func (c *child) run() *worker.Run {
	if r := c.Run(); r != nil {
		return r
	}
	return &worker.Run{}
}

// until lets the studio work until something holds, for half a minute at most.
func (c *child) until(done func() bool) bool {
	for range 9000 {
		if done() {
			return true
		}
		c.loop(10 * time.Millisecond)
	}
	return false
}

// TestResumeIsBitIdentical kills nothing: it closes in the middle of a run, and
// wants the picture that a run without a break makes.
func TestResumeIsBitIdentical(t *testing.T) {
	make := func(home string, cut int) (pix, drawn string) {
		c, err := openChild(home, 8*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		c.Open("tiny")
		c.until(func() bool { return c.Facts.Name != "" })
		c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.Count = 5, true, 30, 2 })
		c.Generate()
		if cut >= 0 {
			c.until(func() bool { r := c.Run(); return 30*r.Index+len(r.Steps) > cut })
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if c, err = openChild(home, 0); err != nil {
				t.Fatal(err)
			}
			if len(c.Interrupted) != 1 || c.Notice == nil || c.Notice.Action != "Resume" {
				t.Fatalf("%d runs to resume, notice %+v", len(c.Interrupted), c.Notice)
			}
			c.Notice.Do()
		}
		if !c.until(func() bool { return c.Run() != nil && c.Run().State == Finished }) {
			t.Fatalf("the run did not end: %+v", c.Run())
		}
		for _, k := range c.Tray.Candidates {
			pix += string(k.Picture.Pix)
		}
		for _, s := range c.Run().Steps {
			drawn += digestOf(s.X)
		}
		if r := c.Run(); len(r.Steps) != 31 || len(c.Interrupted) > 0 {
			t.Fatalf("%d steps on the timeline, %d runs left to resume", len(r.Steps), len(c.Interrupted))
		}
		if n, _ := c.History.Count(""); n != 2 {
			t.Errorf("cut at %d: %d pictures in the history", cut, n)
		}
		c.until(func() bool { return c.Keeper.Quiet() })
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		return pix, drawn
	}
	pix, drawn := make(t.TempDir(), -1)
	for _, cut := range []int{1, 20, 30, 33} { // at 30 the first picture's last step may be done
		if p, d := make(t.TempDir(), cut); p != pix || d != drawn {
			t.Errorf("cut at step %d: the same picture %v, the same steps %v", cut, p == pix, d == drawn)
		}
	}
}
