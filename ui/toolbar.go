package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// toolBar is the column of tools on the left.
type toolBar struct {
	w       *Window
	box     fyne.CanvasObject
	buttons map[canvas.Tool]*tipButton
	options *toolOptions
	aim     *tipButton // whether the tools paint the mask or colour
	selects *tipButton // whether they select
	wells   *wells
	paints  bool // as shown by aim
}

// toolKeys are the tools with their icons, names and keys, in the bar's order.
var toolKeys = []struct {
	tool canvas.Tool
	icon string
	name string
	key  fyne.KeyName
}{
	{canvas.ToolFrame, "frame", "Frame: move and resize what is generated", fyne.KeyF},
	{canvas.ToolBrush, "brush", "Brush: paint the mask or colour", fyne.KeyB},
	{canvas.ToolEraser, "eraser", "Eraser: erase the mask or colour", fyne.KeyE},
	{canvas.ToolLasso, "lasso", "Lasso: mask or fill what you outline", fyne.KeyL},
	{canvas.ToolPolygon, "polygon", "Polygon: click corner by corner; the first one, Enter or a double click closes it", fyne.KeyP},
	{canvas.ToolRectangle, "rectangle", "Rectangle: mask or paint one", fyne.KeyR},
	{canvas.ToolEllipse, "ellipse", "Ellipse: mask or paint one", fyne.KeyO},
	{canvas.ToolWand, "wand", "Wand: mask or fill an area of one colour", fyne.KeyW},
	{canvas.ToolCrop, "crop", "Crop the picture", fyne.KeyK},
	{canvas.ToolLine, "line", "Line: draw a straight one", fyne.KeyU},
	{canvas.ToolGradient, "gradient", "Gradient: drag from the first colour to the second", fyne.KeyD},
	{canvas.ToolText, "text", "Text: click where it begins", fyne.KeyT},
	{canvas.ToolPicker, "eyedropper", "Picker: take a colour from the picture", fyne.KeyI},
	{canvas.ToolMove, "move", "Move the selected layer", fyne.KeyV},
	{canvas.ToolHand, "hand", "Hand: move the view", fyne.KeyH},
	{canvas.ToolZoom, "zoom", "Zoom in, with Alt out", fyne.KeyZ},
}

func newToolBar(w *Window) *toolBar {
	t := &toolBar{w: w, buttons: map[canvas.Tool]*tipButton{}, options: newToolOptions(w)}
	t.aim = w.tips.button("mask", "The tools paint the mask. Paint colour instead (Q)", w.togglePaint)
	t.selects = w.tips.button("select", "Select with the tools: paint, fills and moves keep to what is selected (S)", w.toggleSelect)
	t.wells = newWells(w)
	column := container.New(layout.NewCustomPaddedVBoxLayout(0), t.aim, t.selects, container.NewCenter(t.wells))
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

// take selects a tool for the user: it works on the picture, so the table is closed.
func (t *toolBar) take(tool canvas.Tool) {
	if t.w.canvas.Scene.Table.Shown() {
		t.w.toggleTable()
	}
	t.choose(tool)
}

// choose selects a tool.
func (t *toolBar) choose(tool canvas.Tool) {
	if t.buttons[tool] == nil { // saved by another version
		tool = canvas.ToolFrame
	}
	if tool == canvas.ToolGradient || tool == canvas.ToolText || tool == canvas.ToolPicker {
		t.w.studio.Set(func(s *app.Settings) { s.Paint.On, s.Paint.Select = true, false }) // these paint only colour
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

// refresh shows what the tools paint.
func (t *toolBar) refresh(c app.Change) {
	if c&app.ChangedSettings == 0 {
		return
	}
	p := t.w.studio.Settings.Paint
	t.wells.show(p)
	visible(t.wells, p.Colours())
	t.mark(t.selects, p.Select)
	if t.paints == p.Colours() {
		return
	}
	t.paints = p.Colours()
	t.aim.Importance = widget.LowImportance
	t.aim.SetIcon(icon("mask"))
	t.aim.tip = say("The tools paint the mask. Paint colour instead (Q)")
	if p.Colours() {
		t.aim.Importance = widget.MediumImportance
		t.aim.SetIcon(icon("palette"))
		t.aim.tip = say("The tools paint colour. Paint the mask instead (Q)")
	}
	t.aim.Refresh()
}

// mark shows a switch as on or off.
func (t *toolBar) mark(b *tipButton, on bool) {
	want := widget.LowImportance
	if on {
		want = widget.MediumImportance
	}
	if b.Importance != want {
		b.Importance = want
		b.Refresh()
	}
}
