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
	options *toolOptions
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
	{canvas.ToolEraser, "eraser", "Eraser: erase the mask", fyne.KeyE},
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
	t := &toolBar{w: w, buttons: map[canvas.Tool]*tipButton{}, options: newToolOptions(w)}
	column := container.NewVBox()
	for _, k := range toolKeys {
		b := w.tips.button(k.icon, "", func() { t.take(k.tool) })
		b.tip = say(k.name) + " (" + string(k.key) + ")"
		t.buttons[k.tool] = b
		column.Add(b)
	}
	t.box = fixed(toolBarWidth, container.NewStack(container.NewVScroll(container.New(&insetLayout{left: 3, right: 3, top: 6}, column))))
	t.choose(canvas.Tool(w.studio.Settings.Tool))
	return t
}

// take is the artist's choice of a tool: it works on the picture, so the table makes room.
func (t *toolBar) take(tool canvas.Tool) {
	if t.w.canvas.Scene.Table.Shown() {
		t.w.toggleTable()
	}
	t.choose(tool)
}

// choose takes up a tool.
func (t *toolBar) choose(tool canvas.Tool) {
	if t.buttons[tool] == nil { // kept by another version
		tool = canvas.ToolFrame
	}
	for k, b := range t.buttons {
		b.Importance = widget.LowImportance
		if k == tool {
			b.Importance = widget.MediumImportance
		}
		b.Refresh()
	}
	t.options.choose(tool)
	t.w.canvas.SetTool(tool)
	t.w.studio.Set(func(s *app.Settings) { s.Tool = int(tool) })
}
