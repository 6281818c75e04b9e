package saving

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/files"
	"nirvana/app/gallery"
	"nirvana/app/history"
	"nirvana/app/keep"
	"nirvana/app/notice"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// desk is a saver with its studio.
type desk struct {
	*Saver
	sight   tray.Sight
	strip   *notice.Strip
	posted  chan func()
	changes int
}

func newDesk(t *testing.T, home string) *desk {
	d := &desk{posted: make(chan func(), 99)}
	say := func(text string) string { return text }
	d.strip = notice.NewStrip(say, func() {})
	door := worker.NewDoor(context.Background(), func(f func()) { d.posted <- f }, func() func() { return func() {} })
	g := gallery.New(door, d.strip, gallery.Hooks{})
	var err error
	if g.History, err = history.Open(""); err != nil {
		t.Fatal(err)
	}
	d.sight.Document = document.New(image.Rect(0, 0, 16, 16), document.Hooks{})
	d.sight.Tray = tray.New(tray.Hooks{Changed: func(bool) {}, Steps: func() int { return 0 }, Active: func() bool { return false }})
	rec := keep.NewRecorder(d.strip, keep.Hooks{Post: door.Post})
	rec.Keeper = keep.New(disk.OS{}, home, func(error) {}, func(keep.What) {})
	d.Saver = New(Studio{Sight: &d.sight, Recorder: rec, Gallery: g, Door: door, Strip: d.strip, Disk: disk.OS{}, Home: home, Version: "1", Now: time.Now,
		State: func(undo bool) keep.Snapshot {
			return keep.Snapshot{Document: d.sight.Document.Snapshot(func(int64, int) bool { return undo }), Tray: d.sight.Tray.Snapshot()}
		},
		Changed: func() { d.changes++ }, Take: func(*files.Project) error { return nil }})
	t.Cleanup(func() {
		door.Rest()
		rec.Wait()
		d.Settle("")
		g.History.Close()
	})
	return d
}

// paint makes a picture the document.
func (d *desk) paint(side int) {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	d.sight.Document.Set(img)
	d.sight.Document.Unsaved = true
}

// A project is written in the background, becomes the document's file and marks it saved; a second save waits for the
// first; a file that another program changed meanwhile is refused.
func TestSaveProject(t *testing.T) {
	d := newDesk(t, "")
	path := filepath.Join(t.TempDir(), "a.ora")
	fails := func(err error) { t.Error(err) }
	none := errors.New("")
	d.SaveProject(path, func(err error) { none = err })
	if none == nil || none.Error() == "" || d.Saving() {
		t.Errorf("an empty document is saved: %v", none)
	}
	d.paint(24)
	saved := 0
	done := func(err error) {
		if saved++; err != nil {
			fails(err)
		}
	}
	d.SaveProject(path, done)
	d.SaveProject(path, done)
	if !d.Saving() || saved != 0 {
		t.Error("the owner waited for the disk")
	}
	(<-d.posted)()
	(<-d.posted)()
	doc := d.sight.Document
	if saved != 2 || d.Saving() || doc.Project != path || doc.Unsaved || d.ProposedName() != "a" {
		t.Fatalf("saved %d times, project %q, unsaved %v", saved, doc.Project, doc.Unsaved)
	}
	p := d.Reader().Project(path)
	if p.Err != nil || p.Document.Picture == nil || !bytes.Equal(p.Document.Picture.Pix, doc.Picture.Pix) {
		t.Errorf("what was written: %v", p.Err)
	}
	if err := os.WriteFile(path, []byte("another program was here"), 0o644); err != nil {
		t.Fatal(err)
	}
	var refused error
	d.SaveProject(path, func(err error) { refused = err })
	if refused == nil {
		t.Error("another program's work is written over")
	}
}

// A failed save leaves the document unsaved, with its file.
func TestSaveProjectFails(t *testing.T) {
	d := newDesk(t, "")
	d.paint(24)
	var failed error
	d.SaveProject(filepath.Join(t.TempDir(), "no", "such", "a.ora"), func(err error) { failed = err })
	(<-d.posted)()
	if failed == nil || !d.sight.Document.Unsaved || d.sight.Document.Project != "" {
		t.Errorf("%v, unsaved %v, project %q", failed, d.sight.Document.Unsaved, d.sight.Document.Project)
	}
}

// After saving a copy the document keeps its project, and the copy cannot overwrite it.
func TestSaveCopy(t *testing.T) {
	d := newDesk(t, "")
	d.paint(24)
	d.sight.Document.Project = "a.ora"
	path := filepath.Join(t.TempDir(), "copy.ora")
	var failed error
	d.SaveCopy("a.ora", func(err error) { failed = err })
	if failed == nil {
		t.Error("a copy is written over its project")
	}
	d.SaveCopy(path, func(err error) { failed = err })
	(<-d.posted)()
	if p := d.Reader().Project(path); failed != nil || p.Err != nil || d.sight.Document.Project != "a.ora" || !d.sight.Document.Unsaved {
		t.Errorf("%v, %v, project %q", failed, p.Err, d.sight.Document.Project)
	}
}

// Earlier work is listed in the background, the newest first.
func TestEarlierWork(t *testing.T) {
	home := t.TempDir()
	folder := files.EarlierFolder(home)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"2026-11-01 10.00.00 old.ora", "2026-11-02 10.00.00 new.ora", "notes.txt"} {
		path := filepath.Join(folder, name)
		when := time.Unix(1700000000+int64(i)*1000, 0)
		if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	d := newDesk(t, home)
	var list []files.Earlier
	d.EarlierWork(func(found []files.Earlier) { list = found })
	if list != nil {
		t.Error("the owner read the folder")
	}
	(<-d.posted)()
	if len(list) != 2 || list[0].Name != "new" || list[1].Name != "old" {
		t.Errorf("%+v", list)
	}
}

// Only unsaved work is saved as earlier work, and only if a journal is being written.
func TestNotSetAside(t *testing.T) {
	home := t.TempDir()
	d := newDesk(t, home)
	d.paint(24)
	d.SetAside() // this studio has no journal
	if found, _ := os.ReadDir(files.EarlierFolder(home)); len(found) != 0 {
		t.Errorf("%v", found)
	}
}
