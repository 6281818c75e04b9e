package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// canvasMenu is the canvas' menu, at a right click.
func (w *Window) canvasMenu(at fyne.Position) {
	s, d, sep := w.studio, w.studio.Document, fyne.NewMenuItemSeparator
	var items []*fyne.MenuItem
	add := func(able bool, label string, do func()) {
		m := item(label, do, "", 0)
		m.Disabled = !able
		items = append(items, m)
	}
	if w.hasResult() {
		add(true, "Keep (Enter)", s.Tray.Keep)
		add(true, "Discard (Delete)", s.Tray.Discard)
		items = append(items, sep())
	}
	add(w.hasSight(), "Copy the picture", w.copyPicture)
	add(true, "Paste a picture", w.pastePicture)
	add(w.hasSight(), "Export...", w.export)
	items = append(items, sep())
	add(w.hasPicture(), "Invert the mask", d.Invert)
	add(w.masking, "Clear the mask", d.Clear)
	add(w.selected, "Mask from the selection", d.MaskSelection)
	add(w.masking, "Selection from the mask", d.SelectMask)
	items = append(items, sep())
	add(w.hasPicture(), "Fit frame to picture", d.FitFrame)
	add(w.hasPicture(), "Crop to the frame", func() { w.cropTo(d.Frame.Intersect(d.Bounds())) })
	add(w.hasSight(), "Enlarge 2x", func() { s.Upscale(2) })
	add(w.hasSight(), "Upscale with a model...", func() { w.showUpscale(app.Part{}) })
	items = append(items, sep())
	add(true, "Fit the view", w.canvas.Fit)
	add(true, "View at 100 %", w.canvas.Actual)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
}
