package style

import (
	"image"
	"os"
	"path/filepath"
	"testing"
)

// What the artist saved can be removed and brought back, with its picture; other programs' files stay.
func TestRemove(t *testing.T) {
	home := t.TempDir()
	if _, err := Save(home, Style{Name: "mine", Prompt: "a {prompt}"}, image.NewRGBA(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(home, write(t, t.TempDir(), "more.csv", "name,prompt\nwet,rain on {prompt}\n")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, "styles"), "two.json", `[{"name":"two","prompt":"a"},{"name":"three","prompt":"b"}]`)
	all, err := In(home)
	if err != nil || len(all) != 4 {
		t.Fatal(Names(all), err)
	}
	folder := func() int {
		files, err := os.ReadDir(filepath.Join(home, "styles"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	before := folder()
	for _, s := range all {
		back, err := Remove(home, s)
		if own := s.Name == "mine"; own != (err == nil) || Own(home, s) != (own || s.Name == "two") {
			t.Errorf("%s: own %v, removed: %v", s.Name, Own(home, s), err)
		}
		if err != nil {
			if folder() != before {
				t.Errorf("%s: a file is gone", s.Name)
			}
			continue
		}
		if folder() != before-2 {
			t.Error("file or picture are left")
		}
		if err := back(); err != nil || folder() != before {
			t.Error("not brought back:", err)
		}
	}
	if again, err := In(home); err != nil || len(again) != 4 || again[0].Picture != all[0].Picture {
		t.Error(Names(again), err)
	}
}
