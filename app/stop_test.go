package app

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"slices"
	"testing"
	"time"

	"nirvana/engine"
)

// The unfinished picture comes within a few seconds, however long the whole picture would take to decode: then it is decoded coarsely, or shown
// as its preview.
func TestUnfinishedIsQuick(t *testing.T) {
	slow := func(ctx context.Context, after time.Duration, img *image.RGBA) (*image.RGBA, error) {
		select {
		case <-time.After(after):
			return img, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	whole, coarse := plain(64, 64, color.RGBA{1, 2, 3, 255}), plain(16, 16, color.RGBA{4, 5, 6, 255})
	for name, c := range map[string]struct {
		decode func(ctx context.Context, side int) (*image.RGBA, error)
		want   color.RGBA
		most   time.Duration
	}{
		"in time": {func(ctx context.Context, side int) (*image.RGBA, error) { return slow(ctx, time.Second, whole) }, whole.RGBAAt(0, 0), 1500 * time.Millisecond},
		"large": {func(ctx context.Context, side int) (*image.RGBA, error) {
			if side == 0 {
				return slow(ctx, time.Minute, whole)
			}
			return slow(ctx, time.Second, coarse)
		}, coarse.RGBAAt(0, 0), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			studio(t, func(b *bench) {
				b.models["a"].decode = c.decode
				b.Open("A")
				b.settle()
				b.Set(func(s *Settings) { s.Steps = 9 })
				b.Generate()
				b.after(3500 * time.Millisecond)
				b.Stop()
				began := time.Now()
				for b.Tray.Current() == nil && time.Since(began) < time.Minute {
					b.after(100 * time.Millisecond)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("it took %v", took)
				}
				p := b.Tray.Current()
				if p == nil || !p.Partial || p.Picture.Rect.Size() != image.Pt(64, 64) {
					t.Fatalf("%+v", p)
				}
				if p.Picture.RGBAAt(32, 32) != c.want {
					t.Errorf("the picture is %v", p.Picture.RGBAAt(32, 32))
				}
			})
		})
	}
}

// slowly has a model decode the first unfinished picture in so long, and later ones at once.
func slowly(m *fake, d time.Duration) {
	n := 0
	m.decode = func(ctx context.Context, side int) (*image.RGBA, error) {
		if n++; n > 1 {
			return plain(64, 64, color.RGBA{uint8(n), 0, 9, 255}), nil
		}
		select {
		case <-time.After(d):
			return plain(64, 64, color.RGBA{1, 0, 9, 255}), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// stoppedSlowly has a run stopped whose unfinished picture takes a second.
func stoppedSlowly(b *bench) {
	b.Open("A")
	b.settle()
	slowly(b.models["a"], time.Second)
	b.Set(func(s *Settings) { s.Steps = 9 })
	b.Generate()
	b.after(3500 * time.Millisecond)
	b.Stop()
	b.settle()
}

// The end of a run that was stopped is told at once, and the next begins while the unfinished picture is made, which then
// joins the tray as its own run's.
func TestStopIsToldAtOnce(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		slowly(b.models["a"], 1800*time.Millisecond)
		b.Set(func(s *Settings) { s.Steps, s.Seed = 9, 31 })
		b.Generate()
		b.after(3500 * time.Millisecond)
		first, began := b.Run(), time.Now()
		b.Stop()
		b.settle()
		if first.State != Stopped || !first.Unmade || !b.CanGoOn() && len(first.Steps) == 0 || len(b.Tray.Candidates) != 0 || time.Since(began) > 0 {
			t.Fatalf("after %v: state %v, %d candidates", time.Since(began), first.State, len(b.Tray.Candidates))
		}
		if b.Path() != first {
			t.Error("what it came to is not seen until its picture is there")
		}
		b.Set(func(s *Settings) { s.Seed = 77 })
		b.Generate()
		b.after(200 * time.Millisecond)
		second := b.Run()
		if second == first || second.State != Running || len(second.Steps) == 0 {
			t.Fatalf("the next run waits: state %v", second.State)
		}
		b.Set(func(s *Settings) { s.Seed = 78 })
		b.Generate()
		b.after(1800 * time.Millisecond)
		if len(b.Tray.Candidates) != 1 || first.Unmade || first.Steps != nil || b.Path() != second {
			t.Fatalf("%d candidates, unmade %v, %d steps are held", len(b.Tray.Candidates), first.Unmade, len(first.Steps))
		}
		if c := b.Tray.Candidates[0]; !c.Partial || c.Run != first.ID || c.Seed != 31 || c.Stored == 0 || c.Picture.Pix[0] != 1 {
			t.Errorf("run %d, seed %d, stored %d, pixel %d", c.Run, c.Seed, c.Stored, c.Picture.Pix[0])
		}
		b.after(time.Minute)
		if n := len(b.Tray.Candidates); n != 3 || b.Tray.Candidates[1].Seed != 77 || b.Tray.Candidates[2].Seed != 78 {
			t.Errorf("%d candidates, or not in the order of their runs", n)
		}
	})
}

// What is resumed before its unfinished picture is there is finished after it, and the history keeps the finished one.
func TestResumedBeforeItsPictureIsThere(t *testing.T) {
	c := drawn(t, t.TempDir(), 8*time.Millisecond, 1)
	defer c.Close()
	load := c.load
	hold := make(chan struct{})
	c.load = func(ctx context.Context, of ModelInfo) (Generator, error) {
		g, err := load(ctx, of)
		return heldDecoder{g, hold}, err
	}
	c.Set(func(t *Settings) { t.Steps, t.Threads = 14, 1 }) // opened again
	c.Generate()
	c.until(func() bool { return c.Run() != nil && len(c.Run().Steps) > 6 })
	c.Stop()
	c.until(func() bool { return !c.Run().Active() })
	r := c.Run()
	c.Resume()
	if !c.until(func() bool { return r.Active() && len(r.Steps) > 10 }) || len(c.Tray.Candidates) != 0 {
		t.Fatalf("it does not go on: %d steps, %d candidates", len(r.Steps), len(c.Tray.Candidates))
	}
	c.loop(100 * time.Millisecond) // it has all its steps
	close(hold)
	if !c.until(func() bool { return r.State == Finished }) || len(c.Tray.Candidates) != 2 || !c.Tray.Candidates[0].Partial || c.Tray.Candidates[1].Partial {
		t.Fatalf("state %v, %d candidates", r.State, len(c.Tray.Candidates))
	}
	c.until(func() bool { n, _ := c.History.Count(""); return n == 1 }) // the unfinished one is taken out in the background
	entries, err := c.History.List("", 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Recipe.Unfinished != nil {
		t.Errorf("%d pictures in the history, %v", len(entries), err)
	}
}

// heldDecoder decodes when it is let go.
type heldDecoder struct {
	Generator
	hold chan struct{}
}

func (h heldDecoder) DecodeStep(ctx context.Context, s engine.Step, _ int, _ func(float64)) (*image.RGBA, error) {
	select {
	case <-h.hold:
		return s.Predicted(0), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The unfinished picture of a document that is not on the canvas any more goes into the history alone.
func TestNewBeforeTheUnfinishedPicture(t *testing.T) {
	studio(t, func(b *bench) {
		stoppedSlowly(b)
		b.NewDocument()
		b.after(2 * time.Second)
		entries, err := b.History.List("", 0, 10)
		if err != nil || len(entries) != 1 || len(entries[0].Recipe.Unfinished) != 2 || len(b.Tray.Candidates) != 0 {
			t.Fatalf("%d in the history, %d candidates, %v", len(entries), len(b.Tray.Candidates), err)
		}
		if b.Run() != nil || b.CanResume() {
			t.Error("the run of the document before stays")
		}
	})
}

// Another model is opened only when the unfinished picture of the one before is there.
func TestModelIsHeldForTheUnfinishedPicture(t *testing.T) {
	studio(t, func(b *bench) {
		stoppedSlowly(b)
		b.Set(func(s *Settings) { s.Model = "B" })
		b.Generate()
		b.after(500 * time.Millisecond)
		if b.models["a"].closed.Load() {
			t.Fatal("the model is closed while it decodes")
		}
		b.after(time.Minute)
		if n := len(b.Tray.Candidates); n != 2 || b.most != 1 || b.Tray.Candidates[0].Picture.Pix[0] != 1 {
			t.Errorf("%d candidates, %d models open at once", n, b.most)
		}
	})
}

// A program that ends, well or not, before an unfinished picture is there resumes the run at the next start, also where another
// had begun, to the same picture.
func TestEndBeforeTheUnfinishedPicture(t *testing.T) {
	c := drawn(t, t.TempDir(), 0, 1)
	c.Set(func(t *Settings) { t.Steps = 30 })
	c.Generate()
	finished(t, c)
	want := bytes.Clone(c.Tray.Candidates[0].Picture.Pix)
	c.Close()
	for name, end := range map[string]func(c *child, home string) string{
		"closed": func(c *child, home string) string {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			return home
		},
		"killed": func(c *child, home string) string {
			c.until(func() bool { return c.Keeper.Quiet() })
			defer c.Close()
			return leftBehind(t, home)
		},
		"killed in the next run": func(c *child, home string) string {
			c.Set(func(s *Settings) { s.Seed++ })
			c.Generate()
			c.until(func() bool { return len(c.run().Steps) > 2 && c.Run().Active() })
			c.until(func() bool { return c.Keeper.Quiet() })
			defer c.Close()
			return leftBehind(t, home)
		},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			c := drawn(t, home, 8*time.Millisecond, 1)
			load := c.load
			c.load = func(ctx context.Context, of ModelInfo) (Generator, error) {
				g, err := load(ctx, of)
				return slowDecoder{g}, err
			}
			c.Set(func(t *Settings) { t.Steps, t.Threads = 30, 1 })
			c.Generate()
			c.until(func() bool { return c.Run() != nil && len(c.Run().Steps) > 12 })
			c.Stop()
			c.until(func() bool { return !c.Run().Active() })
			c = drawn(t, end(c, home), 0, 1)
			defer c.Close()
			if len(c.Interrupted) == 0 || len(c.Tray.Candidates) != 0 || !c.Offering() {
				t.Fatalf("%d to resume, %d candidates, %+v", len(c.Interrupted), len(c.Tray.Candidates), c.Notice)
			}
			n := len(c.Interrupted)
			c.Resume()
			c.until(func() bool { return len(c.Tray.Candidates) == n && !c.Run().Coming() })
			if !slices.ContainsFunc(c.Tray.Candidates, func(p *Candidate) bool { return bytes.Equal(p.Picture.Pix, want) }) {
				t.Errorf("none of %d pictures is that of the whole run", len(c.Tray.Candidates))
			}
		})
	}
}

// slowDecoder decodes nothing until it is left.
type slowDecoder struct{ Generator }

func (slowDecoder) DecodeStep(ctx context.Context, _ engine.Step, _ int, _ func(float64)) (*image.RGBA, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
