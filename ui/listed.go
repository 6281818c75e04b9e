package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// newPreview is the picture beside a list, hidden until one is shown.
func newPreview() *canvas.Image {
	p := canvas.NewImageFromImage(nil)
	p.FillMode = canvas.ImageFillContain
	p.SetMinSize(fyne.NewSize(160, 160))
	p.Hide()
	return p
}

// showPreview shows the picture at a path, read in the background, if it is still wanted then; "" hides the preview.
func (w *Window) showPreview(p *canvas.Image, path string, wanted func() bool) {
	p.Hide()
	read := w.options.Picture
	if path == "" || read == nil {
		return
	}
	go func() {
		img, err := read(path)
		fyne.Do(func() {
			if err == nil && wanted() {
				p.Image = img
				p.Show()
				p.Refresh()
			}
		})
	}()
}

// nameLine is a row of a list that has a name alone.
func nameLine() fyne.CanvasObject {
	name := widget.NewLabel("")
	name.Truncation = fyne.TextTruncateEllipsis
	return name
}
