package ui

import (
	"image"
	"image/color"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"nirvana/app"
)

// referenceRow is the pictures that the model sees beside the one under the frame, under the prompt; shown for models that
// see several.
type referenceRow struct {
	w    *Window
	box  *fyne.Container
	list *fyne.Container
	add  *tipButton
	of   []string               // the files that are shown
	read map[string]*image.RGBA // small; nil while one is being read
}

// referenceSide is the side of a reference in units of Fyne: four fit into the panel.
const referenceSide = 64

func newReferenceRow(p *panel) *referenceRow {
	r := &referenceRow{w: p.w, list: container.NewHBox(), read: map[string]*image.RGBA{}}
	r.add = p.w.tips.button("plus", "Add a reference picture: a file, or drop one here", r.choose)
	r.box = container.NewVBox(p.column.row("References", container.NewHBox(), r.add), r.list)
	r.box.Hide()
	r.list.Hide()
	return r
}

// choose asks for a picture's file.
func (r *referenceRow) choose() {
	r.w.ask(func(folder string) (string, error) {
		return r.w.options.Dialogs.OpenFile(say("Choose a reference picture"), folder, pictures.said())
	}, r.w.studio.AddReference)
}

// show shows the row for models that see several pictures, and the chosen ones.
func (r *referenceRow) show(s *app.Studio) {
	visible(r.box, s.Facts.References > 0)
	if all := s.Settings.References; !slices.Equal(all, r.of) {
		r.of = slices.Clone(all)
		r.fill()
	}
	if r.w.takesReference() {
		r.add.Enable()
	} else {
		r.add.Disable()
	}
}

// fill makes the row anew; pictures that were not shown before are read in the background.
func (r *referenceRow) fill() {
	r.list.RemoveAll()
	for i, path := range r.of {
		r.list.Add(r.cell(i, path))
	}
	visible(r.list, len(r.of) > 0)
	r.list.Refresh()
}

func (r *referenceRow) cell(i int, path string) fyne.CanvasObject {
	img := canvas.NewImageFromImage(nil)
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSize(referenceSide, referenceSide))
	r.load(img, path)
	seen := r.w.tips.over(img, filepath.Base(path))
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(0))
	if i > 0 {
		buttons.Add(r.w.tips.button("chevron-left", "Move this reference forward", func() { r.w.studio.MoveReference(i, i-1) }))
	}
	buttons.Add(r.w.tips.button("minus", "Remove this reference", func() { r.w.studio.DropReference(i) }))
	return container.New(layout.NewCustomPaddedVBoxLayout(0), seen, container.NewCenter(buttons))
}

// load shows a file's picture small, once it is read.
func (r *referenceRow) load(to *canvas.Image, path string) {
	if img := r.read[path]; img != nil {
		to.Image = img
		return
	}
	read := r.w.options.Picture
	if read == nil {
		return
	}
	r.w.beside(func() func() {
		img, err := read(path)
		return func() {
			if err != nil {
				return
			}
			at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) }
			r.read[path] = thumbnail(img.Bounds(), at)
			to.Image = r.read[path]
			to.Refresh()
		}
	})
}

// takesReference reports whether the model sees another reference picture beside those chosen.
func (w *Window) takesReference() bool {
	return len(w.studio.Settings.References) < w.studio.Facts.References
}

// referenceItem is the menu entry that adds a picture of the history to the references.
func (w *Window) referenceItem(id int64) *fyne.MenuItem {
	return item("Add to the references", func() {
		for _, file := range w.studio.History.Files([]int64{id}) {
			w.studio.AddReference(file)
		}
	}, "", 0)
}

// takes reports whether files dropped at a place of the window are pictures for the row.
func (r *referenceRow) takes(at fyne.Position) bool {
	if !r.box.Visible() {
		return false
	}
	corner := fyne.CurrentApp().Driver().AbsolutePositionForObject(r.box)
	size := r.box.Size()
	return at.X >= corner.X && at.Y >= corner.Y && at.X < corner.X+size.Width && at.Y < corner.Y+size.Height
}

// droppedAt adds pictures dropped on the references to them, and else takes files as dropped does.
func (w *Window) droppedAt(at fyne.Position, files []fyne.URI) {
	if !w.panel.references.takes(at) {
		w.dropped(files)
		return
	}
	for _, f := range files {
		w.studio.AddReference(f.Path())
	}
}
