package canvas

import (
	"image"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tool is what the pointer does.
type Tool int

const (
	ToolFrame Tool = iota // moves and resizes the frame
	ToolHand              // pans
	ToolZoom              // zooms in; with Alt, out
	ToolBrush             // paints the mask
	ToolEraser
	ToolRectangle // selects a part of the mask
	ToolEllipse
	ToolLasso
	ToolPolygon
	ToolWand
	ToolCrop
	ToolLine // these paint colour only, except for the line, which paints the mask too
	ToolGradient
	ToolText
	ToolPicker
	ToolMove // moves the selected layer
)

// Hooks are the canvas' callbacks. Positions are in document pixels. Nil hooks are not called.
type Hooks struct {
	// FrameBegan, FrameMoved and FrameEnded report a drag of the frame.
	FrameBegan func()
	FrameMoved func(image.Rectangle)
	FrameEnded func()
	FrameFit   func() // a double click
	// StrokeBegan and StrokeMoved return the part of the mask that they changed; StrokeEnded ends the stroke.
	StrokeBegan func(x, y float32, erase bool) image.Rectangle
	StrokeMoved func(x, y float32) image.Rectangle
	StrokeEnded func()
	// Pulled reports a line from the press to the pointer: every move of ToolMove, and the end of each other tool's.
	Pulled func(tool Tool, from, to [2]float64, done bool)
	// Pointed reports a point that was pressed, or, for the picker, that the pointer is dragged over.
	Pointed func(tool Tool, at image.Point)
	// Selected reports a finished rectangle, ellipse or crop; Outlined a lasso or polygon; Picked a click of the
	// wand.
	Selected func(tool Tool, r image.Rectangle, add, remove bool)
	Outlined func(points [][2]float32, add, remove bool)
	Picked   func(p image.Point, add, remove bool)
	Zoomed   func(zoom float64)
	Focused  func()         // the canvas was pressed
	Acted    func()         // the mouse was pressed, dragged or its wheel turned
	Chosen   func(cell int) // of the table
	Divider  func(share float64)
	Menu     func(at fyne.Position)  // of the canvas itself, at a position of the window
	Probed   func(x, y float64) bool // a press at a point of the document; true: it is no tool's
	Cropping func(image.Rectangle)   // the rectangle of the crop changes; empty: there is none
	// Modifiers are the modifier keys that are held now.
	Modifiers func() fyne.KeyModifier
}

// View is the canvas widget.
type View struct {
	widget.BaseWidget
	Hooks Hooks
	Scene Scene

	view    Viewport
	fitted  bool // the next layout fits the scene
	tool    Tool
	brush   float32      // diameter, document px
	ink     *color.NRGBA // for tools that paint colour; nil: they paint the mask
	covered float32      // at the top, by bars
	space   bool         // the space bar is held: pan

	screen  screen
	motion  motion
	mips    mips
	mask    maskMips
	lines   maskMips
	chosen  maskMips          // of the selection
	ring    [2]*canvas.Circle // the brush's outline: dark, and white inside it
	dropper [2]*canvas.Image  // at the pointer while it picks colours: dark, and light inside it; nil until SetDropper
	objects []fyne.CanvasObject
	drag    drag
	over    bool
	late    bool      // a redraw is scheduled
	drawn   time.Time // when a moved view was drawn last
	chose   time.Time // when a cell was chosen last
	pointer fyne.Position
	last    *[2]float64 // where the last stroke ended
	polygon bool        // the open one removes from the mask
}

// New is an empty canvas.
func New() *View {
	v := &View{fitted: true, view: Viewport{Zoom: 1}, brush: 24}
	for i, c := range []color.NRGBA{{0, 0, 0, 170}, {255, 255, 255, 230}} {
		v.ring[i] = canvas.NewCircle(color.Transparent)
		v.ring[i].StrokeWidth, v.ring[i].StrokeColor = 1, c
		v.ring[i].Hide()
	}
	v.listObjects()
	v.ExtendBaseWidget(v)
	return v
}

// CreateRenderer implements fyne.Widget.
func (v *View) CreateRenderer() fyne.WidgetRenderer { return &renderer{v} }

type renderer struct{ v *View }

func (r *renderer) Objects() []fyne.CanvasObject { return r.v.objects }
func (r *renderer) MinSize() fyne.Size           { return fyne.NewSize(200, 160) }
func (r *renderer) Destroy()                     {}
func (r *renderer) Refresh()                     { r.v.Redraw() }
func (r *renderer) Layout(fyne.Size) {
	if r.v.fitted {
		r.v.Fit()
		return
	}
	r.v.Redraw()
}

// listObjects lists the widget's objects.
func (v *View) listObjects() {
	v.objects = nil
	for _, t := range v.screen.tiles {
		v.objects = append(v.objects, t.shown)
	}
	v.objects = append(v.objects, v.ring[0], v.ring[1])
	for _, d := range v.dropper {
		if d != nil {
			v.objects = append(v.objects, d)
		}
	}
}

// scale is device pixels per unit of Fyne.
func (v *View) scale() float64 {
	const far = 1 << 14
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		if x, _ := c.PixelCoordinateForPosition(fyne.NewPos(far, 0)); x > 0 {
			return float64(x) / far
		}
	}
	return 1
}

func (v *View) deviceSize() (w, h int) {
	k := v.scale()
	return int(math.Round(float64(v.Size().Width) * k)), int(math.Round(float64(v.Size().Height) * k))
}

// Redraw redraws the scene.
func (v *View) Redraw() {
	w, h := v.deviceSize()
	if w <= 0 || h <= 0 {
		return
	}
	k := v.scale()
	if v.screen.resize(image.Pt(w, h)) {
		v.listObjects()
	}
	v.screen.place(k, v.offPixels(k))
	v.move()
	v.draw(image.Rect(0, 0, w, h))
}

// offPixels is the distance from the widget's corner to the next whole device pixel: shifted by it, the tiles' pixels
// match the device's.
func (v *View) offPixels(k float64) fyne.Position {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(v)
	off := func(p float32) float32 {
		d := float64(p) * k
		return float32((math.Round(d) - d) / k)
	}
	return fyne.NewPos(off(at.X), off(at.Y))
}

// RedrawPicture redraws a part of the document, after its picture was changed there.
func (v *View) RedrawPicture(r image.Rectangle) {
	if r.Empty() {
		return
	}
	v.mips.changed(v.Scene.Picture, r.Sub(v.Scene.At))
	v.draw(v.view.Over(r).Inset(-2))
}

// SetInk sets the colour that tools paint; nil: they paint the mask. The outline of the brush shows it.
func (v *View) SetInk(c *color.NRGBA) {
	v.ink = c
	outer, inner, wide := color.NRGBA{0, 0, 0, 170}, color.NRGBA{255, 255, 255, 230}, float32(1)
	if c != nil {
		inner, wide = *c, 3
		if 3*int(c.R)+6*int(c.G)+int(c.B) < 1280 { // a dark ring would be invisible on dark paint without a light one around it
			outer = color.NRGBA{255, 255, 255, 230}
		}
	}
	for i, want := range [2]color.NRGBA{outer, inner} {
		if v.ring[i].StrokeColor != want || i == 1 && v.ring[i].StrokeWidth != wide {
			v.ring[i].StrokeColor = want
			if i == 1 {
				v.ring[i].StrokeWidth = wide
			}
			v.ring[i].Refresh()
		}
	}
}

// RedrawMask redraws a part of the document, after its mask, lines or selection were changed there.
func (v *View) RedrawMask(r image.Rectangle) {
	if r.Empty() {
		return
	}
	v.mask.changed(r)
	v.lines.changed(r)
	v.chosen.changed(r)
	v.draw(v.view.Over(r).Inset(-2)) // a pixel of a halved version reaches that much farther
}

// MaskChanged records that mask, lines or selection have changed anywhere: the next Redraw shows it.
func (v *View) MaskChanged() {
	v.mask.forget()
	v.lines.forget()
	v.chosen.forget()
}

// March moves the dashes around the selection on by a device pixel per unit of Fyne.
func (v *View) March() {
	if v.Scene.Selection == nil || v.Scene.Table.Shown() {
		return
	}
	v.Scene.Phase += max(int(v.scale()), 1)
	v.screen.march(v.shot())
}

func (v *View) draw(part image.Rectangle) {
	if v.Scene.RepeatX || v.Scene.RepeatY { // what has changed shows in every copy
		part = image.Rectangle{Max: v.screen.size}
	}
	v.screen.draw(v.shot(), part)
}

// shot is the scene as it is shown now.
func (v *View) shot() *shot {
	p := &shot{Scene: &v.Scene, view: v.view, scale: v.scale(), size: v.screen.size, motion: &v.motion}
	if v.Scene.Table.Shown() {
		v.lay(p)
	} else {
		v.mips.room(0)
	}
	p.picture = v.mips.level(v.Scene.Picture, v.view.Zoom)
	if b := v.Scene.Before; b != nil {
		p.before = v.mips.level(b, beforeZoom(&v.Scene, v.view))
	}
	if b := v.Scene.Beside; b != nil {
		p.beside = v.mips.level(b, v.view.Zoom*float64(v.Scene.BesideAt.Dx())/float64(max(b.Rect.Dx(), 1)))
	}
	p.mask, p.lines = v.mask.level(v.Scene.Mask, v.view.Zoom), v.lines.level(v.Scene.Lines, v.view.Zoom)
	p.selection = v.chosen.level(v.Scene.Selection, v.view.Zoom)
	return p
}

// Screen is what is shown now, in device pixels.
func (v *View) Screen() *image.RGBA { return v.screen.whole() }

// Viewport is the present zoom and position.
func (v *View) Viewport() Viewport { return v.view }

// FrameOnScreen is the frame's rectangle, in units of Fyne from the widget's corner.
func (v *View) FrameOnScreen() (x, y, w, h float32) {
	r, k := v.view.ToScreen(v.Scene.Frame), float32(v.scale())
	return float32(r.Min.X) / k, float32(r.Min.Y) / k, float32(r.Dx()) / k, float32(r.Dy()) / k
}

// Zoom is device pixels per document pixel.
func (v *View) Zoom() float64 { return v.view.Zoom }

// Fit shows everything, also after the window's size has changed, until the user zooms or pans.
func (v *View) Fit() {
	w, h := v.deviceSize()
	v.fitted = true
	v.show(FittedBelow(v.Scene.Area(), w, h, int(math.Ceil(float64(v.covered)*v.scale()))))
}

// Cover sets how much at the top lies under bars, in Fyne's units: what is fitted stays clear of it. True where it was
// another.
func (v *View) Cover(top float32) bool {
	was := v.covered
	v.covered = top
	return was != top
}

// Actual shows one picture pixel as one screen pixel.
func (v *View) Actual() {
	w, h := v.deviceSize()
	v.fitted = false
	v.show(v.view.ZoomTo(1, float64(w)/2, float64(h)/2))
}

// ZoomBy zooms about the middle.
func (v *View) ZoomBy(factor float64) {
	w, h := v.deviceSize()
	v.fitted = false
	v.show(v.view.ZoomAt(factor, float64(w)/2, float64(h)/2))
}

// reveal fits again where a part of the scene has left the screen, unless the user has zoomed or moved the view.
func (v *View) reveal() {
	w, h := v.deviceSize()
	if v.fitted && !v.view.ToScreen(v.Scene.Area()).In(image.Rect(0, 0, w, h)) {
		v.Fit()
	}
}

// PullingFrame reports whether the frame is being moved or resized by the pointer: the view stays as it is then.
func (v *View) PullingFrame() bool { return v.drag.what == dragFrame || v.drag.what == dragHandle }

// Fitting reports whether the view follows the scene's size.
func (v *View) Fitting() bool { return v.fitted }

func (v *View) show(p Viewport) {
	w, h := v.deviceSize()
	v.view = p.Kept(v.Scene.Area(), w, h)
	v.redrawSoon()
	v.placeRing()
}

// apart is the time after a redraw within which another would not be seen.
const apart = 10 * time.Millisecond

// redrawSoon redraws, and reports the zoom: at once, or, where the wheel sends more events than a screen shows, once
// for all that come before the next frame. Only then, since what waits for a frame also waits for the steps of a run.
func (v *View) redrawSoon() {
	if v.late {
		return
	}
	if time.Since(v.drawn) > apart {
		v.redrawView()
		return
	}
	v.late = true
	fyne.Do(func() {
		v.late = false
		v.redrawView()
	})
}

func (v *View) redrawView() {
	v.drawn = time.Now()
	if v.Hooks.Zoomed != nil {
		v.Hooks.Zoomed(v.view.Zoom)
	}
	v.Redraw()
}

// SetTool sets what the pointer does.
func (v *View) SetTool(t Tool) {
	v.Cancel()
	v.tool = t
	v.Scene.Hot = t == ToolFrame
	v.Scene.CropAt = image.Rectangle{}
	if p := v.Scene.Picture; t == ToolCrop && p != nil {
		v.Scene.CropAt = p.Rect.Add(v.Scene.At)
	}
	v.cropping()
	v.placeRing()
	v.Redraw()
}

// TappedSecondary shows the canvas' menu.
func (v *View) TappedSecondary(e *fyne.PointEvent) {
	if v.Hooks.Menu != nil && v.drag.what == dragNone && !v.Drawing() {
		v.Hooks.Menu(e.AbsolutePosition)
	}
}

// Tool is the present one.
func (v *View) Tool() Tool { return v.tool }

// SetBrush sets the brush's diameter in document px.
func (v *View) SetBrush(size float32) {
	v.brush = size
	v.placeRing()
}

// SetSpace sets whether the space bar is held.
func (v *View) SetSpace(held bool) { v.space = held }

// Cursor is the pointer's form.
func (v *View) Cursor() desktop.Cursor {
	if v.Scene.Table.Shown() {
		return desktop.PointerCursor
	}
	if v.over && v.dropper[0] != nil && v.picking() {
		return desktop.HiddenCursor // the eyedropper's tip shows the position
	}
	switch v.tool {
	case ToolBrush, ToolEraser:
		if v.over && v.brush*float32(v.view.Zoom) >= 6 {
			return desktop.HiddenCursor // the ring shows the position
		}
		return desktop.CrosshairCursor
	case ToolText:
		return desktop.TextCursor
	case ToolRectangle, ToolEllipse, ToolLasso, ToolPolygon, ToolWand, ToolCrop, ToolLine, ToolGradient, ToolPicker:
		return desktop.CrosshairCursor
	case ToolHand, ToolZoom:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}
