package app

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/files"
	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// A picture is exported in each format with its recipe, read back and made again.
func TestExportAndMakeAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "")
		defer b.end()
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Width, s.Height = "again", 4, 64, 64 })
		b.Generate()
		b.after(time.Minute)
		for _, name := range []string{"a.png", "a.jpg", "a.webp"} {
			path := filepath.Join(dir, name)
			if err := b.Export(path); err != nil {
				t.Fatal(err)
			}
			f, ok := files.FoundIn(path)
			if !ok || f.Recipe.Prompt != "again" || len(f.Recipe.Hashes) != 5 || f.Recipe.ModelHash == "" {
				t.Errorf("%s carries %+v", name, f)
			}
			if img, err := pixel.Load(path); err != nil || img.Rect.Dx() != 64 {
				t.Error(name, err)
			}
		}
		if err := b.Export(filepath.Join(dir, "a.gif")); err == nil {
			t.Error("a GIF was exported")
		}
		found, _ := files.FoundIn(filepath.Join(dir, "a.webp"))
		made := found.Recipe
		for _, c := range []struct {
			change func(*Recipe)
			want   string
		}{{func(*Recipe) {}, "Reproduced exactly, all 4 steps match"}, {func(r *Recipe) { r.Hashes[2] = "x" }, "Reproduced, but different from step 2 on"}, {func(r *Recipe) { r.Hashes[0] = "x" }, "Reproduced, but different from the first step on"}} {
			b.Dismiss()
			r := made
			r.Hashes = append([]string(nil), made.Hashes...)
			c.change(&r)
			b.Tray.Clear()
			b.NewDocument()
			b.Use(r)
			b.Generate()
			b.after(time.Minute)
			if b.Notice == nil || b.Notice.Headline != c.want {
				t.Errorf("got %+v, want %q", b.Notice, c.want)
			}
		}
	})
	if _, err := os.Stat(filepath.Join(dir, "a.gif")); err == nil {
		t.Error("a refused export left a file")
	}
	if _, err := recipe.Read([]byte("x")); errors.Is(err, recipe.ErrNone) {
		t.Error("no picture at all")
	}
}

// An inpainted picture brings its mask and how it was used back, and comes out the same from them.
func TestMaskOfARecipe(t *testing.T) {
	studio(t, func(b *bench) {
		b.Document.Set(noisy(64, 64, 3))
		b.Set(func(s *Settings) {
			s.Steps, s.Width, s.Height, s.Feather, s.Match, s.Locked = 4, 64, 64, 9, false, true
		})
		strokeThrough(b.Document, Brush{Size: 20, Softness: 1, Opacity: 0.9}, [2]float32{20, 20}, [2]float32{40, 30})
		mask := string(b.Document.Mask.Pix)
		b.Generate()
		b.after(time.Minute)
		r := b.Tray.Current().Recipe
		if m, err := r.MaskPicture(); err != nil || m == nil || string(m.Pix) != mask || r.Pictures["init"] == "" || r.Feather != 9 || r.Match {
			t.Fatalf("%+v %v", r, err)
		}
		b.Tray.Clear()
		b.Document.Clear()
		b.Set(func(s *Settings) { s.Feather, s.Match = 2, true })
		b.Use(r)
		if string(b.Document.Mask.Pix) != mask || b.Settings.Feather != 9 || b.Settings.Match || b.Mode() != Inpaint {
			t.Error("the mask did not come back")
		}
		b.Generate()
		b.after(time.Minute)
		if b.Notice == nil || b.Notice.Headline != "Reproduced exactly, all 4 steps match" {
			t.Errorf("%+v", b.Notice)
		}
		b.Undo()
		b.Document.Set(plain(20, 20, color.RGBA{A: 255})) // on another picture it is left out
		b.Use(r)
		if b.Mode() == Inpaint {
			t.Error("the mask was laid over another picture")
		}
	})
}
