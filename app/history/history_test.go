package history

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"nirvana/app/history/historytest"
	"nirvana/app/recipe"
)

// filled is a history of n pictures whose files are not there: what lists and searches ask for is.
func filled(t testing.TB, n int) *Store {
	t.Helper()
	home := t.TempDir()
	h, err := Open(home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	historytest.Fill(t, home, n)
	return h
}

// noisy is a picture of random colours.
func noisy(w, h int, seed uint64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256)) | uint8(i%4/3*255)
	}
	return img
}

// BenchmarkHistory is what the strip and the large list ask of 10,000 pictures: all of them, a letter more of a
// search, a page in the midst, a thumbnail.
func BenchmarkHistory(b *testing.B) {
	h := filled(b, 10000)
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
	h := filled(t, 3000)
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
	h, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r := recipe.Recipe{Prompt: "p", Hashes: []string{"a", "b"}, Scales: []float32{7}}
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
	var both [2]*Store
	for i := range both {
		h, err := Open(home)
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
				id, err := h.Add(noisy(16, 16, uint64(100*i+n)), recipe.Recipe{Prompt: "own", Seed: uint64(100*i + n)})
				if err == nil {
					err = h.Star(id, true)
				}
				_, same := h.Add(noisy(16, 16, uint64(1000+n)), recipe.Recipe{Prompt: "shared", Seed: uint64(n)}) // of a project that both open
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

// A clock that jumps ahead for one start removes nothing before its time.
func TestPurgeAndTheClock(t *testing.T) {
	h, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	when := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	add := func(seed uint64, at time.Time) Entry {
		if _, err := h.Add(noisy(8, 8, seed), recipe.Recipe{Seed: seed, Made: at.Format(time.RFC3339)}); err != nil {
			t.Fatal(err)
		}
		list, _ := h.List("", 0, 1)
		return list[0]
	}
	e := add(1, when)
	h.Delete(e.ID, when.Add(time.Hour))
	if err := h.Purge(when.AddDate(4, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.Path); err != nil {
		t.Error("a clock that jumped removed a picture an hour after it was deleted")
	}
	later := when.AddDate(0, 2, 0)
	add(2, later)
	var gone []uint64
	h.Gone = func(r recipe.Recipe) { gone = append(gone, r.Seed) }
	if err := h.Purge(later); err != nil {
		t.Fatal(err)
	}
	if len(gone) != 1 || gone[0] != 1 {
		t.Errorf("pictures that are gone for good: %v", gone)
	}
	if _, err := os.Stat(e.Path); err == nil {
		t.Error("a picture that was deleted two months ago is there still")
	}
}

func TestHistory(t *testing.T) {
	home := t.TempDir()
	h, err := Open(home)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for i, prompt := range []string{"a red kite over the sea", "two kittens", "kite festival, Ünïcode sky", `quotes " and * NEAR OR`} {
		if _, err := h.Add(noisy(300, 200, uint64(i)), recipe.Recipe{Prompt: prompt, Model: "A", Seed: uint64(i), Made: "2026-11-24T12:00:00Z"}); err != nil {
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
	if f, err := recipe.ReadFile(e.Path); err != nil || f.Recipe.Prompt != e.Recipe.Prompt {
		t.Error("the stored picture has no recipe")
	}
	if small, err := h.Thumbnail(e.ID, ThumbSide); err != nil || small.Rect != image.Rect(0, 0, 192, 128) {
		t.Error(err)
	}
	h.Star(e.ID, true)
	h.Delete(e.ID, time.Now())
	if n, _ := h.Count("kite"); n != 1 {
		t.Errorf("%d are left", n)
	}
	h.Restore(e.ID)
	if list, _ = h.List("festival", 0, 9); len(list) != 1 || !list[0].Star {
		t.Error("restored without its star")
	}
}
