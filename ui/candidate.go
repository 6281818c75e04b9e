package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// candidateMenu is the menu of a candidate: at a right click, and at the tray's button for the selected one.
func (w *Window) candidateMenu(c *app.Candidate, at fyne.Position) {
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", w.candidateItems(c)...), w.win.Canvas(), at)
}

func (w *Window) candidateItems(c *app.Candidate) []*fyne.MenuItem {
	s := w.studio
	items := []*fyne.MenuItem{
		item("Subtle variations", func() { s.Vary(c, app.Subtle) }, "", 0),
		item("Strong variations", func() { s.Vary(c, app.Strong) }, "", 0),
		fyne.NewMenuItemSeparator(),
		item("Use as picture", func() { s.UseAsPicture(c) }, "", 0),
		item("Enlarge 2x", func() { s.Upscale(2) }, "", 0),
		item("Upscale with a model...", func() { w.showUpscale(app.Part{}) }, "", 0),
		fyne.NewMenuItemSeparator(),
		item("Use its prompt", func() { w.usePrompt(c.Recipe) }, "", 0),
		item("Use its seed", func() { w.useSeed(c.Recipe) }, "", 0),
		item("Use everything", func() { w.use(c.Recipe) }, "", 0),
	}
	if c.Partial {
		items = append([]*fyne.MenuItem{item("Finish it", func() { w.finish(c.Recipe, c.Stored) }, "", 0)}, items...)
	}
	if s.CanGraft(c) {
		items = append(items, fyne.NewMenuItemSeparator(), item("Graft it into the run, under the mask", func() { s.Graft(c, s.Settings.Paint.Rule) }, "", 0))
	}
	if w.takesReference() && c.Stored > 0 {
		items = append(items, fyne.NewMenuItemSeparator(), w.referenceItem(c.Stored))
	}
	if c.SeamShows() {
		items = append(items, fyne.NewMenuItemSeparator(), item("Fix the seam", func() { s.FixSeam(c) }, "", 0))
	}
	return items
}
