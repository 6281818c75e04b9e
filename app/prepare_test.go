package app

import (
	"image"
	"image/color"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/layers"
	"nirvana/engine"
	"nirvana/engine/pixel"
	ink "nirvana/engine/pixel/paint"
)

// requested is what a run asks of the engine, with its pictures.
func requested(t *testing.T, r *Run) engine.Request {
	t.Helper()
	j, err := r.Job.Prepared()
	if err != nil {
		t.Fatal(err)
	}
	return j.Request
}

// A run reads picture, mask and lines as they were when it was asked for, although what it makes of them is worked out
// later: what is painted meanwhile is not in it.
func TestRunReadsWhatWasThere(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Facts.ControlNets = 1
		b.Document.Set(noisy(64, 64, 1))
		b.Document.Rectangle(image.Rect(8, 8, 24, 24), Replace)
		strokeThrough(b.Document, Brush{Size: 4, Opacity: 1, Scribble: true}, [2]float32{40, 40}, [2]float32{60, 40})
		b.SetControl(0, func(c *Control) { c.Source = "scribble" })
		r := b.Scene().Run()
		if r.Job.Ready() {
			t.Error("the window's goroutine prepared the run")
		}
		strokeThrough(b.Document, Brush{Size: 20, Opacity: 1}, [2]float32{10, 50}, [2]float32{50, 50})
		strokeThrough(b.Document, Brush{Size: 20, Opacity: 1, Scribble: true}, [2]float32{10, 10}, [2]float32{50, 10})
		b.Document.Place(plain(64, 64, color.RGBA{9, 9, 9, 255}), image.Point{})
		q := requested(t, r)
		if q.Mask == nil || q.Mask.GrayAt(12, 12).Y != 255 || q.Mask.GrayAt(30, 50).Y != 0 {
			t.Error("the mask is not that of the moment when the run was asked for")
		}
		if string(q.Init.Pix) != string(noisy(64, 64, 1).Pix) {
			t.Error("the picture is another")
		}
		if c := q.Control; len(c) != 1 || c[0].Picture.RGBAAt(50, 40).R != 255 || c[0].Picture.RGBAAt(30, 10).R != 0 {
			t.Error("the lines are others")
		}
	})
}

// A picture for a ControlNet that cannot be read is told of while the run goes on without it; the window did not read it.
func TestControlFileIsReadBeside(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["a"].facts = func(f *engine.Facts) { f.ControlNets = 1 }
		b.Open("A")
		b.settle()
		path := pngFile(t, plain(64, 64, color.RGBA{1, 2, 3, 255}))
		b.SetControl(0, func(c *Control) { c.Source, c.File = "file", path })
		b.settle()
		for _, file := range []string{path, path + ".gone"} {
			b.Set(func(s *Settings) { s.Control.File = file })
			b.Dismiss()
			b.Generate()
			b.after(20 * time.Second)
			q := b.models["a"].asked[len(b.models["a"].asked)-1]
			if gone := file != path; gone != (len(q.Control) == 0) || gone != (b.Notice != nil) {
				t.Errorf("%s: %d ControlNets, %+v", file, len(q.Control), b.Notice)
			}
		}
	})
}

// Preparing costs the window's goroutine little: at 2048 px it works nothing out.
func BenchmarkPrepare2048(b *testing.B) {
	s, err := New(Options{Post: func(func()) {}, Models: []ModelInfo{{Name: "A", Dir: "a"}}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.Document.Set(noisy(2048, 2048, 1))
	s.Document.SetFrame(image.Rect(0, 0, 2048, 2048))
	s.Document.SetMask("mask", pixel.Grow(maskOf(2048, image.Rect(500, 500, 1500, 1500)), 3))
	for b.Loop() {
		s.Scene().Run()
	}
}

func maskOf(side int, r image.Rectangle) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, side, side))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.Pix[y*m.Stride+x] = 255
		}
	}
	return m
}

// A run that was asked for and is not prepared yet is in the journal with what it reads: after a restart it is resumed and
// asks the engine for the same.
func TestUnpreparedRunIsKept(t *testing.T) {
	file := pngFile(t, noisy(64, 64, 5))
	ask := map[string]func(b *bench) *Run{
		"inpaint": func(b *bench) *Run {
			b.Document.Rectangle(image.Rect(8, 8, 24, 24), Replace)
			return b.Scene().Run()
		},
		"outpaint": func(b *bench) *Run {
			b.Document.SetFrame(image.Rect(20, 0, 84, 64))
			return b.Scene().Run()
		},
		"picture": func(b *bench) *Run { return b.Scene().Run() },
		"layer": func(b *bench) *Run {
			b.Document.Arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
				return s.Added(s.Active, layers.Layer{Name: "Sky", Opacity: 1})
			})
			if _, err := b.Document.BeginPaint(ink.Ink{Source: ink.Flat(color.NRGBA{20, 90, 200, 255}), Opacity: 1}, ink.Pen{Size: 30}, 10, 20); err != nil {
				panic(err)
			}
			b.Document.PaintTo(50, 40)
			b.Document.EndStroke()
			b.Set(func(t *Settings) { t.ReadLayer = true })
			return b.Scene().Run()
		},
		"guides": func(b *bench) *Run {
			b.Facts.ControlNets, b.Facts.Depth = 3, true
			strokeThrough(b.Document, Brush{Size: 4, Opacity: 1, Scribble: true}, [2]float32{40, 40}, [2]float32{60, 40})
			b.Set(func(t *Settings) {
				t.DepthFile = file
				t.SetControls([]Control{{Source: "scribble", Scale: 1, Until: 1}, {Source: "edges", Scale: 0.5, Until: 1}, {Source: "file", File: file, Scale: 1, From: 0.2, Until: 0.7}})
			})
			return b.Scene().Run()
		},
	}
	for name, run := range ask {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			var want engine.Request
			synctest.Test(t, func(t *testing.T) {
				b := start(t, home)
				b.Open("A")
				b.settle()
				b.Document.Set(noisy(64, 64, 1))
				b.Set(func(t *Settings) { t.Seed, t.Locked = 11, true })
				r := run(b)
				r.ID, r.Document = 1, b.Document.Serial
				b.adopt(r)
				b.Queue = append(b.Queue, r) // as Submit does; what works it out does not come to its turn
				b.changed(ChangedRun)
				if err := b.Flush(); err != nil {
					t.Fatal(err)
				}
				if r.Job.Ready() {
					t.Error("writing the run down worked it out")
				}
				b.end()
				if r.Job.Ready() {
					t.Error("closing worked it out")
				}
				want = requested(t, r)
			})
			synctest.Test(t, func(t *testing.T) {
				b := start(t, home)
				defer b.end()
				if len(b.Interrupted) != 1 || b.Notice == nil || b.Notice.Action != "Resume" {
					t.Fatalf("%d runs to resume, notice %+v", len(b.Interrupted), b.Notice)
				}
				r := b.Interrupted[0]
				if r.Job.Ready() {
					t.Error("the start works it out")
				}
				b.Resume()
				b.after(20 * time.Second)
				if r.State != Finished || r.Err != nil {
					t.Fatalf("state %v, %v", r.State, r.Err)
				}
				got := requested(t, r)
				if got.Seed != 11 || !same(got.Init, want.Init) || !reflect.DeepEqual(got.Mask, want.Mask) || !reflect.DeepEqual(got.Depth, want.Depth) || len(got.Control) != len(want.Control) || got.Strength != want.Strength || got.Content != want.Content {
					t.Error("the run asks for something else")
				}
				for i, c := range got.Control {
					if w := want.Control[i]; !same(c.Picture, w.Picture) || c.Scale != w.Scale || c.From != w.From || c.Until != w.Until {
						t.Errorf("ControlNet %d follows something else", i)
					}
				}
				if name == "guides" && (len(got.Control) != 3 || got.Depth == nil) {
					t.Errorf("%d ControlNets, depth %v", len(got.Control), got.Depth != nil)
				}
			})
		})
	}
}

func same(a, b *image.RGBA) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Rect == b.Rect && string(a.Pix) == string(b.Pix)
}
