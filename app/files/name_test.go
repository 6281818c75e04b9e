package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFreePath(t *testing.T) {
	folder := t.TempDir()
	for _, want := range []string{"a.png", "a-2.png", "a-3.png"} {
		path := FreePath(folder, "a", ".png")
		if filepath.Base(path) != want {
			t.Errorf("%s is free, not %s", path, want)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := FreePath("", "a", ".png"); got != "a.png" {
		t.Errorf("without a folder %q", got)
	}
}

// Files are copied under unused names; a missing folder is reported.
func TestCopyTo(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "x.png"), t.TempDir()
	if err := os.WriteFile(from, []byte("picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	list := []Copy{{from, "a"}, {from, "a"}}
	for range 2 {
		if err := CopyTo(to, list); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.png", "a-2.png", "a-3.png", "a-4.png"} {
		if data, err := os.ReadFile(filepath.Join(to, name)); string(data) != "picture" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if CopyTo(filepath.Join(to, "no"), list) == nil || CopyTo(to, []Copy{{filepath.Join(to, "gone.png"), "b"}}) == nil {
		t.Error("what cannot be copied is not told of")
	}
}
