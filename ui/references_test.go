package ui

import (
	"image"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"nirvana/app"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// The row shows the chosen references small, in their order, and takes pictures that are dropped on it; beside it files are
// opened.
func TestReferenceRow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cat.png")
	if err := pixel.Save(file, image.NewRGBA(image.Rect(0, 0, 8, 4))); err != nil {
		t.Fatal(err)
	}
	w := window(t, Options{Picture: func(path string) (image.Image, error) { return pixel.Load(path) }})
	r := w.panel.references
	w.studio.Facts = engine.Facts{Name: "FLUX.2 klein", Text: true, References: 2}
	w.refresh(app.ChangedModel | app.ChangedSettings)
	if !r.box.Visible() || r.add.Disabled() {
		t.Fatal("there is no row to add to")
	}
	w.win.Resize(fyne.NewSize(1300, 900))
	w.win.Content().Refresh()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r.box).AddXY(5, 5)
	if !r.takes(at) || r.takes(fyne.NewPos(0, 0)) {
		t.Error("the row does not take what is dropped on it, or takes what is dropped elsewhere")
	}
	w.studio.Set(func(s *app.Settings) { s.References = []string{file, file} })
	w.refresh(app.ChangedSettings)
	if n := len(r.list.Objects); n != 2 || !r.add.Disabled() || r.read[file] == nil {
		t.Errorf("%d pictures are shown; more can be added: %v; it was read: %v", n, !r.add.Disabled(), r.read[file] != nil)
	}
	w.studio.DropReference(0)
	w.refresh(app.ChangedSettings)
	if n := len(r.list.Objects); n != 1 || r.add.Disabled() {
		t.Errorf("%d pictures are shown after one was removed", n)
	}
	w.droppedAt(at, []fyne.URI{storage.NewFileURI(file)})
	w.studio.Facts.References = 0
	w.refresh(app.ChangedModel)
	if r.box.Visible() || r.takes(at) {
		t.Error("a model that sees no references has a row for them")
	}
}

// The menus of a result and of a picture in the history add its file to the references, where the model sees another one.
func TestAddToTheReferences(t *testing.T) {
	a := testApp(t)
	s, err := app.New(app.Options{Post: fyne.Do, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := New(a, s, Options{})
	id, err := s.History.Add(image.NewRGBA(image.Rect(0, 0, 8, 4)), app.Recipe{Prompt: "a red kite"})
	if err != nil {
		t.Fatal(err)
	}
	candidate, entry := &app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 8, 4)), Stored: id}, app.Entry{ID: id}
	entries := func(items []*fyne.MenuItem) (found []*fyne.MenuItem) {
		for _, m := range items {
			if m.Label == "Add to the references" {
				found = append(found, m)
			}
		}
		return found
	}
	offered := func(want int) {
		t.Helper()
		if n, m := len(entries(w.candidateItems(candidate))), len(entries(w.history.items(entry))); n != want || m != want {
			t.Errorf("with %d references of %d the tray offers it %d times, the history %d times", len(s.Settings.References), s.Facts.References, n, m)
		}
	}
	offered(0)
	s.Facts = engine.Facts{Text: true, References: 2}
	offered(1)
	if n := len(entries(w.candidateItems(&app.Candidate{Picture: candidate.Picture}))); n != 0 {
		t.Error("a result without a file is offered")
	}
	for i, items := range [][]*fyne.MenuItem{w.candidateItems(candidate), w.history.items(entry)} {
		entries(items)[0].Action()
		s.Rest()
		a.run()
		if want := slices.Repeat(s.History.Files([]int64{id}), i+1); len(want) != i+1 || !slices.Equal(s.Settings.References, want) {
			t.Fatalf("the references are %q, not %q", s.Settings.References, want)
		}
	}
	offered(0)
	s.Facts.References = 3
	if w.history.deleted = true; len(entries(w.history.items(entry))) != 0 {
		t.Error("a deleted picture is offered")
	}
}
