package ui

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// The tools of the mask select instead, what is painted keeps to it, and a piece is cut and becomes a layer at its place.
func TestSelectingWithTheTools(t *testing.T) {
	w := window(t, Options{Clipboard: &scrap{}})
	d, h := w.studio.Document, w.canvas.Hooks
	w.typed(&fyne.KeyEvent{Name: fyne.KeyS})
	if !w.studio.Settings.Paint.Select || w.inkShown() != nil {
		t.Fatal("S does not select")
	}
	h.Selected(canvas.ToolRectangle, image.Rect(10, 10, 50, 50), false, false)
	if d.Picture == nil || !d.Selected() || d.Masked() {
		t.Fatal("a rectangle was not selected on the empty canvas, or masked something")
	}
	at := func(x, y int) uint8 { return d.Selection.GrayAt(x, y).Y }
	h.Selected(canvas.ToolEllipse, image.Rect(60, 60, 90, 90), true, false)
	if at(30, 30) != 255 || at(75, 75) != 255 {
		t.Error("Shift does not add")
	}
	h.Outlined([][2]float32{{10, 10}, {30, 10}, {30, 50}, {10, 50}}, false, true)
	if at(20, 30) != 0 || at(40, 30) != 255 {
		t.Error("Alt does not take away")
	}
	h.Picked(image.Pt(5, 5), false, false)
	if at(200, 200) != 255 || at(20, 30) != 255 {
		t.Error("the wand does not select the white paper")
	}
	h.Selected(canvas.ToolRectangle, image.Rect(100, 100, 140, 130), false, false)
	if at(30, 30) != 0 || at(120, 120) != 255 {
		t.Error("without a key what was selected stays")
	}
	w.tools.choose(canvas.ToolBrush)
	w.studio.Set(func(s *app.Settings) { s.BrushSize, s.BrushSoftness = 20, 0 })
	h.StrokeBegan(160, 115, false)
	h.StrokeEnded()
	if at(160, 115) != 255 || d.Masked() {
		t.Error("the brush does not select")
	}

	red := color.RGBA{200, 0, 0, 255}
	w.typed(&fyne.KeyEvent{Name: fyne.KeyS})
	w.setFront(color.NRGBA(red))
	h.Selected(canvas.ToolRectangle, image.Rect(90, 90, 130, 200), false, false)
	if d.Picture.RGBAAt(110, 110) != red || d.Picture.RGBAAt(95, 110) == red || d.Picture.RGBAAt(110, 150) == red {
		t.Error("a shape is not painted within the selection, or outside of it")
	}
	w.cutSelected()
	if d.Picture.RGBAAt(110, 110) == red {
		t.Fatal("nothing was cut")
	}
	d.SelectNone()
	w.pastePicture()
	if s := d.Stack(); d.Picture.RGBAAt(110, 110) != red || s.Count() != 2 || s.Active == s.Layers[0].ID {
		t.Error("what was cut is not a layer at its place")
	}
	h.Selected(canvas.ToolRectangle, image.Rect(90, 90, 130, 110), false, false) // paints, with nothing selected
	if d.Picture.RGBAAt(95, 95) != red {
		t.Error("with nothing selected, painting is limited")
	}
	d.SelectAll()
	w.selected = d.Selected()
	w.typed(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if d.Picture.RGBAAt(95, 95) == red {
		t.Error("Delete leaves what is selected")
	}
	d.Undo()
	if d.Picture.RGBAAt(95, 95) != red {
		t.Error("deleting is not undone")
	}
	w.refresh(app.ChangedSelection)
	if w.canvas.Scene.Selection != d.Selection {
		t.Error("the selection is not outlined")
	}
	d.SelectNone()
	w.refresh(app.ChangedSelection)
	if w.canvas.Scene.Selection != nil {
		t.Error("nothing is selected, and it is outlined")
	}
}
