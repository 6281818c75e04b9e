package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// Whatever has the keyboard, in the window or in a dialog, Escape closes what lies over the canvas.
func TestEscapeFromEverything(t *testing.T) {
	w := window(t, Options{})
	c := w.win.Canvas()
	for name, open := range map[string]func(){"settings": w.showSettings, "models": w.showModels, "shortcuts": w.help, "history": w.showHistory,
		"about": w.about, "model": w.aboutModel} {
		tried := 0
		for ; ; tried++ {
			open()
			if !w.covered() {
				t.Fatalf("%s: nothing lies over the canvas", name)
			}
			c.Unfocus()
			c.FocusNext()
			first := c.Focused()
			for range tried {
				c.FocusNext()
			}
			f := c.Focused()
			if f == nil || tried > 0 && f == first {
				w.closeTop()
				break
			}
			f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.covered() {
				t.Errorf("%s: Escape closes nothing while a %T has the keyboard", name, f)
				w.closeTop()
			}
		}
		if tried == 0 {
			t.Errorf("%s: nothing takes the keyboard", name)
		}
		t.Logf("%s: %d tried", name, tried)
	}
}
