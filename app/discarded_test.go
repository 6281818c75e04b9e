package app

import (
	"image"
	"testing"
	"time"
)

// Undo brings a discarded candidate back in its turn, Redo discards it again.
func TestDiscardIsUndone(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Prompt, s.Count = "two", 2 })
		b.Generate()
		b.after(10 * time.Second)
		if len(b.Tray.Candidates) != 2 {
			t.Fatalf("%d candidates", len(b.Tray.Candidates))
		}
		first := b.Tray.Candidates[0]
		b.Tray.Select(0)
		b.Tray.Discard()
		if b.CanUndo() != "discard" || !b.Undo() || len(b.Tray.Candidates) != 2 || b.Tray.Current() != first {
			t.Fatalf("Undo left %d candidates", len(b.Tray.Candidates))
		}
		if b.CanRedo() != "discard" || !b.Redo() || len(b.Tray.Candidates) != 1 {
			t.Fatalf("Redo left %d candidates", len(b.Tray.Candidates))
		}
		b.Tray.Keep()
		if b.CanUndo() != "keep" {
			t.Errorf("after Keep the next step back is %q", b.CanUndo())
		}
		b.Undo()
		if b.Undo(); b.Tray.Current() != first {
			t.Error("before the kept one the discarded one does not come back")
		}
	})
}

// After Keep the mask is off, unless it is held; Undo brings both back.
func TestKeepTakesTheMaskOff(t *testing.T) {
	for _, held := range []bool{false, true} {
		studio(t, func(b *bench) {
			b.Open("A")
			b.settle()
			b.Set(func(s *Settings) { s.HoldMask = held })
			b.Document.Set(noisy(64, 64, 3))
			b.Document.Rectangle(image.Rect(8, 8, 40, 40), Add)
			b.Generate()
			b.after(10 * time.Second)
			picture := b.Document.Picture
			b.Tray.Keep()
			if b.Document.Masked() != held || b.Document.Picture == picture {
				t.Errorf("held %v: kept, the mask is on: %v", held, b.Document.Masked())
			}
			b.Undo()
			if !b.Document.Masked() {
				t.Errorf("held %v: Undo does not bring the mask back", held)
			}
			b.Redo()
			if b.Document.Masked() != held {
				t.Errorf("held %v: Redo leaves it %v", held, b.Document.Masked())
			}
		})
	}
}
