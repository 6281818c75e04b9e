package app

import (
	"image"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// Everything is there again after a start, and a candidate can be varied still.
func TestRestore(t *testing.T) {
	home := t.TempDir()
	var picture, mask, lines, chosen, shown string
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		img := noisy(100, 80, 1)
		img.Pix[3], img.Pix[0], img.Pix[1], img.Pix[2] = 100, 77, 3, 99 // half transparent: PNG would round it
		b.Document.Set(img)
		b.Set(func(s *Settings) {
			s.Prompt, s.Steps, s.Theme, s.Seed, s.Width, s.Height = "a kite", 4, "light", 55, 64, 64
		})
		strokeThrough(b.Document, Brush{Size: 20, Softness: 1, Opacity: 0.9}, [2]float32{40, 40}, [2]float32{60, 45})
		strokeThrough(b.Document, Brush{Size: 5, Opacity: 1, Scribble: true}, [2]float32{10, 10}, [2]float32{90, 70})
		strokeThrough(b.Document, Brush{Size: 30, Softness: 0.5, Opacity: 1, Select: true}, [2]float32{70, 20}, [2]float32{20, 60})
		b.Generate()
		b.after(time.Minute)
		b.Set(func(s *Settings) { s.Guidance = 5 }) // not the model's own, which the first one that opens brings
		s, _ := b.Shown()
		chosen = string(b.Document.Selection.Pix)
		picture, mask, lines, shown = string(b.Document.Picture.Pix), string(b.Document.Mask.Pix), string(b.Document.Scribble.Pix), string(s.Pix)
		b.end()
	})
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		s, _ := b.Shown()
		if b.Notice != nil || string(b.Document.Picture.Pix) != picture || string(b.Document.Mask.Pix) != mask || string(b.Document.Scribble.Pix) != lines || string(b.Document.Selection.Pix) != chosen || string(s.Pix) != shown {
			t.Error("picture, mask or candidate is not what it was", b.Notice)
		}
		if b.Settings.Prompt != "a kite" || b.Settings.Theme != "light" || b.Settings.Seed != 55 || b.Document.Frame.Size() != image.Pt(64, 64) {
			t.Errorf("%+v, frame %v", b.Settings, b.Document.Frame)
		}
		b.Open("A")
		b.settle()
		if b.Settings.Steps != 4 || b.Settings.Guidance != 5 {
			t.Errorf("opening the model overwrote what was restored: %d steps, guidance %g", b.Settings.Steps, b.Settings.Guidance)
		}
		b.Vary(b.Tray.Current(), Strong)
		b.after(time.Minute)
		if a := b.models["a"].asked; len(a) != 1 || a[0].Mask == nil || a[0].Init == nil || a[0].Seed != 55 || a[0].Variation != Strong {
			t.Error("the variation did not ask for what made the candidate")
		}
		if list, err := b.History.List("kit", 0, 10); err != nil || len(list) != 2 || list[1].Recipe.Seed != 55 {
			t.Error(list, err)
		}
		files, _ := os.ReadDir(filepath.Join(home, "state"))
		if len(files) == 0 || len(files) > 20 {
			t.Errorf("%d state files", len(files))
		}
	})
}

// A damaged picture costs that picture only, and is told.
func TestRestoreOfADamagedFolder(t *testing.T) {
	home := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		b.Document.Set(noisy(64, 64, 1))
		b.Set(func(s *Settings) { s.Prompt = "kept" })
		b.end()
	})
	files, _ := filepath.Glob(filepath.Join(home, "state", "*"))
	for _, f := range files {
		if err := os.WriteFile(f, []byte("rubbish"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		if b.Notice == nil || b.Document.Picture != nil || b.Settings.Prompt != "kept" {
			t.Errorf("%v, prompt %q", b.Notice, b.Settings.Prompt)
		}
	})
	if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
