package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"nirvana/app"
)

// Ctrl+Up and Ctrl+Down weigh the word at the caret of the prompt, also in its second line; Ctrl+Z takes the prompt back as one step.
func TestWeighingWords(t *testing.T) {
	w := window(t, Options{})
	e := w.panel.prompt
	e.SetText("a red kite\nover the sea")
	e.caret(len("a red kite\nover the s"))
	press := func(key fyne.KeyName) {
		e.TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
	}
	press(fyne.KeyUp)
	press(fyne.KeyUp)
	if want := "a red kite\nover the (sea:1.2)"; e.Text != want || w.studio.Settings.Prompt != want {
		t.Fatalf("%q", e.Text)
	}
	e.caret(3)
	press(fyne.KeyDown)
	if want := "a (red:0.9) kite\nover the (sea:1.2)"; e.Text != want || e.CursorTextOffset() != 4 {
		t.Errorf("%q, the caret is at %d", e.Text, e.CursorTextOffset())
	}
	press(fyne.KeyUp)
	if want := "a red kite\nover the (sea:1.2)"; e.Text != want || e.CursorTextOffset() != 3 {
		t.Errorf("%q, the caret is at %d", e.Text, e.CursorTextOffset())
	}
	w.studio.Set(func(t *app.Settings) { t.Guidance = 5 })
	w.studio.Set(func(t *app.Settings) { t.Guidance = 6 })
	was := app.DefaultSettings().Guidance
	e.TypedShortcut(&fyne.ShortcutUndo{})
	if g := w.studio.Settings.Guidance; g != was {
		t.Errorf("the first step leads to a guidance of %g", g)
	}
	e.TypedShortcut(&fyne.ShortcutUndo{})
	w.refresh(app.ChangedSettings)
	if e.Text != "" || w.studio.Settings.Prompt != "" {
		t.Errorf("the second to %q", e.Text)
	}
	e.TypedShortcut(&fyne.ShortcutRedo{})
	if w.studio.Settings.Prompt == "" {
		t.Error("redo does not bring it back")
	}
}
