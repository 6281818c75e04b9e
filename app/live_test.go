package app

import (
	"image"
	"image/color"
	"testing"
	"time"

	ink "nirvana/engine/pixel/paint"

	"nirvana/engine"
)

// While it is on, the live picture follows strokes, words and sliders with one noise, takes the draft of few steps, makes a
// whole pass when the pen rests, keeps nothing of its passes, and becomes a layer.
func TestLive(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["a"].facts = func(f *engine.Facts) { f.Steps, f.Draft = 25, engine.Draft{Steps: 4, Guidance: 1} }
		b.Open("A")
		b.settle()
		d := b.Document
		d.Set(noisy(64, 64, 1))
		b.Set(func(s *Settings) { s.Steps, s.Seed, s.Width, s.Height, s.Strength = 10, 7, 64, 64, 0.6 })
		b.SetLive(true)
		b.after(time.Minute)
		asked := b.models["a"].asked
		if len(asked) < 2 || !asked[0].Draft || asked[0].Init == nil || asked[len(asked)-1].Draft || asked[len(asked)-1].Steps != 10 {
			t.Fatalf("%d passes", len(asked))
		}
		img, frame, on := b.Live()
		if img == nil || !on || frame != d.Frame {
			t.Fatal("no live picture", frame)
		}
		n := len(asked)
		b.after(time.Minute)
		if len(b.models["a"].asked) != n {
			t.Error("it goes on though nothing changes")
		}
		b.Set(func(s *Settings) {
			s.Tool, s.BrushSize, s.Turned, s.Paint.On = s.Tool+1, s.BrushSize+1, []string{"Colour"}, true
		})
		b.after(time.Minute)
		if len(b.models["a"].asked) != n {
			t.Error("another tool or brush makes a pass of the same picture")
		}
		b.Set(func(s *Settings) { s.Guidance++ })
		b.after(time.Minute)
		if len(b.models["a"].asked) == n {
			t.Error("another guidance makes no pass")
		}
		n = len(b.models["a"].asked)
		if _, err := d.BeginPaint(ink.Ink{Source: ink.Flat(color.NRGBA{200, 0, 0, 255}), Opacity: 1}, ink.Pen{Size: 20}, 5, 5); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			d.PaintTo(float32(5+2*i), 20)
			b.LiveTouched()
			b.after(time.Second)
		}
		if got := len(b.models["a"].asked) - n; got < 2 {
			t.Errorf("%d passes during a stroke", got)
		}
		d.EndStroke()
		b.Set(func(s *Settings) { s.Prompt = "a red line" })
		b.after(time.Minute)
		last := b.models["a"].asked[len(b.models["a"].asked)-1]
		for _, q := range b.models["a"].asked {
			if q.Seed != 7 {
				t.Error("another noise:", q.Seed)
			}
		}
		if last.Prompt != "a red line" || string(last.Init.Pix) != string(d.Picture.Pix) {
			t.Error("the last pass does not show what there is")
		}
		if len(b.Tray.Candidates) != 0 {
			t.Error("live pictures are candidates")
		}
		if list, err := b.History.List("", 0, 10); err != nil || len(list) != 0 {
			t.Error("live pictures are in the history", err)
		}
		img, _, _ = b.Live()
		b.TakeLive()
		b.settle()
		s := d.Stack()
		if len(s.Layers) != 2 || string(s.Only(s.Active, image.Rect(0, 0, 64, 64)).Pix) != string(img.Pix) {
			t.Errorf("what was taken is not what was shown: %+v", s)
		}
		b.Generate() // a run has the model first
		b.after(time.Minute)
		if len(b.Tray.Candidates) != 1 {
			t.Error("no run while it is on")
		}
		b.SetLive(false)
		n = len(b.models["a"].asked)
		d.Set(noisy(64, 64, 2))
		b.after(time.Minute)
		if img, _, on := b.Live(); img != nil || on || len(b.models["a"].asked) != n {
			t.Error("turned off, it goes on")
		}
	})
}
