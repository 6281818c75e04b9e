package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
)

// maskChip reminds of a mask that is hidden, and clears it: it affects the next run.
type maskChip struct {
	w      *Window
	box    *fyne.Container
	ground *canvas.Rectangle
	text   *canvas.Text
}

func newMaskChip(w *Window) *maskChip {
	m := &maskChip{w: w, ground: canvas.NewRectangle(theme.Color(theme.ColorNameOverlayBackground)), text: canvas.NewText(say("Mask on"), theme.Color(theme.ColorNameForeground))}
	m.text.TextSize = captionSize
	m.ground.CornerRadius = 4
	show := w.tips.button("eye", "Show the mask (M)", func() {
		w.hideMask, w.masked = false, w.studio.Tray.Current()
		w.observe(app.ChangedSettings)
	})
	off := w.tips.button("discard", "Clear the mask", w.studio.Document.Clear)
	row := container.New(&insetLayout{left: 8}, container.New(layout.NewCustomPaddedHBoxLayout(0), container.NewCenter(m.text), show, off))
	m.box = container.NewHBox(layout.NewSpacer(), container.New(&insetLayout{top: 8, right: 8}, container.NewStack(m.ground, row)))
	m.box.Hide()
	return m
}

// refresh shows it while there is a hidden mask.
func (m *maskChip) refresh(c app.Change) {
	w := m.w
	if c&(app.ChangedMask|app.ChangedPicture|app.ChangedUndo) != 0 && !w.canvas.Painting() {
		w.masking = w.studio.Document.Masked()
	}
	visible(m.box, w.masking && w.canvas.Scene.Mask == nil && !w.canvas.Scene.Table.Shown())
}

// toggleMask shows or hides the mask; it affects the next run either way.
func (w *Window) toggleMask() {
	w.hideMask = !w.hideMask
	if !w.hideMask {
		w.masked = w.studio.Tray.Current()
	}
	w.observe(app.ChangedSettings)
}
