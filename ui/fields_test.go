package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// A line that is longer than its field is shown from its beginning once the keyboard is elsewhere.
func TestLongLineBegins(t *testing.T) {
	w := window(t, Options{})
	for name, f := range map[string]interface {
		fyne.Widget
		fyne.Focusable
	}{"entry": w.entry(), "number": w.numberEntry(func(string) bool { return true })} {
		w.win.SetContent(container.NewWithoutLayout(f))
		f.Resize(fyne.NewSize(80, 36))
		var scroll *container.Scroll
		offset := func() float32 {
			for _, o := range test.WidgetRenderer(f).Objects() {
				if s, ok := o.(*container.Scroll); ok {
					scroll = s
				}
			}
			if scroll == nil {
				t.Fatalf("%s: nothing in it scrolls", name)
			}
			return scroll.Offset.X
		}
		c := w.win.Canvas()
		c.Focus(f)
		test.Type(f, strings.Repeat("wide words ", 12))
		if offset() == 0 {
			t.Fatalf("%s: the cursor is out of view while it is typed", name)
		}
		c.Unfocus()
		f.Refresh()
		if got := offset(); got != 0 {
			t.Errorf("%s: without the keyboard %.0f of the beginning are out of view", name, got)
		}
	}
}
