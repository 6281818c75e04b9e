package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// The large history is shown in the canvas's place, next to the panel, where a click's effect on the prompt is
// visible. It is not a dialog because software rendering draws every pixel of every frame: a dialog's rounded
// background with its shadow, and the dimmed window under it, took most of the time of scrolling.

// showHistory shows it.
func (w *Window) showHistory() {
	if w.large != nil {
		return
	}
	w.closeHistory()
	h := newHistoryGrid(w, largeSide)
	h.search.SetText(w.history.search.Text)
	h.strip = newStrip(w)
	title := widget.NewLabelWithStyle(say("History"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	remove := w.tips.button("trash", "Delete the selected pictures", func() { h.delete(h.chosen(nil)) })
	back := w.tips.button("undo", "Put the selected pictures back", func() { h.restore(h.chosen(nil)) })
	back.Hide()
	showDeleted := w.tips.button("history", "Deleted pictures, kept for thirty days", nil)
	showDeleted.OnTapped = func() {
		h.deleted = !h.deleted
		showDeleted.pressed(h.deleted)
		visible(remove, !h.deleted)
		visible(back, h.deleted)
		h.load()
	}
	bar := container.NewBorder(nil, nil, title, container.NewHBox(h.starred,
		showDeleted, w.tips.button("folder-open", "Show the pictures' folder", w.showHistoryFolder),
		w.tips.button("export", "Export the selected pictures", func() { h.export(h.chosen(nil)) }), remove, back,
		w.tips.button("discard", "Close (Escape)", w.closeHistory)), h.search)
	hint := newCutText(say("Double-click to open, right-click for more, Ctrl+click to select, Shift+click to select up to there."))
	foot := container.NewBorder(nil, nil, nil, h.found, hint.box)
	h.box = container.New(&insetLayout{left: 12, right: 8, top: 8, bottom: 8}, container.NewBorder(bar, foot, nil, nil, container.NewStack(h.list, container.NewVBox(h.strip.box))))
	h.load()
	w.large = h
	w.replace(h.box)
	w.win.Canvas().Focus(h.search)
}

// replace shows something in the canvas's place.
func (w *Window) replace(o fyne.CanvasObject) {
	w.body.Hide()
	w.page.Objects = []fyne.CanvasObject{o}
	w.page.Refresh()
}

// closeHistory shows the canvas again.
func (w *Window) closeHistory() {
	if w.large == nil && w.tree == nil {
		return
	}
	w.large, w.tree = nil, nil
	w.page.RemoveAll()
	w.tips.hide()
	w.body.Show()
	w.win.Canvas().Unfocus()
	w.observe(^app.Change(0)) // what has changed meanwhile
}

// covered reports whether something over the canvas gets the keys.
func (w *Window) covered() bool {
	return w.large != nil || w.tree != nil || w.win.Canvas().Overlays().Top() != nil
}
