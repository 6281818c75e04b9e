package app

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/files"
	"nirvana/app/keep"
	"nirvana/app/project"
	"nirvana/app/settings"
)

func saved(t *testing.T, c *child, save func(string, func(error)), path string) {
	t.Helper()
	done := false
	save(path, func(err error) {
		if done = true; err != nil {
			t.Fatal(err)
		}
	})
	if !c.until(func() bool { return done }) {
		t.Fatal("not saved")
	}
}

func pictureFile(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func paint(c *child, x, y float32) {
	c.Document.BeginStroke(Brush{Size: 12, Opacity: 1}, x, y)
	c.Document.StrokeTo(x+9, y+9)
	c.Document.EndStroke()
}

// What was before New or Open is not in the project, whichever way the picture before went.
func TestProjectsHoldOnlyTheirOwn(t *testing.T) {
	for name, leave := range map[string]func(*child, string) error{
		"New":     func(c *child, _ string) error { c.NewDocument(); return nil },
		"Open":    func(c *child, file string) error { return c.OpenPicture(file) },
		"project": func(c *child, _ string) error { return c.OpenProject(filepath.Join("testdata", "krita.ora"), false) },
	} {
		home := t.TempDir()
		c, err := openChild(home, 0)
		if err != nil {
			t.Fatal(err)
		}
		secret := noisy(400, 300, 9) // more bytes than a project without it may have
		if err := c.OpenPicture(pictureFile(t, secret)); err != nil {
			t.Fatal(err)
		}
		paint(c, 50, 50)
		c.Document.Place(noisy(200, 200, 4), image.Pt(10, 10))
		c.Set(func(s *Settings) { s.Folder, s.Folders, s.Recent, s.Steps = home, []string{home}, []string{home}, 4 })
		c.Generate() // its base is the picture
		if !c.until(func() bool { return len(c.Tray.Candidates) == 1 }) {
			t.Fatal(c.Notice)
		}
		if err := leave(c, pictureFile(t, plain(64, 64, color.RGBA{1, 2, 3, 255}))); err != nil {
			t.Fatal(err)
		}
		if c.CanUndo() != "" || len(c.Tray.Candidates) > 0 || c.Undo() {
			t.Errorf("%s: Undo goes back to %q, %d candidates", name, c.CanUndo(), len(c.Tray.Candidates))
		}
		if _, _, shown := c.Run().Shown(); shown {
			t.Errorf("%s: the timeline is that of the picture before", name)
		}
		if c.Document.Picture == nil {
			c.Document.Set(plain(64, 64, color.RGBA{1, 2, 3, 255}))
		}
		paint(c, 20, 20)
		path := filepath.Join(t.TempDir(), "heart.ora")
		saved(t, c, c.SaveProject, path)
		if info, err := os.Stat(path); err != nil || info.Size() > 200_000 {
			t.Errorf("%s: the project has %d bytes", name, info.Size())
		}
		f, err := project.Read(disk.OS{}, path)
		if err != nil {
			t.Fatal(err)
		}
		for entry, data := range f.Entries {
			if strings.HasPrefix(entry, "history/") || bytes.Contains(data, []byte(home)) {
				t.Errorf("%s: %s is in the project", name, entry)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A run that was asked for before goes to the history alone.
func TestRunOfThePictureBefore(t *testing.T) {
	c, err := openChild(t.TempDir(), 2*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Set(func(s *Settings) { s.Steps = 4 })
	c.Document.Set(noisy(64, 64, 9))
	c.Generate()
	if !c.until(func() bool { return c.Run() != nil && c.Run().State == Running }) {
		t.Fatal(c.Notice)
	}
	c.NewDocument()
	if !c.until(func() bool { return !c.Run().Active() }) || len(c.Tray.Candidates) > 0 {
		t.Errorf("%d candidates of the picture before", len(c.Tray.Candidates))
	}
	if n, _ := c.History.Count(""); n != 1 || len(c.Document.Made) > 0 {
		t.Errorf("the history has %d pictures, the document %d", n, len(c.Document.Made))
	}
}

// Work that is not saved is one click back, and in the list after a restart, whatever took its place.
func TestEarlierWork(t *testing.T) {
	file := pictureFile(t, plain(64, 64, color.RGBA{9, 9, 9, 255}))
	other := filepath.Join(t.TempDir(), "other.ora")
	for name, replace := range map[string]func(*child) error{
		"New":              func(c *child) error { c.NewDocument(); return nil },
		"a picture":        func(c *child) error { return c.OpenPicture(file) },
		"the same project": func(c *child) error { return c.OpenProject(c.Document.Project, false) },
		"another project":  func(c *child) error { return c.OpenProject(other, false) },
	} {
		home := t.TempDir()
		c, err := openChild(home, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.Document.Set(plain(32, 32, color.RGBA{7, 7, 7, 255}))
		saved(t, c, c.SaveProject, other)
		c.Document.Set(noisy(100, 80, 2))
		heart := filepath.Join(t.TempDir(), "heart.ora")
		saved(t, c, c.SaveProject, heart)
		if c.Document.Unsaved || len(c.earlier()) > 0 {
			t.Fatalf("%s: %v", name, c.earlier())
		}
		paint(c, 30, 30)
		c.Undo()
		c.Redo()
		want, undone := c.digest(), c.CanUndo()
		if err := replace(c); err != nil {
			t.Fatal(name, err)
		}
		if !c.until(func() bool {
			return len(c.earlier()) == 1 && c.Notice != nil && (c.Notice.Do != nil || c.Notice.DoAlso != nil)
		}) {
			t.Fatalf("%s: %v, %+v", name, c.earlier(), c.Notice)
		}
		if e := c.earlier()[0]; e.Name != "heart" {
			t.Errorf("%s: it is called %q", name, e.Name)
		}
		if img, err := c.earlier()[0].Thumbnail(); err != nil || img.Rect.Dx() == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if c, err = openChild(home, 0); err != nil || len(c.earlier()) != 1 {
			t.Fatalf("%s: after a restart %v, %v", name, c.earlier(), err)
		}
		if err := c.TakeUp(c.earlier()[0]); err != nil || c.digest() != want || c.CanUndo() != undone || c.Document.Project != "" {
			t.Errorf("%s: what comes back is another: %v, Undo %q", name, err, c.CanUndo())
		}
		paint(c, 10, 10)
		c.NewDocument() // once more: in the same place
		if !c.until(func() bool { return c.Notice != nil && (c.Notice.DoAlso != nil || c.Notice.Do != nil) }) || len(c.earlier()) != 1 {
			t.Errorf("%s: %v", name, c.earlier())
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A new document has no regions of the picture before, all other settings, a locked seed with them, and nothing to undo; what
// is kept of that picture has its regions.
func TestNewDocumentWithoutRegions(t *testing.T) {
	c, err := openChild(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Document.Set(noisy(64, 64, 9))
	c.Set(func(s *Settings) {
		s.Regions, s.Seed, s.Locked, s.Prompt = []settings.Region{{File: "left.png", Prompt: "a red apple"}}, 77, true, "a meadow"
	})
	c.NewDocument()
	if s := c.Settings; len(s.Regions) > 0 || !s.Locked || s.Seed != 77 || s.Prompt != "a meadow" {
		t.Errorf("the new document has %d regions, the seed is locked: %v, the prompt is %q", len(s.Regions), s.Locked, s.Prompt)
	}
	if c.CanUndo() != "" {
		t.Errorf("the new document begins with %q to undo", c.CanUndo())
	}
	if !c.until(func() bool { return len(c.earlier()) == 1 }) {
		t.Fatal("the picture before is not kept")
	}
	if err := c.TakeUp(c.earlier()[0]); err != nil {
		t.Fatal(err)
	}
	if s := c.Settings; len(s.Regions) != 1 || s.Regions[0].Prompt != "a red apple" || !s.Locked || s.Seed != 77 {
		t.Errorf("back with the picture before are %+v, the seed %d, locked: %v", s.Regions, s.Seed, s.Locked)
	}
}

// Killed before the work before is on the disk, the journal still has it.
func TestEarlierWorkKilled(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Document.Set(noisy(100, 80, 2))
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	want := c.digest()
	c.Keeper.Hold() // a disk that takes its time
	c.NewDocument()
	time.Sleep(4 * keep.FlushAfter)
	c.loop(4 * keep.FlushAfter)
	again, err := openChild(leftBehind(t, home), 0)
	if err != nil {
		t.Fatal(err)
	}
	if again.digest() != want {
		t.Error("the work before is gone before it is kept")
	}
	again.Close()
	c.Keeper.Release()
	c.Close()
}

// leftBehind is a data folder as a killed program left it.
func leftBehind(t *testing.T, home string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A copy without history is what is seen.
func TestSaveCopy(t *testing.T) {
	c, err := openChild(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.OpenPicture(pictureFile(t, noisy(64, 64, 9))); err != nil {
		t.Fatal(err)
	}
	c.Document.Crop(image.Rect(0, 0, 32, 32))
	c.Document.Set(noisy(64, 64, 5))
	paint(c, 30, 30)
	c.Document.SetFrame(image.Rect(32, 0, 96, 64))
	for n := range 2 {
		c.Generate()
		if !c.until(func() bool { return len(c.Tray.Candidates) == n+1 }) {
			t.Fatal(c.Notice)
		}
	}
	path := filepath.Join(t.TempDir(), "copy.ora")
	shown, _ := c.Shown()
	was := c.digest()
	saved(t, c, c.SaveCopy, path)
	if c.digest() != was || c.Document.Project != "" {
		t.Error("the document is another")
	}
	f, err := project.Read(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	var p keep.Project
	if err := json.Unmarshal(f.Entries["project.json"], &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Tray.Candidates)+len(p.Undo.Done)+len(p.Undo.Undone) > 0 || p.Document.Recipe != nil || p.Document.Source != "" || len(f.Entries) > 4 {
		t.Errorf("the copy has %d candidates, %d steps, %d entries", len(p.Tray.Candidates), len(p.Undo.Done), len(f.Entries))
	}
	if err := c.OpenProject(path, false); err != nil || !bytes.Equal(c.Document.Picture.Pix, shown.Pix) || c.CanUndo() != "" || len(c.Tray.Candidates) > 0 {
		t.Errorf("the copy is another picture: %v", err)
	}
}

// earlier lists earlier work.
func (c *child) earlier() (list []files.Earlier) {
	here := false
	c.EarlierWork(func(found []files.Earlier) { list, here = found, true })
	c.until(func() bool { return here })
	return list
}
