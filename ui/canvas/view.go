package canvas

import (
	"image"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
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
	chosen  maskMips // of the selection
	regions regionMips
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
	p.selection, p.regions = v.chosen.level(v.Scene.Selection, v.view.Zoom), v.regions.level(v.Scene.Regions, v.view.Zoom)
	return p
}

// Screen is what is shown now, in device pixels.
func (v *View) Screen() *image.RGBA { return v.screen.whole() }
