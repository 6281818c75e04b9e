package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/app/history"
	"nirvana/app/history/historytest"
)

// The folder goes away, as a network does, and comes back: what was made meanwhile is stored then, and nothing is
// written into the empty folder that is left in its place.
func TestHistoryAway(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	c := studioAt(t, home)
	made := func() bool { r := c.Run(); return r != nil && !r.Active() && len(c.Queue) == 0 }
	c.Set(func(s *Settings) { s.Steps = 2 })
	c.Generate()
	if !c.until(made) || !c.until(func() bool { n, _ := c.History.Count(""); return n == 1 }) {
		t.Fatal("nothing was stored")
	}
	if err := os.Rename(home, home+".away"); err != nil {
		t.Skip("open folders cannot be moved here:", err)
	}
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	c.Generate()
	if !c.until(func() bool { return c.Waiting() == 1 }) {
		t.Fatalf("the picture does not wait: %+v", c.Notice)
	}
	if _, err := c.History.Add(noisy(8, 8, 1), Recipe{}); !errors.Is(err, history.ErrAway) {
		t.Error("a picture was stored in nowhere, or the advice is wrong:", err)
	}
	if err := c.History.Star(1, true); !errors.Is(err, history.ErrAway) {
		t.Error(err)
	}
	c.loop(3 * time.Second) // it tries again by itself
	for _, name := range []string{history.IndexFile, "journal.db"} {
		if _, err := os.Stat(filepath.Join(home, name)); err == nil {
			t.Errorf("%s was made in the empty folder", name)
		}
	}
	if c.Notice == nil || !strings.Contains(c.Notice.Advice, "connect its disk or network again") || c.Kept() != KeptLater {
		t.Errorf("%+v", c.Notice)
	}
	if err := errors.Join(os.RemoveAll(home), os.Rename(home+".away", home)); err != nil {
		t.Fatal(err)
	}
	c.until(func() bool { return c.Notice != nil })
	for c.Notice != nil && c.Notice.Action == "Try again" {
		c.Notice.Do()
		c.loop(50 * time.Millisecond)
	}
	if !c.until(func() bool { return c.Waiting() == 0 && c.Tray.Candidates[1].Stored > 0 }) {
		t.Fatalf("not stored though the folder is back: %+v", c.Notice)
	}
	c.Close()
	c = studioAt(t, home)
	if n, _ := c.History.Count(""); n != 2 || c.Notice != nil {
		t.Errorf("%d pictures, %+v", n, c.Notice)
	}
}

// An index that is damaged or missing is made again from the pictures.
func TestHistoryRebuilt(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	for i := range 5 {
		if _, err := c.History.Add(noisy(16, 16, uint64(i)), Recipe{Prompt: fmt.Sprint("kite ", i), Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	path := filepath.Join(home, history.IndexFile)
	for what, damage := range map[string]func() error{
		"damaged": func() error { return os.WriteFile(path, []byte(strings.Repeat("no database", 1000)), 0o644) },
		"missing": func() error { return os.Remove(path) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		c := studioAt(t, home)
		if c.Notice == nil || !strings.Contains(c.Notice.Detail, what) {
			t.Errorf("%s: %+v", what, c.Notice)
		}
		if !c.until(func() bool { n, _ := c.History.Count("kite"); return n == 5 }) {
			t.Errorf("%s: not all came back", what)
		}
		c.Close()
	}
	if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) != 1 {
		t.Error("the damaged index is gone", aside)
	}
}

// What was finished but could not be stored when the program ended is stored at the next start.
func TestStoredAtTheNextStart(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	pictures := filepath.Join(home, "pictures")
	if err := errors.Join(os.RemoveAll(pictures), os.WriteFile(pictures, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	c.Set(func(s *Settings) { s.Steps = 2 })
	c.Generate()
	if !c.until(func() bool { return c.Waiting() == 1 }) {
		t.Fatal("the picture does not wait")
	}
	c.Close()
	if err := os.Remove(pictures); err != nil {
		t.Fatal(err)
	}
	c = studioAt(t, home)
	if !c.until(func() bool { return len(c.Tray.Candidates) == 1 && c.Tray.Candidates[0].Stored > 0 }) {
		t.Errorf("not stored: %+v", c.Notice)
	}
	if n, _ := c.History.Count(""); n != 1 {
		t.Errorf("%d pictures", n)
	}
}

// BenchmarkStart opens a studio over 10,000 pictures.
func BenchmarkStart(b *testing.B) {
	home := b.TempDir()
	h, err := history.Open(home)
	if err != nil {
		b.Fatal(err)
	}
	h.Close()
	historytest.Fill(b, home, 10000)
	for b.Loop() {
		s, err := New(Options{Home: home, Post: func(func()) {}})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
