package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// key is a shortcut with a modifier, as the menus and the help show it.
type key struct {
	name fyne.KeyName
	mod  fyne.KeyModifier
	what string
	do   func()
}

func (w *Window) shortcuts() []key {
	s, ctrl, shift := w.studio, fyne.KeyModifierShortcutDefault, fyne.KeyModifierShift
	return []key{
		{fyne.KeyReturn, ctrl, "Generate", s.Generate},
		{fyne.KeyEnter, ctrl, "", s.Generate},
		{fyne.KeyN, ctrl, "New picture", w.newPicture},
		{fyne.KeyO, ctrl, "Open a picture", w.open},
		{fyne.KeyE, ctrl, "Export as PNG", w.export},
		{fyne.KeyY, ctrl, "Redo", w.redo},
		{fyne.KeyZ, ctrl | shift, "", w.redo},
		{fyne.KeyI, ctrl, "Invert the mask", s.Document.Invert},
		{fyne.Key0, ctrl, "Fit the view", w.canvas.Fit},
		{fyne.Key1, ctrl, "View at 100 %", w.canvas.Actual},
		{fyne.KeyEqual, ctrl, "Zoom in", func() { w.canvas.ZoomBy(1.25) }},
		{fyne.KeyMinus, ctrl, "Zoom out", func() { w.canvas.ZoomBy(0.8) }},
		{fyne.KeyC, ctrl | shift, "Copy the picture", w.copyPicture},
		{fyne.KeyV, ctrl | shift, "Paste a picture", w.pastePicture},
		{fyne.KeyQ, ctrl, "Quit", w.win.Close},
	}
}

// plainKeys are those without a modifier, beside the tools' letters.
var plainKeys = []struct{ key, what string }{
	{"Escape", "Stop the run; what is there stays as a candidate"},
	{"Enter", "Keep the candidate"}, {"Delete", "Discard the candidate"},
	{"Left, Right", "Candidates one after another; the timeline while one is held there"}, {"C, held", "See what was there before"},
	{"[ and ]", "Smaller and larger brush"}, {"X", "Swap brush and eraser"},
	{"Space, held", "Move the view"}, {"Tab", "Nothing but the canvas"}, {"End", "Show the result again"},
}

// keys ties keys to what they do. Single keys act while nothing has the focus.
func (w *Window) keys() {
	c := w.win.Canvas()
	for _, k := range w.shortcuts() {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: k.name, Modifier: k.mod}, func(fyne.Shortcut) { k.do() })
	}
	c.AddShortcut(&fyne.ShortcutUndo{}, func(fyne.Shortcut) { w.undo() })
	c.AddShortcut(&fyne.ShortcutRedo{}, func(fyne.Shortcut) { w.redo() })
	c.AddShortcut(&fyne.ShortcutCopy{}, func(fyne.Shortcut) { w.copyPicture() })
	c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) { w.pastePicture() })
	c.SetOnTypedKey(w.typed)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(e *fyne.KeyEvent) { w.held(e.Name, true) })
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { w.held(e.Name, false) })
	}
}

// shortcut gives a focused entry's shortcut to the window first; true when the window took it.
func (w *Window) shortcut(s fyne.Shortcut) bool {
	custom, ok := s.(*desktop.CustomShortcut)
	if !ok {
		return false
	}
	for _, k := range w.shortcuts() {
		if k.name == custom.KeyName && k.mod == custom.Modifier {
			k.do()
			return true
		}
	}
	return false
}

func (w *Window) typed(e *fyne.KeyEvent) {
	s := w.studio
	for _, t := range toolKeys {
		if t.key == e.Name {
			w.tools.choose(t.tool)
			return
		}
	}
	switch e.Name {
	case fyne.KeyEscape:
		w.escape()
	case fyne.KeyN:
		w.toggleNoise()
	case fyne.KeyReturn, fyne.KeyEnter:
		s.Tray.Keep()
	case fyne.KeyDelete, fyne.KeyBackspace:
		s.Tray.Discard()
	case fyne.KeyLeft:
		w.step(-1)
	case fyne.KeyRight:
		w.step(1)
	case fyne.KeyEnd:
		if r := s.Run(); r != nil {
			r.Show(-1)
		}
	case fyne.KeyLeftBracket:
		s.Set(func(t *app.Settings) { t.BrushSize = min(t.BrushSize*0.85, t.BrushSize-1) })
	case fyne.KeyRightBracket:
		s.Set(func(t *app.Settings) { t.BrushSize = max(t.BrushSize*1.18, t.BrushSize+1) })
	case fyne.KeyX:
		w.swapBrush()
	case fyne.KeyTab:
		w.toggleBare()
	}
}

// escape stops the run, or leaves the noise view.
func (w *Window) escape() {
	if w.studio.Run().Active() {
		w.studio.Stop()
		return
	}
	w.studio.EndNoise()
}

// step goes through the candidates, or along the timeline while a step is held.
func (w *Window) step(by int) {
	if w.studio.Noised != nil {
		w.stepNoise(by)
		return
	}
	if r := w.studio.Run(); r != nil && !r.Following() {
		_, i, _ := r.Shown()
		r.Show(min(max(i+by, 0), len(r.Steps)-1))
		return
	}
	if by > 0 {
		w.studio.Tray.Next()
	} else {
		w.studio.Tray.Previous()
	}
}

func (w *Window) held(name fyne.KeyName, down bool) {
	switch name {
	case fyne.KeySpace:
		w.canvas.SetSpace(down)
	case fyne.KeyC:
		w.studio.Tray.Compare(down)
	}
}

// toggleBare hides or shows all but the canvas.
func (w *Window) toggleBare() {
	w.bare = !w.bare
	for _, o := range []fyne.CanvasObject{w.left, w.side, w.bottom} {
		visible(o, !w.bare)
	}
	w.win.Content().Refresh()
}

// help lists every key.
func (w *Window) help() {
	grid := container.NewGridWithColumns(2)
	add := func(key, what string) {
		grid.Add(widget.NewLabelWithStyle(key, fyne.TextAlignTrailing, fyne.TextStyle{Bold: true}))
		grid.Add(widget.NewLabel(what))
	}
	for _, k := range w.shortcuts() {
		if k.what != "" {
			add(spell(k), k.what)
		}
	}
	add("Ctrl Z", "Undo")
	for _, k := range plainKeys {
		add(k.key, k.what)
	}
	for _, t := range toolKeys {
		add(string(t.key), t.name)
	}
	scroll := container.NewVScroll(grid)
	scroll.SetMinSize(fyne.NewSize(620, 460))
	dialog.ShowCustom("Shortcuts", "Close", scroll, w.win)
}

func spell(k key) string {
	s := "Ctrl "
	if k.mod&fyne.KeyModifierShift != 0 {
		s += "Shift "
	}
	switch k.name {
	case fyne.KeyReturn:
		return s + "Enter"
	case fyne.KeyEqual:
		return s + "+"
	case fyne.KeyMinus:
		return s + "-"
	}
	return s + string(k.name)
}
