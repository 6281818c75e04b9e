package ui

import (
	"image"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
)

// small screens: 1100 x 700, 1280 x 800 with everything at 150 %, 1920 x 1080 at 200 %, in units of Fyne.
var smallScreens = []fyne.Size{{Width: 1100, Height: 700}, {Width: 1280 / 1.5, Height: 800 / 1.5}, {Width: 960, Height: 540}}

// On small screens everything is inside the window, with candidates and waiting runs too.
func TestSmallScreensReachEverything(t *testing.T) {
	for _, size := range smallScreens {
		w := window(t, Options{})
		picture := image.NewRGBA(image.Rect(0, 0, 64, 64))
		for range 5 {
			w.studio.Tray.Candidates = append(w.studio.Tray.Candidates, &app.Candidate{Picture: picture, Frame: picture.Rect, Seam: 1.5})
		}
		w.studio.Tray.Selected = 2
		w.refresh(^app.Change(0))
		w.win.Resize(size.SubtractWidthHeight(0, menuHeight))
		if got := w.win.Content().Size(); got.Width > size.Width || got.Height > size.Height-menuHeight {
			t.Fatalf("%v: the window is %v at least", size, got)
		}
		for name, o := range map[string]fyne.CanvasObject{"Generate": w.panel.generate, "keep": w.tray.buttons.Objects[0], "discard": w.tray.buttons.Objects[1],
			"more": w.tray.more, "compare": w.tray.compare, "timeline": w.timeline.ticks, "noise or preview": w.timeline.which.box, "noise view": w.timeline.forward,
			"a candidate": w.tray.thumbs[2], "zoom": w.status.view} {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			if s := o.Size(); !seen(w.win.Content(), o) || s.Width < 8 || at.X < 0 || at.Y < 0 || at.X+s.Width > size.Width || at.Y+s.Height > size.Height {
				t.Errorf("%v: %s is at %v, %v large", size, name, at, s)
			}
		}
		if all := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.history.slim); w.history.box.Visible() == w.history.slim.Visible() || at0(all) {
			t.Errorf("%v: the history is reached in two ways, or in none", size)
		}
	}
}

func at0(p fyne.Position) bool { return p.X < 0 || p.Y < 0 }

// The row below the canvas is shared by what it holds: without candidates the history has most of it, and the buttons
// that keep and discard stand still while candidates come.
func TestShelfIsShared(t *testing.T) {
	w := window(t, Options{})
	w.win.Resize(fyne.NewSize(1280, 770))
	w.refresh(^app.Change(0))
	empty := w.history.box.Size().Width
	if whole := w.shelf.Size().Width; empty < 0.6*whole {
		t.Errorf("without candidates the history has %v of %v", empty, whole)
	}
	picture := image.NewRGBA(image.Rect(0, 0, 64, 64))
	var keep fyne.Position
	for n := 1; n <= 12; n++ {
		w.studio.Tray.Candidates = append(w.studio.Tray.Candidates, &app.Candidate{Picture: picture, Frame: picture.Rect})
		w.refresh(app.ChangedTray)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.tray.buttons.Objects[0])
		if n > 1 && at != keep {
			t.Fatalf("with %d candidates the button that keeps is at %v, it was at %v", n, at, keep)
		}
		keep = at
		if got := w.history.box.Size().Width; got < leastHistory || got > empty {
			t.Fatalf("with %d candidates the history is %v wide", n, got)
		}
	}
	if got := w.history.box.Size().Width; got > leastHistory+1 {
		t.Errorf("beside 12 candidates the history has %v", got)
	}
}

// A line that has no room ends in dots and never asks for more.
func TestCutText(t *testing.T) {
	long := "Step 12 of 25  ·  0.21 s a step  ·  3 s left  ·  2 waiting"
	for width := float32(20); width < 400; width += 13 {
		got := cut(long, width, captionSize)
		if fyne.MeasureText(got, captionSize, fyne.TextStyle{}).Width > width && got != "…" {
			t.Errorf("%q is wider than %v", got, width)
		}
	}
	if cut("short", 400, captionSize) != "short" {
		t.Error("what fits is cut")
	}
}

// A file with a very long name makes the menu of recent files no wider than others do.
func TestLongRecentName(t *testing.T) {
	w := window(t, Options{})
	long := strings.Repeat("a very long name ", 12) + ".png"
	w.noteRecent(filepath.Join("one", long))
	w.noteRecent(filepath.Join(strings.Repeat("a long folder ", 12), long))
	for _, m := range w.recent.ChildMenu.Items {
		if got := fyne.MeasureText(m.Label, theme.TextSize(), fyne.TextStyle{}).Width; got > 1.6*mostMenuName {
			t.Errorf("%q is %v wide", m.Label, got)
		}
	}
	if all := w.recent.ChildMenu.Items; all[0].Label == all[1].Label || !strings.Contains(all[0].Label, "  ·  a long") {
		t.Errorf("two files of one name are called %q and %q", all[0].Label, all[1].Label)
	}
}

// A name that is too long keeps its beginning and its end, and fits, whatever its script.
func TestCutMiddle(t *testing.T) {
	bold := fyne.TextStyle{Bold: true}
	for _, text := range []string{"A layer with a rather long name, number 17", "長い名前のレイヤーは日本語でも幅に収まります 17", strings.Repeat("W", 300) + "17"} {
		got := cutMiddle(text, layerNameWidth, bold)
		if w := fyne.MeasureText(got, theme.TextSize(), bold).Width; w > layerNameWidth || w < layerNameWidth/2 {
			t.Errorf("%q is %.0f wide", got, w)
		}
		if !strings.HasSuffix(got, "17") || !strings.HasPrefix(got, string([]rune(text)[:3])) || !strings.Contains(got, "…") {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"", "Picture", "長い名前"} {
		if got := cutMiddle(text, layerNameWidth, bold); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := cutMiddle("Picture", 1, bold); got != "…" {
		t.Errorf("without room: %q", got)
	}
}
