package app

import (
	"image"
	"slices"
	"testing"
	"time"
)

// Keep takes a run's other pictures out of the tray; undoing it brings all back, however many steps there were before,
// and no other step does.
func TestOthersComeBackWithUndo(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Prompt, s.Count = "three", 3 })
		b.Document.Set(noisy(64, 64, 3))
		for i := range 70 { // as many steps as the document holds, and more
			b.Document.Rectangle(image.Rect(i%40, 0, i%40+9, 20), Replace)
		}
		b.Document.Clear()
		b.Generate()
		b.after(60 * time.Second)
		all := slices.Clone(b.Tray.Candidates)
		if len(all) != 3 {
			t.Fatalf("%d candidates", len(all))
		}
		was := b.Document.Picture
		b.Tray.Select(1)
		b.Tray.Keep()
		if len(b.Tray.Candidates) != 0 || b.Tray.Left() != 2 {
			t.Fatalf("kept, the tray holds %d, and %d others are told", len(b.Tray.Candidates), b.Tray.Left())
		}
		kept := b.Document.Picture
		b.Document.Rectangle(image.Rect(0, 0, 30, 30), Replace)
		if b.Tray.Left() != 0 {
			t.Error("the next Undo is of the mask, and is said to bring results back")
		}
		if b.Undo(); len(b.Tray.Candidates) != 0 || b.Tray.Left() != 2 {
			t.Errorf("a mask undone, the tray holds %d", len(b.Tray.Candidates))
		}
		for range 2 {
			if b.Undo(); !slices.Equal(b.Tray.Candidates, all) || b.Tray.Current() != nil || !samePixels(b.Document.Picture, was) {
				t.Fatalf("Undo brought %d back; one is shown: %v", len(b.Tray.Candidates), b.Tray.Current() != nil)
			}
			if b.Redo(); len(b.Tray.Candidates) != 0 || b.Tray.Left() != 2 || !samePixels(b.Document.Picture, kept) {
				t.Fatalf("Redo left %d in the tray", len(b.Tray.Candidates))
			}
		}
		b.Undo()
		b.Document.Rectangle(image.Rect(0, 0, 20, 30), Replace)
		b.Undo()
		if b.Redo(); !slices.Equal(b.Tray.Candidates, all) {
			t.Errorf("another step done again, the tray holds %d", len(b.Tray.Candidates))
		}
	})
}

func samePixels(a, b *image.RGBA) bool { return a.Rect == b.Rect && slices.Equal(a.Pix, b.Pix) }
