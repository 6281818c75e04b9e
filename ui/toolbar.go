package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// toolBar is the column of tools at the left.
type toolBar struct {
	w       *Window
	box     fyne.CanvasObject
	buttons map[canvas.Tool]*tipButton
	brush   *fyne.Container
	size    *widget.Slider
	soft    *widget.Slider
	setting bool
}

// toolKeys are the tools with their icons, names and keys, in the bar's order.
var toolKeys = []struct {
	tool canvas.Tool
	icon string
	name string
	key  fyne.KeyName
}{
	{canvas.ToolFrame, "frame", "Frame: move and resize what is generated", fyne.KeyF},
	{canvas.ToolBrush, "brush", "Brush: paint the mask", fyne.KeyB},
	{canvas.ToolEraser, "eraser", "Eraser: unpaint the mask", fyne.KeyE},
	{canvas.ToolLasso, "lasso", "Lasso: mask what you outline", fyne.KeyL},
	{canvas.ToolPolygon, "polygon", "Polygon: click corner by corner; the first one, Enter or a double click closes it", fyne.KeyP},
	{canvas.ToolRectangle, "rectangle", "Rectangle: mask a rectangle", fyne.KeyR},
	{canvas.ToolEllipse, "ellipse", "Ellipse: mask an ellipse", fyne.KeyO},
	{canvas.ToolWand, "wand", "Wand: mask an area of one colour", fyne.KeyW},
	{canvas.ToolCrop, "crop", "Crop the picture", fyne.KeyK},
	{canvas.ToolHand, "hand", "Hand: move the view", fyne.KeyH},
	{canvas.ToolZoom, "zoom", "Zoom in, with Alt out", fyne.KeyZ},
}

func newToolBar(w *Window) *toolBar {
	t := &toolBar{w: w, buttons: map[canvas.Tool]*tipButton{}}
	column := container.NewVBox()
	for _, k := range toolKeys {
		b := w.tips.button(k.icon, say(k.name)+" ("+string(k.key)+")", func() { t.choose(k.tool) })
		t.buttons[k.tool] = b
		column.Add(b)
	}
	t.size, t.soft = widget.NewSlider(1, 512), widget.NewSlider(0, 1)
	t.soft.Step = 0.05
	t.size.Orientation, t.soft.Orientation = widget.Vertical, widget.Vertical
	t.size.OnChanged = func(v float64) { t.set(func(s *app.Settings) { s.BrushSize = float32(v) }) }
	t.soft.OnChanged = func(v float64) { t.set(func(s *app.Settings) { s.BrushSoftness = float32(v) }) }
	tall := func(o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(&heightLayout{84}, o)
	}
	t.brush = container.NewVBox(line(), container.NewCenter(caption(say("size"))), tall(t.size), container.NewCenter(caption(say("soft"))), tall(t.soft))
	column.Add(t.brush)
	t.box = fixed(toolBarWidth, container.NewStack(container.NewVScroll(container.New(&insetLayout{left: 3, right: 3, top: 6}, column))))
	t.choose(canvas.ToolFrame)
	return t
}

type heightLayout struct{ h float32 }

func (l *heightLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width, l.h)
}
func (l *heightLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(s)
}

func (t *toolBar) set(change func(*app.Settings)) {
	if !t.setting {
		t.w.studio.Set(change)
	}
}

// choose takes up a tool.
func (t *toolBar) choose(tool canvas.Tool) {
	for k, b := range t.buttons {
		b.Importance = widget.LowImportance
		if k == tool {
			b.Importance = widget.MediumImportance
		}
		b.Refresh()
	}
	visible(t.brush, tool == canvas.ToolBrush || tool == canvas.ToolEraser)
	t.w.canvas.SetTool(tool)
}

func (t *toolBar) refresh(c app.Change) {
	if c&app.ChangedSettings == 0 {
		return
	}
	t.setting = true
	t.size.SetValue(float64(t.w.studio.Settings.BrushSize))
	t.soft.SetValue(float64(t.w.studio.Settings.BrushSoftness))
	t.setting = false
}
