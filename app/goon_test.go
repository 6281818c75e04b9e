package app

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// What was stopped and goes on becomes the picture of a run without a break, bit for bit.
func TestGoOnIsBitIdentical(t *testing.T) {
	draw := func(stop int, waits bool) (pix, drawn string) {
		c, err := openChild(t.TempDir(), 8*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Open("tiny")
		c.until(func() bool { return c.Facts.Name != "" })
		c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps = 5, true, 30 })
		c.Generate()
		if stop > 0 {
			c.until(func() bool { return len(c.run().Steps) > stop })
			c.Stop()
			c.until(func() bool { return c.run().State == Stopped })
			if waits {
				c.until(func() bool { return !c.Run().Unmade })
			}
			if !c.CanGoOn() || waits && len(c.Tray.Candidates) != 1 {
				t.Fatalf("stopped at step %d: can go on %v, %d candidates", stop, c.CanGoOn(), len(c.Tray.Candidates))
			}
			c.Resume()
		}
		if !c.until(func() bool { return c.run().State == Finished }) {
			t.Fatalf("the run did not end: %+v", c.Run())
		}
		if c.CanGoOn() {
			t.Error("a finished run can go on")
		}
		if n := len(c.Run().Steps); n != 31 {
			t.Errorf("%d steps on the timeline", n)
		}
		for _, s := range c.Run().Steps {
			drawn += digestOf(s.X)
		}
		last := c.Tray.Candidates[len(c.Tray.Candidates)-1]
		return string(last.Picture.Pix), drawn
	}
	pix, drawn := draw(0, false)
	for _, waits := range []bool{true, false} {
		if p, d := draw(12, waits); p != pix || d != drawn {
			t.Errorf("going on after the unfinished picture came (%v): the same picture %v, the same steps %v", waits, p == pix, d == drawn)
		}
	}
}

// Every setting is found again at the next start.
func TestSettingsAreKept(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Open("tiny") // which changes some
	c.until(func() bool { return c.Facts.Name != "" })
	c.Set(func(s *Settings) {
		s.Theme, s.Language, s.Contrast, s.Scale, s.Threads, s.Device = "light", "fr", true, 150, 1, "webgpu" // the model is opened again
		s.Tool, s.Turned, s.Window, s.MaskColor.G, s.BrushSize = 3, []string{"Mask"}, [2]int{1200, 760}, 7, 77
	})
	c.until(func() bool { return c.Keeper.Quiet() })
	want := c.Settings
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = openChild(home, 0); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !reflect.DeepEqual(c.Settings, want) {
		t.Errorf("got  %+v\nwant %+v", c.Settings, want)
	}
}

// A recipe that is used while the first model is still on its way stays: what the model usually takes does not replace it.
func TestUseBeforeTheModelIsOpen(t *testing.T) {
	c := studioAt(t, t.TempDir())
	c.Open("tiny")
	c.Use(Recipe{Prompt: "x", Steps: 3, Guidance: 2.5, Width: 48, Height: 40, Seed: 9})
	if !c.until(func() bool { return c.Facts.Name != "" }) {
		t.Fatalf("%+v", c.Notice)
	}
	if s := c.Settings; s.Steps != 3 || s.Guidance != 2.5 || s.Width != 48 || s.Height != 40 {
		t.Errorf("%+v", s)
	}
}

func TestRemovedModelsAreDeletedForGood(t *testing.T) {
	l := openLibrary(t, t.TempDir(), shelf(t).URL)
	if l.TrashSize() != 0 {
		t.Fatal("something is in the trash")
	}
	l.Fetch("artist/tiny")
	l.until("fetched", func() bool { return len(l.Models) == 2 })
	m := l.Models[1]
	l.RemoveModel(m)
	if got := l.TrashSize(); got < m.Bytes || got == 0 {
		t.Errorf("the trash has %d bytes, the model had %d", got, m.Bytes)
	}
	undo := l.Notice.Do
	l.EmptyTrash()
	if _, err := os.Stat(filepath.Join(l.options.Home, "trash")); !os.IsNotExist(err) || l.TrashSize() != 0 {
		t.Errorf("the trash is still there: %v", err)
	}
	undo()
	if len(l.Models) != 1 || l.Notice == nil || l.Notice.Detail == "" {
		t.Error("a model that is gone for good came back")
	}
}
