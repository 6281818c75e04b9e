package ui

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"nirvana/app"
	plot "nirvana/app/grid"
	"nirvana/app/recipe"
)

// The parameters have the panel's names where it has one, and each is the parameter that it says.
func TestGridFields(t *testing.T) {
	fields, names := gridFields(), gridNames()
	if len(names) != len(fields) || names[slices.Index(fields, "guidance-rescale")] != say("Rescale") || names[slices.Index(fields, "rng")] != "rng" {
		t.Errorf("%q are called %q", fields, names)
	}
	all := slices.DeleteFunc(plot.Fields(), func(name string) bool { return slices.Contains(elsewhere, name) })
	if slices.Sort(fields); !slices.Equal(fields, all) {
		t.Errorf("to choose from are %q, possible are %q", fields, all)
	}
}

// Escape closes a list that was opened in a dialog, and only then the dialog.
func TestEscapeClosesOneThing(t *testing.T) {
	w := window(t, Options{})
	w.showGrid()
	g, overlays := w.gridding, w.win.Canvas().Overlays()
	form := overlays.Top()
	g.fields[0].Tapped(&fyne.PointEvent{})
	if overlays.Top() == form {
		t.Fatal("no list was opened")
	}
	escape := &fyne.KeyEvent{Name: fyne.KeyEscape}
	w.win.Canvas().Focused().TypedKey(escape)
	if overlays.Top() != form || w.gridding != g {
		t.Fatal("the dialog is closed with its list")
	}
	w.typed(escape)
	if overlays.Top() != nil || w.gridding != nil {
		t.Error("the dialog stays")
	}
}

// While the pictures of a grid are made, the dialog counts them, and does not queue them twice.
func TestGridCounts(t *testing.T) {
	w := window(t, Options{})
	w.showGrid()
	g := w.gridding
	g.fields[0].SetSelectedIndex(1 + slices.Index(gridFields(), "steps"))
	g.values[0].SetText("5, 6")
	w.gridSent, g.made = g.id, map[[3]int]bool{{}: true}
	w.studio.Queue = append(w.studio.Queue, nil)
	g.show()
	if got := g.says.Text; got != sayf("%d of %d pictures are made.", 1, 2) || !g.make.Disabled() || g.save.Disabled() {
		t.Errorf("%q, can be made: %v, saved: %v", got, !g.make.Disabled(), !g.save.Disabled())
	}
	w.studio.Queue = nil
	if g.show(); g.make.Disabled() {
		t.Error("what was stopped cannot be made")
	}
}

// The saved sheet of a grid is named, by a notice and, while the dialog is open, in it.
func TestSavedGridIsNamed(t *testing.T) {
	a := testApp(t)
	s, err := app.New(app.Options{Post: fyne.Do, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := &oneFile{path: filepath.Join(t.TempDir(), "mine")}
	w := New(a, s, Options{Dialogs: d})
	until := func(what string, done func() bool) {
		t.Helper()
		for range 2000 {
			if a.run(); done() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Fatal("not in time:", what)
	}
	w.showGrid()
	g := w.gridding
	g.fields[0].SetSelectedIndex(1 + slices.Index(gridFields(), "steps"))
	g.values[0].SetText("5, 6")
	if _, err := s.History.Add(image.NewRGBA(image.Rect(0, 0, 16, 8)), app.Recipe{Prompt: "a kite", Grid: &recipe.Grid{ID: g.id, Axes: g.texts(), At: []int{0}}}); err != nil {
		t.Fatal(err)
	}
	g.read()
	until("what is made", func() bool { return len(g.made) == 1 })
	g.write()
	until("the file", func() bool { return s.Notice != nil })
	if want := sayf("Exported %s", "mine.png"); s.Notice.Headline != want || g.says.Text != want {
		t.Errorf("the notice says %q, the dialog %q, want %q", s.Notice.Headline, g.says.Text, want)
	}
	if _, err := os.Stat(d.path + ".png"); err != nil {
		t.Error(err)
	}
}

// oneFile are dialogs in which a file is always chosen.
type oneFile struct {
	Dialogs
	path string
}

func (d *oneFile) SaveFile(string, string, ...Kind) (string, error) { return d.path, nil }
