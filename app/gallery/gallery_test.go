package gallery

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/history"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// A picture that could not be stored waits, is reported, and is stored on request; then the report is removed.
func TestStoredAgain(t *testing.T) {
	posted := make(chan func(), 99)
	door := worker.NewDoor(context.Background(), func(f func()) { posted <- f }, func() func() { return func() {} })
	say := func(text string) string { return text }
	strip := notice.NewStrip(say, func() {})
	made := 0
	g := New(door, strip, Hooks{Say: say, Now: time.Now, Changed: func() {}, Made: func(*tray.Candidate) { made++ }})
	store, err := history.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	g.History = store
	c := &tray.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 8, 8)), Recipe: recipe.Recipe{Prompt: "a", Made: "2026-11-24T12:00:00Z"}}
	g.TakeUnstored([]*tray.Candidate{{Partial: true}, {Stored: 7}})
	g.StoreAgain()
	if g.Waiting() != 0 || len(posted) != 0 {
		t.Fatal("what is stored or not whole waits")
	}
	g.Stored(c, 0, errors.New("the disk is full"))
	if g.Waiting() != 1 || strip.Notice == nil || strip.Notice.Do == nil || made != 0 {
		t.Fatalf("%d wait, %+v", g.Waiting(), strip.Notice)
	}
	strip.Notice.Do()
	(<-posted)()
	if c.Stored == 0 || g.Waiting() != 0 || strip.Notice != nil || made != 1 {
		t.Errorf("%+v, %d wait, %+v", c, g.Waiting(), strip.Notice)
	}
	entries, err := store.List("", 0, 9)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	g.DeletePictures(nil)
	g.DeletePictures(entries)
	(<-posted)()
	if n, _ := store.Count(""); n != 0 || strip.Notice == nil {
		t.Errorf("%d left", n)
	}
	strip.Notice.Do()
	(<-posted)()
	if n, _ := store.Count(""); n != 1 {
		t.Error("they do not come back")
	}
	dir := t.TempDir()
	g.ExportPictures(entries, dir)
	(<-posted)()
	if found, _ := filepath.Glob(filepath.Join(dir, "*.png")); len(found) != 1 {
		t.Errorf("exported %v", found)
	}
	g.ExportPictures(entries, filepath.Join(dir, "no"))
	(<-posted)()
	if strip.Notice == nil || strip.Notice.Headline != "The pictures were not exported" {
		t.Errorf("%+v", strip.Notice)
	}
}

// Marks are written in the background in the order of the calls, and reported on the owner's goroutine.
func TestMarksInOrder(t *testing.T) {
	posted := make(chan func(), 99)
	door := worker.NewDoor(context.Background(), func(f func()) { posted <- f }, func() func() { return func() {} })
	say := func(text string) string { return text }
	strip := notice.NewStrip(say, func() {})
	changed := 0
	g := New(door, strip, Hooks{Say: say, Now: time.Now, Changed: func() { changed++ }, Made: func(*tray.Candidate) {}})
	var err error
	if g.History, err = history.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	defer g.History.Close()
	id, err := g.History.Add(image.NewRGBA(image.Rect(0, 0, 8, 8)), recipe.Recipe{Prompt: "a", Made: "2026-11-24T12:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := g.History.List("", 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	const times = 20
	for range times {
		g.DeletePictures(entries)
		g.RestorePictures(entries)
	}
	if changed != 0 {
		t.Error("the owner wrote them itself")
	}
	door.Rest()
	for range 2 * times {
		(<-posted)()
	}
	if n, _ := g.History.Count(""); n != 1 || changed != 2*times {
		t.Errorf("%d pictures, told %d times", n, changed)
	}
	g.Replaced(id)
	(<-posted)()
	if n, _ := g.History.Count(""); n != 0 {
		t.Errorf("the replaced picture is one of %d", n)
	}
	if strip.Notice.Headline != "1 picture moved to the trash" {
		t.Errorf("%+v", strip.Notice)
	}
}
