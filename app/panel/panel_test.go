package panel

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/notice"
	"nirvana/app/settings"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// desk is a panel that records its reports.
type desk struct {
	*Panel
	strip  *notice.Strip
	posted chan func()
	seed   uint64
	steps  int
	told   []settings.Settings
}

func newDesk(t *testing.T) *desk {
	d := &desk{posted: make(chan func(), 99)}
	d.strip = notice.NewStrip(func(text string) string { return text }, func() {})
	door := worker.NewDoor(context.Background(), func(f func()) { d.posted <- f }, func() func() { return func() {} })
	t.Cleanup(door.Rest)
	d.Panel = New(door, d.strip, Hooks{
		Facts: func() engine.Facts { return engine.Facts{Multiple: 8} }, Steps: func() int { return d.steps },
		Draw:    func() uint64 { d.seed++; return d.seed },
		Changed: func(was settings.Settings) { d.told = append(d.told, was) }})
	return d
}

// A change is limited to its range, reported once with the old settings, and undone; values not set by the artist are
// not.
func TestSet(t *testing.T) {
	d := newDesk(t)
	before := d.Settings
	d.Set(func(s *settings.Settings) { s.Steps = 5000 })
	d.Set(func(s *settings.Settings) { s.Steps = 1000 }) // no change
	if d.Settings.Steps != 1000 || len(d.told) != 1 || d.told[0].Steps != before.Steps {
		t.Fatalf("%d steps, told %d times", d.Settings.Steps, len(d.told))
	}
	d.Adjust(func(s *settings.Settings) { s.Guidance = 3 })
	if undo, redo := d.MayReturn(); !undo || redo {
		t.Fatalf("undo %v, redo %v", undo, redo)
	}
	if !d.Undo() || d.Settings.Steps != before.Steps || d.Settings.Guidance != 3 || d.Undo() {
		t.Errorf("after undo %d steps, guidance %g", d.Settings.Steps, d.Settings.Guidance)
	}
	if !d.Redo() || d.Settings.Steps != 1000 {
		t.Errorf("after redo %d steps", d.Settings.Steps)
	}
	d.steps++ // the document was edited since
	if d.Undo() {
		t.Error("a setting is taken back before the edit after it")
	}
	d.steps--
	if d.ForgetUndo(); d.Undo() {
		t.Error("what is forgotten is taken back")
	}
}

// A seed that was typed or diced is used once; a locked one stays; that of the last session counts as used.
func TestNextSeed(t *testing.T) {
	d := newDesk(t)
	next := func() uint64 { d.NextSeed(); return d.Settings.Seed }
	if first := d.Settings.Seed; next() != first {
		t.Error("the first seed is not used")
	}
	a, b := next(), next()
	if a == b {
		t.Error("the same seed twice")
	}
	d.Set(func(s *settings.Settings) { s.Seed = 77 })
	if next() != 77 || next() == 77 {
		t.Error("a typed seed is not used just once")
	}
	d.Dice()
	if diced := d.Settings.Seed; next() != diced {
		t.Error("a diced seed is not used")
	}
	d.Set(func(s *settings.Settings) { s.Locked = true })
	if locked := d.Settings.Seed; slices.ContainsFunc([]uint64{next(), next()}, func(s uint64) bool { return s != locked }) {
		t.Error("a locked seed changes")
	}
	other := newDesk(t)
	last := d.Settings
	last.Locked, last.Width = false, 517
	other.Resumed(last)
	if other.Settings.Width%8 != 0 {
		t.Error("what was written down is not kept within its range:", other.Settings.Width)
	}
	if other.NextSeed(); other.Settings.Seed == last.Seed {
		t.Error("the last start's seed is used again")
	}
}

// Files are read in the background; one that is not a picture is reported and not used.
func TestPictureFiles(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.png"), filepath.Join(dir, "bad.png")
	if err := errors.Join(pixel.Save(good, image.NewRGBA(image.Rect(0, 0, 8, 8))), os.WriteFile(bad, []byte("text"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  func(path string)
		get  func() string
		tell string
	}{
		{func(path string) { d.SetControl(0, func(c *settings.Control) { c.Source, c.File = "file", path }) },
			func() string { return d.Settings.Control.File }, "The picture for the ControlNet cannot be loaded"},
		{d.AddReference, func() string { return strings.Join(d.Settings.References, " ") }, "The reference picture cannot be loaded"},
		{d.SetDepth, func() string { return d.Settings.DepthFile }, "The depth map cannot be loaded"},
	} {
		if c.set(good); c.get() != "" {
			t.Error("the owner waited for a file")
		}
		(<-d.posted)()
		if c.get() != good || d.strip.Notice != nil {
			t.Fatalf("%q, %+v", c.get(), d.strip.Notice)
		}
		c.set(bad)
		(<-d.posted)()
		if c.get() != good || d.strip.Notice == nil || d.strip.Notice.Headline != c.tell {
			t.Errorf("%q, %+v", c.get(), d.strip.Notice)
		}
		d.strip.Dismiss()
	}
	d.SetControl(9, func(*settings.Control) { t.Error("there are not so many") })
	d.SetControl(0, func(c *settings.Control) { c.Scale = 0.5 })
	if d.Settings.Control.Scale != 0.5 || d.Settings.Control.File != good {
		t.Errorf("%+v", d.Settings.Control)
	}
}

// References keep their order; one is moved forward and removed; places that are none change nothing.
func TestReferenceOrder(t *testing.T) {
	d := newDesk(t)
	d.Set(func(t *settings.Settings) { t.References = []string{"a", "b", "c"} })
	d.MoveReference(2, 0)
	d.DropReference(1)
	d.MoveReference(0, 5)
	d.DropReference(7)
	if got := strings.Join(d.Settings.References, " "); got != "c b" {
		t.Error(got)
	}
}
