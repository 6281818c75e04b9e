package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// labelled is what an object's labels say.
func labelled(o fyne.CanvasObject) string {
	var all []string
	for _, o := range test.LaidOutObjects(o) {
		if l, ok := o.(*widget.Label); ok && l.Visible() {
			all = append(all, l.Text)
		}
	}
	return strings.Join(all, "\n")
}

// Text with letters that the font lacks is not painted: the dialog stays, with the words and the reason, and the text
// becomes a layer once they are changed.
func TestTextThatTheFontLacks(t *testing.T) {
	w := window(t, Options{})
	w.win.Resize(fyne.NewSize(1200, 800))
	d := w.studio.Document
	d.Set(blank(image.Pt(256, 256)))
	w.refresh(app.ChangedPicture)
	w.askText(image.Pt(20, 20))
	var field *entry
	var put *button
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		switch o := o.(type) {
		case *entry:
			field = o
		case *button:
			if o.Text == "Write" {
				put = o
			}
		}
	}
	if field == nil || put == nil {
		t.Fatal("there is no field, or no button")
	}
	field.SetText("sun \U00016A00")
	put.OnTapped()
	if s := d.Stack(); s != nil && len(s.Layers) > 1 {
		t.Fatal("it was painted")
	}
	if top := w.win.Canvas().Overlays().Top(); top == nil || field.Text != "sun \U00016A00" || !strings.Contains(labelled(top), "\U00016A00") {
		t.Fatal("the dialog is closed, or does not say which letters are lacking")
	}
	field.SetText("sun")
	put.OnTapped()
	if s := d.Stack(); s == nil || len(s.Layers) != 2 || s.Layers[1].Name != "sun" || w.win.Canvas().Overlays().Top() != nil {
		t.Errorf("what the font has is not written: %+v", s)
	}
}
