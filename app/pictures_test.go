package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/history"
)

// Deleted pictures come back by the notice's button, and their files go after thirty days and not before.
func TestDeleteUndoPurge(t *testing.T) {
	home, out := t.TempDir(), t.TempDir()
	studio(t, func(b *bench) {
		h, err := history.Open(home)
		if err != nil {
			t.Fatal(err)
		}
		b.History.Close()
		b.History = h
		for i := range 3 {
			if _, err := h.Add(noisy(20, 20, uint64(i)), Recipe{Prompt: "p", Seed: uint64(i), Made: "2026-11-24T12:00:00Z"}); err != nil {
				t.Fatal(err)
			}
		}
		all, _ := h.List("", 0, 9)
		h.Star(all[0].ID, true)
		if n, _ := h.Count(Starred + "p"); n != 1 {
			t.Errorf("%d starred", n)
		}
		b.ExportPictures(all, out)
		b.settle()
		b.ExportPictures(all[:1], out) // once more: nothing is written over
		b.settle()
		if files, _ := filepath.Glob(filepath.Join(out, "*.png")); len(files) != 4 {
			t.Errorf("exported %v", files)
		}
		b.DeletePictures(all[:2])
		b.settle()
		if n, _ := h.Count(""); n != 1 {
			t.Errorf("%d left", n)
		}
		if gone, _ := h.List(Deleted+Starred, 0, 9); len(gone) != 1 || gone[0].ID != all[0].ID {
			t.Errorf("of the deleted, starred are %v", gone)
		}
		b.Notice.Do()
		b.settle()
		if n, _ := h.Count(""); n != 3 {
			t.Errorf("%d after undo", n)
		}
		b.DeletePictures(all[:2])
		b.settle()
		now := b.now()
		for _, c := range []struct {
			at    time.Time
			there bool
		}{{now.Add(history.Kept - time.Millisecond), true}, {now.Add(history.Kept + time.Millisecond), false}} {
			if err := h.Purge(c.at); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(all[0].Path); (err == nil) != c.there {
				t.Errorf("after %v: %v", c.at.Sub(now), err)
			}
		}
		if _, err := os.Stat(all[2].Path); err != nil {
			t.Error("a picture that was not deleted is gone")
		}
	})
}
