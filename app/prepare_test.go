package app

import (
	"image"
	"image/color"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/pixel"
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
		r := b.prepare(b.Models[0])
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
		s.prepare(s.Models[0])
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
