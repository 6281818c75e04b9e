package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// listBody is a list with a column beside it that tells of the chosen one. While the list has nothing the column has its
// room: what it says then is all there is.
type listBody struct {
	box  *fyne.Container
	list fyne.CanvasObject
}

func newListBody(list, side fyne.CanvasObject, width float32) *listBody {
	return &listBody{container.New(listLayout{width}, list, container.NewVScroll(side)), list}
}

// fill shows the list if there is anything in it.
func (b *listBody) fill(any bool) {
	if b.list.Visible() != any {
		visible(b.list, any)
		b.box.Refresh()
	}
}

// listLayout has the list on the left and the column, of a width, on the right.
type listLayout struct{ width float32 }

func (l listLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	list, side := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(list.Width+l.width, max(list.Height, side.Height))
}

func (l listLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	left := float32(0)
	if o[0].Visible() {
		left = max(size.Width-l.width, 0)
	}
	o[0].Resize(fyne.NewSize(left, size.Height))
	o[1].Move(fyne.NewPos(left, 0))
	o[1].Resize(fyne.NewSize(size.Width-left, size.Height))
}

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
