package ui

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/png"
	"time"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine/pixel/paint"
	"nirvana/ui/canvas"
)

// What the tools do while they select, and what is done with what is selected.

// toggleSelect switches between selecting with the tools and painting with them.
func (w *Window) toggleSelect() {
	w.studio.Set(func(t *app.Settings) { t.Paint.Select = !t.Paint.Select })
}

// selectStroke starts to select with the brush, or with the eraser to take away.
func (w *Window) selectStroke(x, y float32, erase bool) image.Rectangle {
	d, t := w.studio.Document, w.studio.Settings
	r := d.BeginStroke(app.Brush{Size: t.BrushSize, Softness: t.BrushSoftness, Opacity: 1, Erase: erase, Select: true}, x, y)
	if w.canvas.Scene.Selection != d.Selection {
		w.showCanvas(app.ChangedSelection)
	}
	return r
}

func (w *Window) selectShape(tool canvas.Tool, r image.Rectangle, how app.Combine) {
	kind := paint.Rectangle
	if tool == canvas.ToolEllipse {
		kind = paint.Ellipse
	}
	w.selectCover(r, how, func(b image.Rectangle) *image.Gray { return kind.Filled(b, r) })
}

func (w *Window) selectOutlined(points [][2]float32, how app.Combine) {
	w.selectCover(paint.Around(points), how, func(b image.Rectangle) *image.Gray { return paint.Inside(b, points) })
}

// selectCover selects a coverage that extends over r of the picture. One beside it replaces the selection by nothing.
func (w *Window) selectCover(r image.Rectangle, how app.Combine, make func(bounds image.Rectangle) *image.Gray) {
	d := w.studio.Document
	w.paper()
	d.SelectWithin(r, how, make)
}

// selectAlike selects what hangs together with a point and is of its colour, worked out in the background.
func (w *Window) selectAlike(at image.Point, how app.Combine) {
	d, t := w.studio.Document, w.studio.Settings
	w.paper()
	if !at.In(d.Bounds()) || d.Picture == nil {
		return
	}
	if err := d.Room(); err != nil {
		w.studio.Fail("Nothing was changed", err, "", nil)
		return
	}
	alike, serial := d.Filled(at, t.Tolerance, t.Paint.OneLayer), d.Serial
	w.beside(func() func() {
		cover := alike()
		return func() {
			if d.Serial == serial && cover.Rect == d.Bounds() { // it may be another picture by now, or cropped
				d.Select(cover, how)
			}
		}
	})
}

// selection is what the canvas outlines: not while what is selected is being moved, and the outline stays behind.
func (w *Window) selection(c app.Change) *image.Gray {
	d := w.studio.Document
	if c&(app.ChangedSelection|app.ChangedPicture|app.ChangedUndo) != 0 && !w.canvas.Painting() {
		w.selected = d.Selected()
	}
	if d.Lifting() || !w.selected && !w.canvas.Painting() {
		return nil
	}
	w.ants.start(w)
	return d.Selection
}

// ants has the dashes around the selection march. They stand still while a run needs the processor.
type ants struct{ march bool }

const antTime = 200 * time.Millisecond

func (a *ants) start(w *Window) {
	if !a.march && w.shown {
		a.march = true
		a.next(w)
	}
}

func (a *ants) next(w *Window) {
	time.AfterFunc(antTime, func() {
		fyne.Do(func() {
			if a.march = w.canvas.Scene.Selection != nil; !a.march {
				return
			}
			if !w.studio.Run().Active() && !w.canvas.Painting() {
				w.canvas.March()
			}
			a.next(w)
		})
	})
}

// selectMenu is the menu of the selection, in the menu Edit.
func (w *Window) selectMenu() *fyne.MenuItem {
	d, ctrl, sep := w.studio.Document, fyne.KeyModifierShortcutDefault, fyne.NewMenuItemSeparator
	selected := func() bool { return w.selected }
	m := fyne.NewMenuItem(say("Selection"), nil)
	m.ChildMenu = fyne.NewMenu("",
		w.checked(nil, func() bool { return w.studio.Settings.Paint.Select }, item("Select with the tools (S)", w.toggleSelect, "", 0)), sep(),
		w.when(w.hasPicture, item("Select everything", d.SelectAll, fyne.KeyA, ctrl)),
		w.when(selected, item("Select nothing", d.SelectNone, fyne.KeyD, ctrl)),
		w.when(w.hasPicture, item("Select the inverse", d.SelectInverse, fyne.KeyI, ctrl|fyne.KeyModifierShift)), sep(),
		w.when(selected, item("Cut what is selected", w.cutSelected, fyne.KeyX, ctrl)),
		w.when(selected, item("Copy what is selected", w.copySelected, fyne.KeyC, ctrl)),
		w.when(selected, item("Delete what is selected (Delete)", w.deleteSelected, "", 0)), sep(),
		w.when(selected, item("Mask from the selection", d.MaskSelection, "", 0)),
		w.when(func() bool { return w.masking }, item("Selection from the mask", d.SelectMask, "", 0)))
	return m
}

// piece is what was copied of a layer: the clipboard's picture has neither its place nor the colours of its transparent parts.
type piece struct {
	sum [sha256.Size]byte
	img *image.NRGBA
}

// of is the piece where the clipboard still has it; nil where it has something else.
func (p *piece) of(data []byte) *image.NRGBA {
	if p == nil || p.sum != sha256.Sum256(data) {
		return nil
	}
	return p.img
}

// copySelected copies what is selected of the chosen layer, or else the picture.
func (w *Window) copySelected() {
	take := w.studio.Document.Piece()
	if take == nil || w.options.Clipboard == nil {
		w.copyPicture()
		return
	}
	to := w.options.Clipboard
	w.readBeside(func() (func(), error) {
		img := take()
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return nil, err
		}
		p := &piece{sha256.Sum256(b.Bytes()), img}
		return func() { w.piece = p }, to.WriteImage(b.Bytes())
	}, "The selection was not copied")
}

func (w *Window) cutSelected() {
	if !w.studio.Document.Selected() {
		return
	}
	w.copySelected()
	w.remove("cut")
}

func (w *Window) putPiece(img *image.NRGBA) {
	d := w.studio.Document
	if d.Picture == nil {
		w.paper()
	}
	if err := d.PutPiece(img); err != nil {
		w.studio.Fail("Nothing was pasted", err, "", nil)
	}
}

func (w *Window) deleteSelected() { w.remove("delete") }

func (w *Window) remove(name string) {
	if err := w.studio.Document.DeleteSelected(name); err != nil {
		w.studio.Fail("Nothing was deleted", err, "", nil)
	}
}

// deleteOrDiscard discards the candidate that is shown, or else deletes what is selected.
func (w *Window) deleteOrDiscard() {
	if w.studio.Tray.Current() == nil && w.selected {
		w.deleteSelected()
		return
	}
	w.studio.Tray.Discard()
}
