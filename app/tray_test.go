package app

import (
	"testing"
	"time"
)

// While the artist looks at a candidate the run's next ones do not take its place; the run's end, or looking back, does.
func TestHeldCandidate(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Seed, s.Count = 7, 4 })
		b.Generate()
		b.after(9500 * time.Millisecond) // two pictures of four steps are there
		if n := len(b.Tray.Candidates); n != 2 || b.Tray.Selected != 1 || b.Tray.Held {
			t.Fatalf("%d candidates, selected %d, held %v", n, b.Tray.Selected, b.Tray.Held)
		}
		b.Tray.Select(0)
		b.after(5 * time.Second)
		if n := len(b.Tray.Candidates); n != 3 || b.Tray.Selected != 0 || !b.Tray.Held {
			t.Fatalf("a third candidate: %d are there, selected %d, held %v", n, b.Tray.Selected, b.Tray.Held)
		}
		b.Run().Show(-1)
		b.after(5 * time.Second)
		if n := len(b.Tray.Candidates); n != 4 || b.Tray.Selected != 3 {
			t.Fatalf("let go: %d candidates, selected %d", n, b.Tray.Selected)
		}
		for i, c := range b.Tray.Candidates {
			if c.Run != b.Run().ID || c.Number != i {
				t.Errorf("candidate %d is number %d of run %d", i, c.Number, c.Run)
			}
		}
		b.Set(func(s *Settings) { s.Count = 1 })
		b.Generate()
		b.after(5 * time.Second)
		if n := len(b.Tray.Siblings()); n != 5 {
			t.Errorf("a candidate that is alone in its run stands beside %d", n)
		}
		b.Tray.Select(1)
		if n := len(b.Tray.Siblings()); n != 4 {
			t.Errorf("a run of four has %d siblings", n)
		}
	})
}

// What is asked for before the first model is open takes that model's sizes, and can be taken back.
func TestGenerateWhileOpening(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A") // its end is not told yet
		b.Generate()
		b.Generate()
		if b.Asked != 2 || b.Run() != nil {
			t.Fatalf("%d asked for, run %v", b.Asked, b.Run())
		}
		b.after(30 * time.Second)
		if n := len(b.Tray.Candidates); n != 2 || b.Tray.Candidates[0].Picture.Rect.Dx() != 64 || b.Asked != 0 {
			t.Fatalf("%d candidates, %d still asked for", n, b.Asked)
		}
	})
	studio(t, func(b *bench) {
		b.Open("A")
		b.Generate()
		b.Stop()
		b.after(10 * time.Second)
		if len(b.Tray.Candidates) != 0 {
			t.Error("what was taken back was made")
		}
	})
	studio(t, func(b *bench) {
		b.Open("Missing")
		b.Generate()
		b.after(10 * time.Second)
		if b.Asked != 0 || b.Run() != nil || b.Notice == nil {
			t.Errorf("a model that does not open: %d asked for, notice %v", b.Asked, b.Notice)
		}
	})
	studio(t, func(b *bench) {
		b.Models[0].Width, b.Models[0].Height = 64, 64
		b.Generate() // no model was opened at the start
		b.after(30 * time.Second)
		if n := len(b.Tray.Candidates); n != 1 || b.Tray.Candidates[0].Picture.Rect.Dx() != 64 || b.Settings.Guidance != 3 {
			t.Errorf("%d candidates, guidance %v", n, b.Settings.Guidance)
		}
	})
}
