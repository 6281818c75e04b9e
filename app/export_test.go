package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

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
			f, ok := FoundIn(path)
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
		made, _ := RecipeIn(filepath.Join(dir, "a.webp"))
		for _, c := range []struct {
			change func(*Recipe)
			want   string
		}{{func(*Recipe) {}, "Made again: identical"}, {func(r *Recipe) { r.Hashes[2] = "x" }, "Made again: differs from step 2"}, {func(r *Recipe) { r.Hashes[0] = "x" }, "Made again: differs from the start"}} {
			b.Dismiss()
			r := made
			r.Hashes = append([]string(nil), made.Hashes...)
			c.change(&r)
			b.Tray.Clear()
			b.Document.New()
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
