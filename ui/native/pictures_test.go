//go:build linux

package native

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPictures(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	if got := Pictures(); got != home {
		t.Errorf("in an empty home: %q", got)
	}
	make := func(name string) string {
		dir := filepath.Join(home, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	plain, own, config := make("Pictures"), make("Bilder"), make("config")
	if got := Pictures(); got != plain {
		t.Errorf("beside Pictures: %q", got)
	}
	set := func(line string) {
		text := "# comment\nXDG_MUSIC_DIR=\"$HOME/Musik\"\n" + line + "\n"
		if err := os.WriteFile(filepath.Join(config, "user-dirs.dirs"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set(`XDG_PICTURES_DIR="$HOME/Bilder"`)
	if got := Pictures(); got != own {
		t.Errorf("named below home: %q", got)
	}
	set(`XDG_PICTURES_DIR="` + own + `/"`)
	if got := Pictures(); got != own {
		t.Errorf("named whole: %q", got)
	}
	set(`XDG_PICTURES_DIR="$HOME/gone"`)
	if got := Pictures(); got != plain {
		t.Errorf("named but gone: %q", got)
	}
}
