package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// walk goes through all objects of the window, hidden ones too.
func walk(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	f(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, f)
		}
	case *container.Scroll:
		walk(o.Content, f)
	}
}

// Every icon says what it does; those of tools say their key.
func TestEveryIconHasATip(t *testing.T) {
	w := window(t, Options{})
	icons := 0
	walk(w.win.Content(), func(o fyne.CanvasObject) {
		if b, ok := o.(*tipButton); ok && b.Text == "" {
			icons++
			if b.tip == "" {
				t.Errorf("an icon of %v has no tip", b.Icon.Name())
			}
		}
	})
	if icons < 30 {
		t.Errorf("%d icons: is the window walked through?", icons)
	}
	for _, k := range toolKeys {
		if tip := w.tools.buttons[k.tool].tip; !strings.HasSuffix(tip, "("+string(k.key)+")") {
			t.Errorf("%q does not say its key", tip)
		}
	}
}

// What the mouse operates the keyboard reaches: Tab comes by every button and field that is there.
func TestTabReachesEverything(t *testing.T) {
	w := window(t, Options{})
	c := w.win.Canvas()
	want := map[fyne.Focusable]bool{}
	walk(w.win.Content(), func(o fyne.CanvasObject) {
		f, ok := o.(fyne.Focusable)
		d, can := o.(fyne.Disableable)
		if ok && !(can && d.Disabled()) && seen(w.win.Content(), o) {
			want[f] = true
		}
	})
	if len(want) < 30 {
		t.Fatalf("%d things to focus: is the window walked through?", len(want))
	}
	for range 3 * len(want) {
		c.FocusNext()
		delete(want, c.Focused())
	}
	for f := range want {
		t.Errorf("Tab never comes by %T %+v", f, f)
	}
}

// seen says whether an object and all it lies in are shown.
func seen(root, o fyne.CanvasObject) bool {
	if !root.Visible() {
		return false
	}
	if root == o {
		return true
	}
	switch r := root.(type) {
	case *fyne.Container:
		for _, child := range r.Objects {
			if seen(child, o) {
				return true
			}
		}
	case *container.Scroll:
		return seen(r.Content, o)
	}
	return false
}
