package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestFinder(t *testing.T) {
	w := window(t, Options{})
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("Thing %d", i))
	}
	names[134], names[517] = "crane", "crane"
	chosen := ""
	f := w.finder(func(s string) { chosen = s })
	f.SetOptions(distinct(names))
	w.win.SetContent(f)
	shown := func() bool { return w.win.Canvas().Overlays().Top() != nil }
	open := func() *entry {
		f.Tapped(&fyne.PointEvent{})
		field, _ := w.win.Canvas().Focused().(*entry)
		if !shown() || field == nil {
			t.Fatalf("a search is shown: %v, its field has the keyboard: %v", shown(), field != nil)
		}
		return field
	}
	field := open()
	test.Type(field, "CRANE")
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if chosen != "crane (134)" || f.SelectedIndex() != 134 || shown() {
		t.Errorf("chosen %q, the %dth; search still shown: %v", chosen, f.SelectedIndex(), shown())
	}
	field = open()
	test.Type(field, "nothing of this name")
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if f.SelectedIndex() != 134 || !shown() {
		t.Error("a search that finds nothing chose something")
	}
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if shown() {
		t.Error("Escape does not close the search")
	}
	f.SetOptions(names[:3])
	f.Tapped(&fyne.PointEvent{})
	if field, is := w.win.Canvas().Focused().(*entry); is && shown() && field.PlaceHolder == say("Search") {
		t.Error("three options are searched")
	}
}
