package ui

import (
	"fmt"
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
	case runtime.GOOS != "darwin": // Fyne writes shortcuts too dim to be read
		m.Label += " (" + spell(name, mod, "+") + ")"
	default:
		m.Shortcut = &desktop.CustomShortcut{KeyName: name, Modifier: mod}
	}
	return m
}

func (w *Window) menu() *fyne.MainMenu {
	s, d := w.studio, w.studio.Document
	ctrl := fyne.KeyModifierShortcutDefault
	sep := fyne.NewMenuItemSeparator
	file := fyne.NewMenu(say("File"),
		item("New", w.newPicture, fyne.KeyN, ctrl), item("Open...", w.open, fyne.KeyO, ctrl), sep(),
		item("Save the project", w.saveProject, fyne.KeyS, ctrl), item("Save the project as...", w.saveProjectAs, fyne.KeyS, ctrl|fyne.KeyModifierShift), sep(),
		item("Export...", w.export, fyne.KeyE, ctrl), item("History...", w.showHistory, "", 0), item("Show the pictures' folder", w.showHistoryFolder, "", 0), sep(),
		item("Quit", w.close, fyne.KeyQ, ctrl))
	file.Items[len(file.Items)-1].IsQuit = true
	edit := fyne.NewMenu(say("Edit"),
		item("Undo", w.undo, fyne.KeyZ, ctrl), item("Redo", w.redo, fyne.KeyY, ctrl), sep(),
		item("Copy the picture", w.copyPicture, fyne.KeyC, ctrl|fyne.KeyModifierShift), item("Paste a picture", w.pastePicture, fyne.KeyV, ctrl|fyne.KeyModifierShift), sep(),
		item("Invert the mask", d.Invert, fyne.KeyI, ctrl), item("Clear the mask", d.Clear, "", 0), item("Mask everything", d.Fill, "", 0))
	edit.Items = append(edit.Items, sep(), item("Settings...", w.showSettings, fyne.KeyComma, ctrl))
	view := fyne.NewMenu(say("View"),
		item("Fit", w.canvas.Fit, fyne.Key0, ctrl), item("100 %", w.canvas.Actual, fyne.Key1, ctrl),
		item("Zoom in", func() { w.canvas.ZoomBy(1.25) }, fyne.KeyEqual, ctrl), item("Zoom out", func() { w.canvas.ZoomBy(0.8) }, fyne.KeyMinus, ctrl), sep(),
		item("Dark", func() { s.Set(func(t *app.Settings) { t.Theme = "dark" }) }, "", 0),
		item("Light", func() { s.Set(func(t *app.Settings) { t.Theme = "light" }) }, "", 0), sep(),
		item("Candidates side by side (G)", w.toggleTable, "", 0), item("Noise the picture (N)", w.toggleNoise, "", 0), item("Only the canvas (Tab)", w.toggleBare, "", 0))
	widen := func(frame func()) func() { // one click: the frame, and the run
		return func() {
			s.Widen(frame)
			w.canvas.Fit()
		}
	}
	if len(assets.Languages()) > 1 {
		view.Items = append(view.Items, sep(), w.languageMenu())
	}
	picture := fyne.NewMenu(say("Picture"),
		item("Generate", s.Generate, fyne.KeyReturn, ctrl), item("Stop (Escape)", s.Stop, "", 0), item("Resume what was interrupted", s.Resume, "", 0), item("Forget what was interrupted", s.Forget, "", 0),
		item("Make it again and compare", w.makeAgain, "", 0), sep(),
		item("Keep the candidate (Enter)", s.Tray.Keep, "", 0), item("Discard the candidate (Delete)", s.Tray.Discard, "", 0), sep(),
		item("Frame over the picture", d.FitFrame, "", 0),
		item("Zoom out 1.5x", widen(func() { d.ZoomOut(1.5) }), "", 0), item("Zoom out 2x", widen(func() { d.ZoomOut(2) }), "", 0),
		item("Widen to the right", widen(func() { d.Pan(0.5, 0) }), "", 0), item("Widen to the left", widen(func() { d.Pan(-0.5, 0) }), "", 0),
		item("Widen upwards", widen(func() { d.Pan(0, -0.5) }), "", 0), item("Widen downwards", widen(func() { d.Pan(0, 0.5) }), "", 0), sep(),
		item("Enlarge 2x", func() { s.Upscale(2) }, "", 0), item("Crop", func() { w.tools.choose(canvas.ToolCrop) }, "", 0))
	candidate := func(do func(*app.Candidate)) func() {
		return func() {
			if c := s.Tray.Current(); c != nil {
				do(c)
			}
		}
	}
	w.fixItem = item("Fix the candidate's seam", candidate(s.FixSeam), "", 0)
	picture.Items = append(picture.Items, sep(),
		item("Subtle variations of the candidate", candidate(func(c *app.Candidate) { s.Vary(c, app.Subtle) }), "", 0),
		item("Strong variations of the candidate", candidate(func(c *app.Candidate) { s.Vary(c, app.Strong) }), "", 0),
		w.fixItem,
		item("Use the candidate as picture", candidate(s.UseAsPicture), "", 0))
	model := fyne.NewMenu(say("Model"), item("Models...", w.showModels, "", 0), item("Add a folder...", w.addModel, "", 0), item("Empty the trash of models", s.EmptyTrash, "", 0), item("About this model", w.aboutModel, "", 0))
	help := fyne.NewMenu(say("Help"), item("Shortcuts (F1)", w.help, "", 0), item("About Nirvana", w.about, "", 0))
	return fyne.NewMainMenu(file, edit, view, picture, model, help)
}

func (w *Window) about() {
	w.inform("Nirvana "+w.options.Version, say("A desktop art studio for diffusion models.\nEverything runs on this machine, offline."))
}

// aboutModel tells what the open model says of itself.
func (w *Window) aboutModel() {
	f := w.studio.Facts
	if f.Name == "" {
		w.inform(say("Model"), say("No model is open."))
		return
	}
	text := sayf("%s\n%s\ntrained at %d x %d px, sizes in steps of %d px\nits own sampler: %s\nfingerprint %.16s", f.Name, f.Kind, f.Width, f.Height, f.Multiple, f.Sampler, f.Hash)
	if m, ok := w.studio.Chosen(); ok {
		text += fmt.Sprintf("\n%d MB", (m.Bytes+500_000)/1_000_000)
		if m.Licence != "" {
			text += ", " + sayf("licence %s", m.Licence)
		}
	}
	w.inform(say("Model"), text)
}

// makeAgain makes the picture that is shown once more.
func (w *Window) makeAgain() {
	r := w.studio.ShownRecipe()
	if r == nil {
		w.studio.Tell(&app.Notice{Headline: say("This picture has no recipe"), Advice: say("Pictures that were made here carry one, and those of other programs that write theirs.")})
		return
	}
	w.studio.MakeAgain(*r)
}

func (w *Window) undo() { w.studio.Document.Undo() }
func (w *Window) redo() { w.studio.Document.Redo() }

func (w *Window) newPicture() {
	w.studio.Tray.Clear()
	w.studio.Document.New()
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
