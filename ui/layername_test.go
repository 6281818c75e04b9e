package ui

import (
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"nirvana/app"
	"nirvana/app/layers"
)

// A double click on a layer's name makes it a field that has the keyboard: Enter and a click elsewhere take the name,
// Escape and an empty one leave it. One click chooses the layer only, however often it was chosen before.
func TestLayerIsRenamedInItsRow(t *testing.T) {
	w := window(t, Options{})
	d, f := w.studio.Document, w.panel.layers
	d.Set(blank(image.Pt(64, 64)))
	w.arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
		return s.Added(s.Active, layers.Layer{Name: "Sun", Opacity: 1})
	})
	w.refresh(app.ChangedLayers)
	w.panel.layers.fold.Open(true)
	w.win.Resize(fyne.NewSize(1200, 800))
	c, at := w.win.Canvas(), time.Unix(1e9, 0)
	name := func(row int) string { return f.rows[row].layer.Name }
	double := func(row int) *nameField {
		t.Helper()
		at = at.Add(time.Minute)
		f.rows[row].name.tap(at)
		f.rows[row].name.tap(at.Add(100 * time.Millisecond))
		field := f.rows[row].name.field
		if c.Focused() != fyne.Focusable(field) || !field.Visible() || f.rows[row].name.button.Visible() {
			t.Fatal("a double click does not make the name a field with the keyboard")
		}
		return field
	}
	write := func(field *nameField, text string) {
		for _, r := range text {
			field.TypedRune(r)
		}
	}
	field := double(1) // not the chosen one
	write(field, "Sky")
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if w.refresh(app.ChangedLayers); name(1) != "Sky" || field.Visible() || c.Focused() != nil {
		t.Fatalf("renamed with Enter it is %q, the field visible %v", name(1), field.Visible())
	}
	write(double(1), "Blue sky")
	c.Unfocus() // a click elsewhere
	if w.refresh(app.ChangedLayers); name(1) != "Blue sky" {
		t.Errorf("renamed with a click elsewhere it is %q", name(1))
	}
	steps, _ := d.Steps()
	write(double(0), "Moon")
	f.rows[0].name.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	write(double(0), " ")
	c.Unfocus()
	if w.refresh(app.ChangedLayers); name(0) != "Sun" || f.rows[0].name.field.Visible() {
		t.Errorf("left, it is %q", name(0))
	}
	if now, _ := d.Steps(); now != steps {
		t.Errorf("left, it is %d steps of undo", now-steps)
	}
	for range 3 {
		at = at.Add(time.Minute)
		f.rows[0].name.tap(at)
	}
	if c.Focused() != nil || d.Stack().Active != f.rows[0].layer.ID {
		t.Error("single clicks rename")
	}
	write(double(0), "Star")
	d.Undo()
	d.Undo()
	d.Undo() // one layer is left, in the first row
	w.refresh(app.ChangedLayers | app.ChangedUndo)
	if c.Focused() != nil || name(0) == "Star" {
		t.Errorf("the layer that is gone is renamed: %q", name(0))
	}
}

// The field of the name lies where the name was, so that the rest of a double click falls into it.
func TestLayerNameStays(t *testing.T) {
	w := window(t, Options{})
	w.studio.Document.Set(blank(image.Pt(64, 64)))
	w.refresh(app.ChangedPicture)
	w.panel.layers.fold.Open(true)
	w.win.Resize(fyne.NewSize(1200, 800))
	n := w.panel.layers.rows[0].name
	before := w.panel.layers.rows[0].Size()
	n.edit()
	test.WidgetRenderer(w.panel.layers.rows[0])
	if n.field.Position() != n.button.Position() || n.field.Size() != n.button.Size() || w.panel.layers.rows[0].Size() != before || w.panel.layers.rows[0].MinSize().Height > before.Height {
		t.Errorf("the field is at %v, %v, the name at %v, %v; the row was %v, is %v", n.field.Position(), n.field.Size(), n.button.Position(), n.button.Size(), before, w.panel.layers.rows[0].MinSize())
	}
}
