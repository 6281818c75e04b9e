package ui

import (
	"image"
	"path/filepath"
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
