package ui

import (
	"image"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	canvasview "nirvana/ui/canvas"
)

// toolOptions is the bar over the canvas with the settings of the present tool. It covers part of the canvas, so that
// the picture stays where it is.
type toolOptions struct {
	w                              *Window
	box                            *fyne.Container
	ground                         *canvas.Rectangle
	brush, wand, crop              *fyne.Container
	cropW, cropH                   *numberEntry
	size, soft, opacity, tolerance *number
	thins                          *tipButton
}

func newToolOptions(w *Window) *toolOptions {
	t := &toolOptions{w: w, ground: canvas.NewRectangle(nil)}
	usual := app.DefaultSettings()
	set := func(change func(*app.Settings, float32)) func(float64) {
		return func(v float64) { w.studio.Set(func(s *app.Settings) { change(s, float32(v)) }) }
	}
	t.size = (&column{w: w}).number("Size", "px", 1, 512, 1, 0, func() float64 { return float64(usual.BrushSize) }, set(func(s *app.Settings, v float32) { s.BrushSize = v }))
	t.soft = (&column{w: w}).number("Softness", "", 0, 1, 0.05, 2, func() float64 { return float64(usual.BrushSoftness) }, set(func(s *app.Settings, v float32) { s.BrushSoftness = v }))
	t.opacity = (&column{w: w}).number("Opacity", "", 0.05, 1, 0.05, 2, func() float64 { return float64(usual.BrushOpacity) }, set(func(s *app.Settings, v float32) { s.BrushOpacity = v }))
	t.tolerance = (&column{w: w}).number("Tolerance", "", 0, 255, 1, 0, func() float64 { return float64(usual.Tolerance) }, set(func(s *app.Settings, v float32) { s.Tolerance = int(v) }))
	t.thins = w.tips.button("taper", "Thin when fast: strokes get thinner the faster they are drawn. The window system does not report the pressure of a pen", func() {
		w.studio.Set(func(s *app.Settings) { s.BrushThins = !s.BrushThins })
	})
	t.brush = container.NewBorder(nil, nil, nil, t.thins, container.New(&flowLayout{columns: 3}, t.size.box, t.soft.box, t.opacity.box))
	t.wand = container.New(layout.NewGridLayout(2), t.tolerance.box)
	t.box = container.NewStack(t.ground, container.New(&insetLayout{left: 8, right: 8, top: 2, bottom: 2}, container.New(mostWide(1000), container.NewStack(t.brush, t.wand, t.cropRow()))))
	return t
}

// cropRow is the crop's size, and the buttons that apply or cancel it.
func (t *toolOptions) cropRow() *fyne.Container {
	w := t.w
	side := func(put func(v int)) *numberEntry {
		return w.numberEntry(func(text string) bool {
			v, ok := readNumber(text)
			if ok {
				put(int(min(max(v, 1), 1<<15)))
			}
			return ok
		})
	}
	t.cropW = side(func(v int) { w.canvas.SetCropSize(v, w.canvas.Crop().Dy()) })
	t.cropH = side(func(v int) { w.canvas.SetCropSize(w.canvas.Crop().Dx(), v) })
	c := &column{w: w}
	t.crop = container.NewHBox(widget.NewLabel(say("Width")), c.field(numberWidth, t.cropW), widget.NewLabel(say("Height")), c.field(numberWidth, t.cropH),
		w.tips.button("check", "Apply the crop (Enter)", func() { w.commitField(); w.canvas.ApplyCrop() }),
		w.tips.button("discard", "Leave without cropping (Escape)", func() { w.tools.choose(canvasview.ToolFrame) }))
	return t.crop
}

// showCrop shows the crop's size.
func (t *toolOptions) showCrop(r image.Rectangle) {
	t.cropW.show(strconv.Itoa(r.Dx()))
	t.cropH.show(strconv.Itoa(r.Dy()))
}

// choose shows a tool's options.
func (t *toolOptions) choose(tool canvasview.Tool) {
	brush := tool == canvasview.ToolBrush || tool == canvasview.ToolEraser || tool == canvasview.ToolLine
	visible(t.brush, brush)
	visible(t.wand, tool == canvasview.ToolWand)
	visible(t.crop, tool == canvasview.ToolCrop)
	visible(t.box, brush || tool == canvasview.ToolWand || tool == canvasview.ToolCrop)
}

func (t *toolOptions) refresh(c app.Change) {
	if c&app.ChangedSettings == 0 {
		return
	}
	t.ground.FillColor = theme.Color(theme.ColorNameBackground)
	t.ground.Refresh()
	s := t.w.studio.Settings
	t.size.Set(float64(s.BrushSize))
	t.soft.Set(float64(s.BrushSoftness))
	t.opacity.Set(float64(s.BrushOpacity))
	t.w.tools.mark(t.thins, s.BrushThins)
	t.tolerance.Set(float64(s.Tolerance))
}
