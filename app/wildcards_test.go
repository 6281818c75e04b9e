package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A wildcard file's line is drawn for each picture, and its recipe says which; a name of no file is told, and makes no run.
func TestWildcardFiles(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "wildcards")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "colour.txt"), []byte("red\ngreen\nblue\ngrey\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Count, s.Seed, s.Locked = "a __colour__ kite", 2, 4, 3, true })
		b.Generate()
		b.after(time.Minute)
		if len(b.Tray.Candidates) != 4 {
			t.Fatal(len(b.Tray.Candidates), b.Notice)
		}
		for _, c := range b.Tray.Candidates {
			if p := c.Recipe.Prompt; !strings.HasPrefix(p, "a ") || !strings.HasSuffix(p, " kite") || strings.ContainsAny(p, "_{|}") {
				t.Errorf("the recipe says %q", p)
			}
		}
		b.Set(func(s *Settings) { s.Prompt = "a __shape__ kite" })
		b.Generate()
		b.after(time.Minute)
		if len(b.Tray.Candidates) != 4 || b.Notice == nil {
			t.Error("a wildcard without a file was run, or not told of")
		}
	})
}
