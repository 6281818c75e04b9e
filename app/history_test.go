package app

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// filled is a history of n pictures whose files are not there: what lists and searches ask for is.
func filled(t testing.TB, home string, n int) *History {
	t.Helper()
	h, err := openHistory(home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	words := strings.Fields("a red blue golden kite castle river over under the sea forest night morning portrait of an old young cat fox ship oil ink watercolour sketch detailed soft light mist")
	random := rand.New(rand.NewPCG(3, 3))
	var thumbs [][]byte
	for i := range 16 {
		thumbs = append(thumbs, thumbnail(noisy(192, 144, uint64(i))))
	}
	x, err := h.ready()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := x.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for i := range n {
		var prompt []string
		for range 12 {
			prompt = append(prompt, words[random.IntN(len(words))])
		}
		r := Recipe{Prompt: strings.Join(prompt, " "), Model: "A", Seed: uint64(i), Steps: 25, Width: 512, Height: 384}
		light, whole, err := lightened(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`INSERT INTO picture (file, made, width, height, recipe, whole, thumb) VALUES (?, ?, 512, 384, ?, ?, ?)`, fmt.Sprint(i, ".png"), time.Now().UnixMilli(), light, whole, thumbs[i%16]); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`INSERT INTO words (rowid, prompt, negative, model) VALUES (?, ?, '', 'A')`, i+1, r.Prompt); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return h
}

// BenchmarkStart opens a studio over 10,000 pictures.
func BenchmarkStart(b *testing.B) {
	home := b.TempDir()
	filled(b, home, 10000).Close()
	for b.Loop() {
		s, err := New(Options{Home: home, Post: func(func()) {}})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkHistory is what the strip and the large list ask of 10,000 pictures: all of them, a letter more of a
// search, a page in the midst, a thumbnail.
func BenchmarkHistory(b *testing.B) {
	h := filled(b, b.TempDir(), 10000)
	ids, err := h.Find("")
	if err != nil || len(ids) != 10000 {
		b.Fatal(len(ids), err)
	}
	for _, search := range []string{"", "k", "kite", "kite sea mist", Starred} {
		b.Run("find/"+search, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Find(search); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if list, err := h.Entries(ids[7000:7100]); err != nil || len(list) != 100 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("thumbnail", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := h.Thumbnail(ids[i*37%len(ids)], ThumbSide); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestFindAmongMany(t *testing.T) {
	h := filled(t, t.TempDir(), 3000)
	ids, err := h.Find("kite ship")
	if err != nil || len(ids) < 20 || len(ids) > 1000 {
		t.Fatal(len(ids), err)
	}
	list, err := h.Entries(ids)
	if n, _ := h.Count("kite ship"); err != nil || len(list) != len(ids) || n != len(ids) {
		t.Fatal(len(list), n, err)
	}
	for i, e := range list {
		if e.ID != ids[i] || i > 0 && e.ID >= list[i-1].ID || !strings.Contains(e.Recipe.Prompt, "kite") || !strings.Contains(e.Recipe.Prompt, "ship") {
			t.Fatalf("%d: %+v", i, e)
		}
	}
	if list, err := h.Entries([]int64{5, 99999, 2}); err != nil || len(list) != 2 || list[0].ID != 5 || list[1].ID != 2 {
		t.Error(list, err)
	}
}

// Lists leave out what only making again needs.
func TestWholeRecipe(t *testing.T) {
	h, err := openHistory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r := Recipe{Prompt: "p", Hashes: []string{"a", "b"}, Scales: []float32{7}}
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.Pix[3] = 9
	if err := r.SetMask(m); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Add(noisy(8, 8, 1), r); err != nil {
		t.Fatal(err)
	}
	list, err := h.List("", 0, 1)
	if err != nil || len(list) != 1 || list[0].Recipe.Mask != nil || list[0].Recipe.Hashes != nil || list[0].Recipe.MaskHash != r.MaskHash {
		t.Fatal(list, err)
	}
	if w := h.Whole(list[0]); len(w.Hashes) != 2 || len(w.Scales) != 1 || string(w.Mask) != string(r.Mask) {
		t.Errorf("%+v", w)
	}
}

// Two studios on one data folder add, star and delete at the same time.
func TestTwoStudiosOneHistory(t *testing.T) {
	home := t.TempDir()
	var both [2]*History
	for i := range both {
		h, err := openHistory(home)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		both[i] = h
	}
	var wait sync.WaitGroup
	for i, h := range both {
		wait.Go(func() {
			for n := range 20 {
				id, err := h.Add(noisy(16, 16, uint64(100*i+n)), Recipe{Prompt: "own", Seed: uint64(100*i + n)})
				if err == nil {
					err = h.Star(id, true)
				}
				_, same := h.Add(noisy(16, 16, uint64(1000+n)), Recipe{Prompt: "shared", Seed: uint64(n)}) // of a project that both open
				if err := errors.Join(err, same); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for _, h := range both {
		own, _ := h.Count("own")
		shared, _ := h.Count("shared")
		starred, _ := h.Count(Starred)
		if own != 40 || shared != 20 || starred != 40 {
			t.Errorf("%d of their own, %d shared, %d starred", own, shared, starred)
		}
	}
	var sound string
	if err := both[0].index.db.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		t.Error(sound, err)
	}
}

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
	if !c.until(func() bool { return len(c.unstored) == 1 }) {
		t.Fatalf("the picture does not wait: %+v", c.Notice)
	}
	if _, err := c.History.Add(noisy(8, 8, 1), Recipe{}); !errors.Is(err, errAway) {
		t.Error("a picture was stored in nowhere, or the advice is wrong:", err)
	}
	if err := c.History.Star(1, true); !errors.Is(err, errAway) {
		t.Error(err)
	}
	c.loop(3 * time.Second) // it tries again by itself
	for _, name := range []string{indexFile, "journal.db"} {
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
	if !c.until(func() bool { return len(c.unstored) == 0 && c.Tray.Candidates[1].Stored > 0 }) {
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
	path := filepath.Join(home, indexFile)
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

// A clock that jumps ahead for one start removes nothing before its time.
func TestPurgeAndTheClock(t *testing.T) {
	h, err := openHistory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	when := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	add := func(seed uint64, at time.Time) Entry {
		if _, err := h.Add(noisy(8, 8, seed), Recipe{Seed: seed, Made: at.Format(time.RFC3339)}); err != nil {
			t.Fatal(err)
		}
		list, _ := h.List("", 0, 1)
		return list[0]
	}
	e := add(1, when)
	h.deleteAt(e.ID, when.Add(time.Hour).UnixMilli())
	if err := h.purge(when.AddDate(4, 0, 0).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.Path); err != nil {
		t.Error("a clock that jumped removed a picture an hour after it was deleted")
	}
	later := when.AddDate(0, 2, 0)
	add(2, later)
	if err := h.purge(later.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.Path); err == nil {
		t.Error("a picture that was deleted two months ago is there still")
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
	if !c.until(func() bool { return len(c.unstored) == 1 }) {
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
