package app

import (
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"nirvana/app/files"
)

// A data folder may have any name, and what it holds is nobody else's.
func TestDataFolder(t *testing.T) {
	for _, name := range []string{"plain", "what?", "100% #1", "a?b=c&d#e%41", "[x]*", "über \"us\""} {
		if runtime.GOOS == "windows" && name != "plain" {
			continue
		}
		home := filepath.Join(t.TempDir(), name)
		c, err := openChild(home, 0)
		if err != nil || c.Notice != nil {
			t.Fatalf("%s: %v, %+v", name, err, c.Notice)
		}
		c.Document.Set(plain(40, 30, color.RGBA{200, 0, 0, 255}))
		c.Generate()
		if !c.until(func() bool { return c.Run() != nil && c.Run().State == Finished && len(c.Tray.Candidates) == 1 }) {
			t.Fatal(c.Notice)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		open(t, home, 0o755, 0o644) // as earlier versions left it
		if c, err = openChild(home, 0); err != nil || c.Notice != nil || c.Document.Picture == nil {
			t.Errorf("%s: %v, %+v: nothing was kept", name, err, c.Notice)
		}
		if n, err := c.History.Count(""); n != 1 || err != nil {
			t.Errorf("%s: the history has %d pictures, %v", name, n, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
			if info, e := d.Info(); runtime.GOOS != "windows" && (e != nil || info.Mode().Perm()&0o077 != 0) {
				t.Errorf("%s is %v", path, info.Mode())
			}
			return err
		})
	}
}

func open(t *testing.T, home string, folder, file os.FileMode) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if d.IsDir() {
			return os.Chmod(path, folder)
		}
		return os.Chmod(path, file)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A pipe that is named like a project or a picture is refused, and not waited for.
func TestPipes(t *testing.T) {
	c, err := openChild("", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pipe := filepath.Join(t.TempDir(), "a.ora")
	if !makePipe(pipe) {
		t.Skip("no pipes here")
	}
	if c.OpenProject(pipe, false) == nil || c.OpenPicture(pipe) == nil || c.Document.LoadMask(pipe) == nil {
		t.Error("a pipe was opened")
	}
	if _, ok := files.FoundIn(pipe); ok {
		t.Error("a pipe has a recipe")
	}
}
