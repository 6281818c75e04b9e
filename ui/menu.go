package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"nirvana/app"
	"nirvana/assets"
	"nirvana/ui/canvas"
)

func item(label string, do func(), name fyne.KeyName, mod fyne.KeyModifier) *fyne.MenuItem {
	m := fyne.NewMenuItem(say(label), do)
	switch {
	case name == "":
	case runtime.GOOS != "darwin": // Fyne's shortcuts are too dim to be read
		m.Label += " (" + spell(name, mod, "+") + ")"
	default:
		m.Shortcut = &desktop.CustomShortcut{KeyName: name, Modifier: mod}
	}
	return m
}

// menu makes the main menu, and the rules for disabling and checking its items.
func (w *Window) menu() *fyne.MainMenu {
	w.rules = nil
	return fyne.NewMainMenu(w.fileMenu(), w.editMenu(), w.viewMenu(), w.pictureMenu(), w.modelMenu(),
		fyne.NewMenu(say("Help"), item("Shortcuts (F1)", w.help, "", 0), item("About Nirvana", w.about, "", 0)))
}

// rule is when an item of the menu is enabled, and when it is checked; nil: always, never.
type rule struct {
	item          *fyne.MenuItem
	able, checked func() bool
}

// when gives an item a rule for being enabled.
func (w *Window) when(able func() bool, m *fyne.MenuItem) *fyne.MenuItem {
	w.rules = append(w.rules, rule{item: m, able: able})
	return m
}

// checked gives it one for its check mark too.
func (w *Window) checked(able, on func() bool, m *fyne.MenuItem) *fyne.MenuItem {
	w.rules = append(w.rules, rule{m, able, on})
	return m
}

// showMenu applies the rules to the menu's items, which are drawn when the menu is opened.
func (w *Window) showMenu() {
	for _, r := range w.rules {
		r.item.Disabled = r.able != nil && !r.able()
		r.item.Checked = r.checked != nil && r.checked()
	}
}

// Conditions of the menus' rules.
func (w *Window) hasPicture() bool { return w.studio.Document.Picture != nil }
func (w *Window) hasResult() bool  { return w.studio.Tray.Current() != nil }
func (w *Window) hasSight() bool   { return w.hasPicture() || w.hasResult() }
func (w *Window) hasCut() bool     { return w.studio.CanResume() }
func (w *Window) hasRun() bool     { return w.studio.Run().Active() || w.studio.Asked > 0 }

func (w *Window) fileMenu() *fyne.Menu {
	ctrl := fyne.KeyModifierShortcutDefault
	sep := fyne.NewMenuItemSeparator
	w.recent = fyne.NewMenuItem(say("Open recent"), nil)
	w.fillRecent()
	w.earlier = fyne.NewMenuItem(say("Earlier work"), nil)
	w.fillEarlier()
	m := fyne.NewMenu(say("File"),
		item("New", w.newPicture, fyne.KeyN, ctrl), item("Open...", w.open, fyne.KeyO, ctrl),
		w.when(func() bool { return len(w.studio.Settings.Recent) > 0 }, w.recent),
		w.when(func() bool { return w.earlier.ChildMenu != nil }, w.earlier), sep(),
		w.when(w.hasSight, item("Save the project", w.saveProject, fyne.KeyS, ctrl)), w.when(w.hasSight, item("Save the project as...", w.saveProjectAs, fyne.KeyS, ctrl|fyne.KeyModifierShift)),
		w.when(w.hasSight, item("Save a copy without history...", w.saveCopy, "", 0)), sep(),
		w.when(w.hasSight, item("Export...", w.export, fyne.KeyE, ctrl)), item("History...", w.showHistory, "", 0), item("What came from what...", w.showTree, fyne.KeyH, ctrl), item("Show the pictures' folder", w.showHistoryFolder, "", 0), sep(),
		item("Quit", w.close, fyne.KeyQ, ctrl))
	m.Items[len(m.Items)-1].IsQuit = true
	return m
}

func (w *Window) editMenu() *fyne.Menu {
	d, ctrl, sep := w.studio.Document, fyne.KeyModifierShortcutDefault, fyne.NewMenuItemSeparator
	return fyne.NewMenu(say("Edit"),
		w.when(func() bool { return w.studio.CanUndo() != "" }, item("Undo", w.undo, fyne.KeyZ, ctrl)), w.when(func() bool { return w.studio.CanRedo() != "" }, item("Redo", w.redo, fyne.KeyY, ctrl)), sep(),
		w.when(w.hasSight, item("Copy the picture", w.copyPicture, fyne.KeyC, ctrl|fyne.KeyModifierShift)), item("Paste a picture", w.pastePicture, fyne.KeyV, ctrl|fyne.KeyModifierShift), sep(),
		w.selectMenu(), sep(),
		w.when(w.hasPicture, item("Invert the mask", d.Invert, fyne.KeyI, ctrl)), w.when(func() bool { return w.masking }, item("Clear the mask", d.Clear, "", 0)), w.when(w.hasPicture, item("Mask everything", d.Fill, "", 0)),
		sep(), item("Settings...", w.showSettings, fyne.KeyComma, ctrl))
}

func (w *Window) viewMenu() *fyne.Menu {
	s, ctrl, sep := w.studio, fyne.KeyModifierShortcutDefault, fyne.NewMenuItemSeparator
	theme := func(label, name string) *fyne.MenuItem {
		return w.checked(nil, func() bool { return s.Settings.Theme == name }, item(label, func() { s.Set(func(t *app.Settings) { t.Theme = name }) }, "", 0))
	}
	view := fyne.NewMenu(say("View"),
		w.checked(nil, w.canvas.Fitting, item("Fit", w.canvas.Fit, fyne.Key0, ctrl)), w.checked(nil, func() bool { return w.canvas.Zoom() == 1 && !w.canvas.Fitting() }, item("100 %", w.canvas.Actual, fyne.Key1, ctrl)),
		item("Zoom in", func() { w.canvas.ZoomBy(1.25) }, fyne.KeyEqual, ctrl), item("Zoom out", func() { w.canvas.ZoomBy(0.8) }, fyne.KeyMinus, ctrl), sep(),
		theme("Dark", "dark"), theme("Light", "light"),
		w.checked(nil, func() bool { return s.Settings.Contrast }, item("High contrast", func() { s.Set(func(t *app.Settings) { t.Contrast = !t.Contrast }) }, "", 0)), sep(),
		w.checked(func() bool { return w.showTable() || len(s.Tray.Candidates) > 1 || w.tableRun() != nil }, w.showTable, item("Results side by side (G)", w.toggleTable, "", 0)),
		w.checked(w.hasPicture, func() bool { return !w.hideMask }, item("Show the mask (M)", w.toggleMask, "", 0)),
		w.checked(w.hasSight, func() bool { return s.Noised != nil }, item("Add noise (N)", w.toggleNoise, "", 0)),
		w.checked(func() bool { return s.XRay.On || s.Path() != nil }, func() bool { return s.XRay.On }, item("X-ray (Y)", w.toggleXRay, "", 0)),
		w.checked(nil, func() bool { return w.bare }, item("Hide the panels (Tab)", w.toggleBare, "", 0)))
	if len(assets.Languages()) > 1 {
		view.Items = append(view.Items, sep(), w.languageMenu())
	}
	return view
}

func (w *Window) pictureMenu() *fyne.Menu {
	s, d, sep := w.studio, w.studio.Document, fyne.NewMenuItemSeparator
	widen := func(label string, frame func()) *fyne.MenuItem { // one click: the frame, and the run
		return w.when(w.hasSight, item(label, func() {
			s.Widen(frame)
			w.canvas.Fit()
		}, "", 0))
	}
	of := func(label string, do func(*app.Candidate)) *fyne.MenuItem {
		return w.when(w.hasResult, item(label, func() {
			if c := s.Tray.Current(); c != nil {
				do(c)
			}
		}, "", 0))
	}
	w.fixItem = item("Fix the result's seam", func() { s.FixSeam(s.Tray.Current()) }, "", 0)
	return fyne.NewMenu(say("Picture"),
		item("Generate", w.generate, fyne.KeyReturn, fyne.KeyModifierShortcutDefault), w.when(w.hasRun, item("Stop (Escape)", s.Stop, "", 0)),
		item("Grid of pictures...", w.showGrid, "", 0), w.when(w.hasCut, item("Resume what was interrupted", s.Resume, "", 0)), w.when(w.hasCut, item("Discard what was interrupted", s.Forget, "", 0)),
		w.when(func() bool { return s.ShownRecipe() != nil }, item("Reproduce and compare", w.makeShownAgain, "", 0)), sep(),
		w.when(w.hasResult, item("Keep the result (Enter)", s.Tray.Keep, "", 0)), w.when(w.hasResult, item("Discard the result (Delete)", s.Tray.Discard, "", 0)), sep(),
		w.when(w.hasPicture, item("Fit frame to picture", d.FitFrame, "", 0)),
		widen("Zoom out 1.5x", func() { d.ZoomOut(1.5) }), widen("Zoom out 2x", func() { d.ZoomOut(2) }),
		widen("Extend to the right", func() { d.Pan(0.5, 0) }), widen("Extend to the left", func() { d.Pan(-0.5, 0) }),
		widen("Extend up", func() { d.Pan(0, -0.5) }), widen("Extend down", func() { d.Pan(0, 0.5) }), sep(),
		w.when(w.hasSight, item("Enlarge 2x", func() { s.Upscale(2) }, "", 0)), w.when(w.hasSight, item("Upscale with a model...", func() { w.showUpscale(app.Part{}) }, "", 0)), w.when(w.hasPicture, item("Remove the background", s.RemoveBackground, "", 0)), w.when(w.hasPicture, item("Crop", func() { w.tools.choose(canvas.ToolCrop) }, "", 0)), sep(),
		of("Subtle variations of the result", func(c *app.Candidate) { s.Vary(c, app.Subtle) }),
		of("Strong variations of the result", func(c *app.Candidate) { s.Vary(c, app.Strong) }),
		w.when(func() bool { return w.hasResult() && s.Tray.Current().SeamShows() }, w.fixItem),
		of("Use the result as picture", s.UseAsPicture))
}

func (w *Window) modelMenu() *fyne.Menu {
	s := w.studio
	return fyne.NewMenu(say("Model"), item("Models...", w.showModels, "", 0), item("Add a folder...", w.addModel, "", 0), item("LoRAs...", w.showLoRAs, "", 0), item("Embeddings...", w.showEmbeddings, "", 0), item("Styles...", w.showStyles, "", 0), item("Empty the trash of models", s.EmptyTrash, "", 0),
		w.when(func() bool { return s.Facts.Name != "" }, item("About this model", w.aboutModel, "", 0)))
}

func (w *Window) about() {
	w.inform("Nirvana "+w.options.Version, say("A desktop art studio for diffusion models.\nEverything runs on this machine, offline."))
}

// makeShownAgain reproduces the picture that is shown.
func (w *Window) makeShownAgain() {
	r := w.studio.ShownRecipe()
	if r == nil {
		w.studio.Tell(&app.Notice{Headline: say("This picture has no recipe"), Advice: say("Pictures made here have one, and those of other programs that write theirs.")})
		return
	}
	w.studio.MakeAgain(*r)
}

// generate queues a run with the present prompt and settings.
func (w *Window) generate() {
	w.commitField()
	w.studio.Generate()
}

func (w *Window) undo() { w.studio.Undo() }
func (w *Window) redo() { w.studio.Redo() }

func (w *Window) newPicture() {
	w.studio.NewDocument()
	w.canvas.Fit()
}

func (w *Window) swapBrush() {
	switch w.canvas.Tool() {
	case canvas.ToolBrush:
		w.tools.choose(canvas.ToolEraser)
	default:
		w.tools.choose(canvas.ToolBrush)
	}
}
