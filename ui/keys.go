package ui

import (
	"time"

	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// key is a shortcut with a modifier, as shown in menus and help.
type key struct {
	name  fyne.KeyName
	mod   fyne.KeyModifier
	group group
	what  string // "": a second key for the same action
	do    func()
}

func (w *Window) shortcuts() []key {
	s, ctrl, shift := w.studio, fyne.KeyModifierShortcutDefault, fyne.KeyModifierShift
	return []key{
		{fyne.KeyReturn, ctrl, running, "Generate; during a run, queue another", w.generate},
		{fyne.KeyEnter, ctrl, running, "", w.generate},
		{fyne.KeyReturn, ctrl | shift, running, "Apply the panel's settings to the run under way", s.SteerByPanel},
		{fyne.KeyN, ctrl, saving, "New picture", w.newPicture},
		{fyne.KeyO, ctrl, saving, "Open a picture", w.open},
		{fyne.KeyS, ctrl, saving, "Save the project", w.saveProject},
		{fyne.KeyS, ctrl | shift, saving, "Save the project under another name", w.saveProjectAs},
		{fyne.KeyE, ctrl, saving, "Export as PNG", w.export},
		{fyne.KeyY, ctrl, editing, "Redo", w.redo},
		{fyne.KeyZ, ctrl | shift, editing, "", w.redo},
		{fyne.KeyI, ctrl, masking, "Invert the mask", s.Document.Invert},
		{fyne.KeyD, ctrl, selecting, "Select nothing", s.Document.SelectNone},
		{fyne.KeyI, ctrl | shift, selecting, "Select the inverse", s.Document.SelectInverse},
		{fyne.Key0, ctrl, viewing, "Fit the view", w.canvas.Fit},
		{fyne.Key1, ctrl, viewing, "View at 100 %", w.canvas.Actual},
		{fyne.KeyEqual, ctrl, viewing, "Zoom in", func() { w.canvas.ZoomBy(1.25) }},
		{fyne.KeyMinus, ctrl, viewing, "Zoom out", func() { w.canvas.ZoomBy(0.8) }},
		{fyne.KeyC, ctrl | shift, editing, "Copy the picture, from a text field too", w.copyPicture},
		{fyne.KeyV, ctrl | shift, editing, "Paste a picture, from a text field too", w.pastePicture},
		{fyne.KeyComma, ctrl, saving, "Settings", w.showSettings},
		{fyne.KeyH, ctrl, viewing, "What came from what", w.showTree},
		{fyne.KeyW, ctrl, viewing, "Close the dialog or list on top", func() { w.closeTop() }},
		{fyne.KeyT, ctrl, running, "Switch between prompt and canvas", w.toPrompt},
		{fyne.KeyQ, ctrl, saving, "Quit", w.close},
	}
}

// keys binds keys to actions. Single keys work while nothing has the focus.
func (w *Window) keys() {
	c, s := w.win.Canvas(), w.studio
	for _, k := range w.shortcuts() {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: k.name, Modifier: k.mod}, func(fyne.Shortcut) { k.do() })
	}
	c.AddShortcut(&fyne.ShortcutUndo{}, func(fyne.Shortcut) { w.undo() })
	c.AddShortcut(&fyne.ShortcutRedo{}, func(fyne.Shortcut) { w.redo() })
	c.AddShortcut(&fyne.ShortcutCopy{}, func(fyne.Shortcut) { w.copySelected() })
	c.AddShortcut(&fyne.ShortcutCut{}, func(fyne.Shortcut) { w.cutSelected() })
	c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) { w.pastePicture() })
	c.AddShortcut(&fyne.ShortcutSelectAll{}, func(fyne.Shortcut) { s.Document.SelectAll() })
	c.SetOnTypedKey(w.typed)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(e *fyne.KeyEvent) { w.held(e.Name, true) })
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { w.held(e.Name, false) })
	}
}

// toPrompt moves the keyboard's focus between prompt and canvas: single keys work while nothing has it.
func (w *Window) toPrompt() {
	c := w.win.Canvas()
	if c.Focused() != nil {
		c.Unfocus()
		return
	}
	c.Focus(w.panel.prompt)
}

// shortcut lets the window handle a focused entry's shortcut first; true when it did.
func (w *Window) shortcut(s fyne.Shortcut) bool {
	custom, ok := s.(*desktop.CustomShortcut)
	if !ok {
		return false
	}
	for _, k := range w.shortcuts() {
		if k.name == custom.KeyName && k.mod == custom.Modifier {
			w.commitField() // the key's action uses what was typed
			k.do()
			return true
		}
	}
	return false
}

func (w *Window) typed(e *fyne.KeyEvent) {
	s := w.studio
	if w.covered() && e.Name != fyne.KeyEscape && e.Name != fyne.KeyF1 {
		return // keys are for the dialog on top
	}
	for _, t := range toolKeys {
		if t.key == e.Name {
			w.tools.take(t.tool)
			return
		}
	}
	if w.canvas.Drawing() && w.drawing(e.Name) {
		return
	}
	switch e.Name {
	case fyne.KeyEscape:
		w.escape()
	case fyne.KeyN:
		w.toggleNoise()
	case fyne.KeyY:
		w.toggleXRay()
	case fyne.KeyG:
		w.toggleTable()
	case fyne.KeyM:
		w.toggleMask()
	case fyne.KeyReturn, fyne.KeyEnter:
		w.enter()
	case fyne.KeyDelete, fyne.KeyBackspace:
		w.deleteOrDiscard()
	case fyne.KeyLeft:
		w.step(-1)
	case fyne.KeyRight:
		w.step(1)
	case fyne.KeyUp, fyne.KeyDown:
		w.stepRow(map[bool]int{true: -1, false: 1}[e.Name == fyne.KeyUp])
	case fyne.KeyPeriod:
		w.runStep(app.Once, 1)
	case fyne.KeyComma:
		w.runStep(app.Back, -1)
	case fyne.KeyEnd:
		if r := s.Path(); r != nil {
			r.Show(-1)
		}
	case fyne.KeyLeftBracket:
		s.Set(func(t *app.Settings) { changeBrush(t, false, shifted()) })
	case fyne.KeyRightBracket:
		s.Set(func(t *app.Settings) { changeBrush(t, true, shifted()) })
	case fyne.KeyX:
		if s.Settings.Paint.Colours() {
			s.Set(func(t *app.Settings) { t.Paint.Swap() })
			return
		}
		w.swapBrush()
	case fyne.KeyJ:
		w.toggleLive()
	case fyne.KeyQ:
		w.togglePaint()
	case fyne.KeyS:
		w.toggleSelect()
	case fyne.KeyF1:
		w.help()
	}
}

// changeBrush makes the brush larger or smaller, or softer or harder.
func changeBrush(t *app.Settings, up, soft bool) {
	switch {
	case soft && up:
		t.BrushSoftness = min(t.BrushSoftness+0.1, 1)
	case soft:
		t.BrushSoftness = max(t.BrushSoftness-0.1, 0)
	case up:
		t.BrushSize = max(t.BrushSize*1.18, t.BrushSize+1)
	default:
		t.BrushSize = min(t.BrushSize*0.85, t.BrushSize-1)
	}
}

// modifiers are the modifier keys that are held.
func modifiers() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// shifted reports whether Shift is held.
func shifted() bool { return modifiers()&fyne.KeyModifierShift != 0 }

// escape closes the dialog on top, or else the divider or an earlier step that is shown; or else stops the run, or
// leaves the table or the noise view.
func (w *Window) escape() {
	if w.closeTop() {
		return
	}
	if w.panel.layers.change.active() {
		w.panel.layers.change.drop()
		return
	}
	if w.canvas.Tool() == canvas.ToolCrop {
		w.tools.choose(canvas.ToolFrame)
		return
	}
	if w.tray.dividing {
		w.tray.divide(false)
		return
	}
	if r := w.studio.Path(); r != nil && !r.Following() {
		r.Show(-1)
		return
	}
	if w.studio.Run().Active() || w.studio.Asked > 0 {
		w.studio.Stop()
		return
	}
	if w.canvas.Scene.Table.Shown() {
		w.toggleTable()
		return
	}
	if w.studio.XRay.On {
		w.toggleXRay()
		return
	}
	w.studio.EndNoise()
}

// enter keeps the candidate; in the table it first shows it alone.
func (w *Window) enter() {
	if w.canvas.ApplyCrop() {
		return
	}
	if w.panel.layers.change.active() {
		w.panel.layers.change.keep()
		return
	}
	if !w.canvas.Scene.Table.Shown() {
		w.studio.Tray.Keep()
		return
	}
	for i, c := range w.canvas.Scene.Table.Cells {
		if c.Chosen {
			w.chosen(i)
			return
		}
	}
	w.toggleTable()
}

// stepRow moves a row down or up in the table.
func (w *Window) stepRow(by int) {
	if !w.canvas.Scene.Table.Shown() {
		return
	}
	cells, columns := w.canvas.Scene.Table.Cells, w.canvas.TableColumns()
	at := slices.IndexFunc(cells, func(c canvas.Cell) bool { return c.Chosen })
	if to := at + by*columns; at >= 0 && to >= 0 && to < len(cells) && w.tabled[to] != nil {
		w.studio.Tray.Select(slices.Index(w.studio.Tray.Candidates, w.tabled[to]))
	}
}

// drawing handles a key while a polygon is open.
func (w *Window) drawing(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyEscape:
		w.canvas.Cancel()
	case fyne.KeyReturn, fyne.KeyEnter:
		w.canvas.Finish()
	case fyne.KeyDelete, fyne.KeyBackspace:
		w.canvas.Back()
	default:
		return false
	}
	return true
}

// runStep has the run under way go one step on or back and hold; without one the timeline moves.
func (w *Window) runStep(pace app.Pace, by int) {
	if w.studio.Run().Active() {
		w.studio.Pace(pace)
		return
	}
	if r := w.studio.Path(); r != nil && w.studio.Noised == nil {
		_, i, _ := r.Shown()
		r.Show(min(max(i+by, 0), len(r.Steps)-1))
	}
}

// step moves through the candidates, or along the timeline while a step is shown.
func (w *Window) step(by int) {
	if w.studio.Noised != nil {
		w.stepNoise(by)
		return
	}
	if r := w.studio.Path(); r != nil && !r.Following() {
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
	case desktop.KeyAltLeft, desktop.KeyAltRight:
		if w.canvas.ModifiersChanged(); w.canvas.Picks() { // it is no way to the menu then
			w.mouseActed()
		}
	case fyne.KeySpace:
		if down && w.timeline.ticks.over {
			w.timeline.hold()
			return
		}
		w.canvas.SetSpace(down)
	case fyne.KeyC:
		w.studio.Tray.Compare(down)
	case fyne.KeyTab: // Fyne moves the focus with it and does not report it
		if down && !w.covered() {
			w.toggleBare()
			time.AfterFunc(frameTime, func() { fyne.Do(w.win.Canvas().Unfocus) })
		}
	}
}

// toggleBare hides or shows everything but the canvas.
func (w *Window) toggleBare() {
	w.bare = !w.bare
	for _, o := range []fyne.CanvasObject{w.left, w.side, w.bottom} {
		visible(o, !w.bare)
	}
	w.showCanvas(app.ChangedSettings) // outlines of regions go with the panel
	w.win.Content().Refresh()
}
