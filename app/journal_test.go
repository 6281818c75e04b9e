package app

import (
	"fmt"
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
	var picture, mask, lines, shown string
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
		b.Generate()
		b.after(time.Minute)
		s, _ := b.Document.Shown()
		picture, mask, lines, shown = string(b.Document.Picture.Pix), string(b.Document.Mask.Pix), string(b.Document.Scribble.Pix), string(s.Pix)
		b.end()
	})
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		s, _ := b.Document.Shown()
		if b.Notice != nil || string(b.Document.Picture.Pix) != picture || string(b.Document.Mask.Pix) != mask || string(b.Document.Scribble.Pix) != lines || string(s.Pix) != shown {
			t.Error("picture, mask or candidate is not what it was", b.Notice)
		}
		if b.Settings.Prompt != "a kite" || b.Settings.Theme != "light" || b.Settings.Seed != 55 || b.Document.Frame.Size() != image.Pt(64, 64) {
			t.Errorf("%+v, frame %v", b.Settings, b.Document.Frame)
		}
		b.Open("A")
		b.settle()
		if b.Settings.Steps != 4 || b.Settings.Guidance != 7.5 {
			t.Error("opening the model overwrote what was restored")
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

func TestHistory(t *testing.T) {
	home := t.TempDir()
	h, err := openHistory(home)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for i, prompt := range []string{"a red kite over the sea", "two kittens", "kite festival, Ünïcode sky", `quotes " and * NEAR OR`} {
		if _, err := h.Add(noisy(300, 200, uint64(i)), Recipe{Prompt: prompt, Model: "A", Seed: uint64(i), Made: "2026-11-24T12:00:00Z"}); err != nil {
			t.Fatal(err)
		}
	}
	for search, want := range map[string]string{"": "3210", "kite": "20", "KIT": "210", "kite sea": "0", "unicode": "2", `"`: "", `" *`: "", "NEAR OR": "3", "nothing": "", "kittens\"": "1"} {
		list, err := h.List(search, 0, 10)
		got := ""
		for _, e := range list {
			got += fmt.Sprint(e.Recipe.Seed)
		}
		if n, _ := h.Count(search); err != nil || (got != want && search != `"` && search != `" *`) || n != len(list) {
			t.Errorf("search %q found %q, want %q (%v)", search, got, want, err)
		}
	}
	list, _ := h.List("", 1, 2)
	if len(list) != 2 || list[0].Recipe.Seed != 2 || list[0].Made.Year() != 2026 {
		t.Fatalf("%+v", list)
	}
	e := list[0]
	if img, err := h.Picture(e); err != nil || string(img.Pix) != string(noisy(300, 200, 2).Pix) {
		t.Error("the stored picture is another", err)
	}
	if r, ok := RecipeIn(e.Path); !ok || r.Prompt != e.Recipe.Prompt {
		t.Error("the stored picture has no recipe")
	}
	if small, err := h.Thumbnail(e.ID, ThumbSide); err != nil || small.Rect != image.Rect(0, 0, 192, 128) {
		t.Error(err)
	}
	h.Star(e.ID, true)
	h.Delete(e.ID)
	if n, _ := h.Count("kite"); n != 1 {
		t.Errorf("%d are left", n)
	}
	h.Restore(e.ID)
	if list, _ = h.List("festival", 0, 9); len(list) != 1 || !list[0].Star {
		t.Error("restored without its star")
	}
}
