package canvas

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// drag is one press of a button until its release.
type drag struct {
	what        dragKind
	handle      int        // of the frame: 0 to 7
	start       [2]float64 // document px; device px while panning
	press       [2]float64 // device px
	frame       image.Rectangle
	area        image.Rectangle // of a shape
	view        Viewport
	by          [2]float64 // how far a handle is dragged, document px
	add, remove bool
	moved       bool
}

type dragKind int

const (
	dragNone dragKind = iota
	dragPan
	dragFrame
	dragHandle
	dragStroke
	dragLine // a straight stroke
	dragShape
	dragLasso
	dragDivider
	dragCrop
	dragCropHandle
	dragChoose // of the table; handle is the cell
	dragPick   // picks colours
	dragMove   // the selected layer
)

// device is a position in device pixels.
func (v *View) device(p fyne.Position) (x, y float64) {
	k := v.scale()
	return float64(p.X) * k, float64(p.Y) * k
}

// document is a position in document pixels.
func (v *View) document(p fyne.Position) (x, y float64) { return v.view.ToDocument(v.device(p)) }

// MouseDown begins the tool's action.
func (v *View) MouseDown(e *desktop.MouseEvent) {
	if v.Hooks.Focused != nil {
		v.Hooks.Focused()
	}
	v.acted()
	x, y := v.document(e.Position)
	sx, sy := v.device(e.Position)
	d := drag{start: [2]float64{x, y}, press: [2]float64{sx, sy}, frame: v.Scene.Frame, view: v.view,
		add: e.Modifier&fyne.KeyModifierShift != 0, remove: e.Modifier&fyne.KeyModifierAlt != 0}
	switch {
	case v.drag.what != dragNone:
		return // a second button during a drag
	case v.Scene.Table.Shown():
		if e.Button != desktop.MouseButtonPrimary {
			return
		}
		d.what, d.handle = dragChoose, v.cellAt(e.Position)
	case e.Button == desktop.MouseButtonTertiary || e.Button == desktop.MouseButtonPrimary && (v.space || v.tool == ToolHand):
		d.what, d.start = dragPan, d.press
	case e.Button != desktop.MouseButtonPrimary:
		if v.Drawing() {
			v.Cancel()
		}
		return
	case v.Scene.Before != nil:
		d.what = dragDivider
	case v.Hooks.Probed != nil && v.Hooks.Probed(x, y):
		return
	default:
		v.begin(&d, x, y)
	}
	v.drag = d
	v.follow(e.Position)
}

// begin handles a press of the primary button with a tool at a point of the document.
func (v *View) begin(d *drag, x, y float64) {
	if d.remove && v.inks() { // Alt picks
		d.what = dragPick
		return
	}
	switch v.tool {
	case ToolPicker:
		d.what = dragPick
	case ToolMove:
		d.what = dragMove
	case ToolLine, ToolGradient:
		d.what, d.moved = dragLine, true
	case ToolText:
		if v.Hooks.Pointed != nil {
			v.Hooks.Pointed(ToolText, image.Pt(int(math.Floor(x)), int(math.Floor(y))))
		}
	case ToolZoom:
		factor := 2.0
		if d.remove {
			factor = 0.5
		}
		v.fitted = false
		v.show(v.view.ZoomAt(factor, d.press[0], d.press[1]))
	case ToolFrame:
		d.what, d.handle = v.grab(d.press[0], d.press[1])
		switch {
		case d.what == dragPan:
			d.start = d.press
		case v.Hooks.FrameBegan != nil:
			v.Hooks.FrameBegan()
		}
	case ToolBrush, ToolEraser:
		if d.what = dragStroke; d.add {
			d.what = dragLine
			return
		}
		v.strokeFrom(x, y, d.remove)
	case ToolWand:
		if v.Hooks.Picked != nil {
			v.Hooks.Picked(image.Pt(int(math.Floor(x)), int(math.Floor(y))), d.add, d.remove)
		}
	case ToolPolygon:
		v.corner(x, y, d)
	case ToolCrop:
		v.beginCrop(d)
	case ToolLasso:
		d.what = dragLasso
		v.outline([][2]float32{{float32(x), float32(y)}}, true)
	default:
		d.what = dragShape
	}
}

// paints reports whether a tool paints colour where colour is painted.
func (t Tool) paints() bool {
	switch t {
	case ToolBrush, ToolEraser, ToolRectangle, ToolEllipse, ToolLasso, ToolPolygon, ToolWand, ToolLine, ToolGradient:
		return true
	}
	return false
}

// grab finds the frame's handle, or its inside, under the pointer; outside of it the view is moved.
func (v *View) grab(x, y float64) (dragKind, int) {
	handle, inside := v.grabOf(v.Scene.Frame, x, y)
	switch {
	case handle >= 0:
		return dragHandle, handle
	case inside:
		return dragFrame, 0
	}
	return dragPan, 0
}

// grabOf finds the handle of a rectangle of the document under a point of the screen, -1 for none, and whether the
// point is inside it.
func (v *View) grabOf(of image.Rectangle, x, y float64) (handle int, inside bool) {
	r := v.view.ToScreen(of)
	reach := 10 * v.scale()
	for i, h := range Handles(r) {
		if math.Abs(float64(h.X)-x) <= reach && math.Abs(float64(h.Y)-y) <= reach {
			return i, true
		}
	}
	return -1, image.Pt(int(x), int(y)).In(r)
}

// MouseMoved follows the pointer, during drags too.
func (v *View) MouseMoved(e *desktop.MouseEvent) { v.follow(e.Position) }

// Dragged is Fyne's event while a button is down.
func (v *View) Dragged(e *fyne.DragEvent) { v.follow(e.Position) }

// DragEnd comes when a drag ends outside of the widget too, where MouseUp does not.
func (v *View) DragEnd() { v.release() }

// MouseUp ends the press.
func (v *View) MouseUp(e *desktop.MouseEvent) {
	v.follow(e.Position)
	v.release()
}

func (v *View) acted() {
	if v.Hooks.Acted != nil {
		v.Hooks.Acted()
	}
}

func (v *View) follow(p fyne.Position) {
	if v.drag.what != dragNone {
		v.acted()
	}
	v.pointer = p
	v.placeRing()
	d := &v.drag
	switch d.what {
	case dragFrame, dragHandle, dragCrop, dragCropHandle: // dragging beyond the canvas would be invisible
		const edge = 6 // a handle there is still visible
		p = fyne.NewPos(min(max(p.X, edge), v.Size().Width-edge), min(max(p.Y, edge), v.Size().Height-edge))
	}
	x, y := v.document(p)
	sx, sy := v.device(p)
	switch d.what {
	case dragNone:
		v.rubber(x, y)
	case dragPan:
		if to := (Viewport{d.view.Zoom, d.view.X + sx - d.start[0], d.view.Y + sy - d.start[1]}); to != v.view { // a click without a move keeps fitting
			v.fitted = false
			v.show(to)
		}
	case dragFrame:
		by := image.Pt(int(math.Round(x-d.start[0])), int(math.Round(y-d.start[1])))
		v.moveFrame(d.frame.Add(by))
	case dragHandle:
		d.by = [2]float64{x - d.start[0], y - d.start[1]}
		v.moveFrame(resized(d.frame, d.handle, d.by[0], d.by[1], d.add, 1)) // it snaps when it is released
	case dragCrop:
		v.setCrop(d.frame.Add(image.Pt(int(math.Round(x-d.start[0])), int(math.Round(y-d.start[1])))))
	case dragCropHandle:
		v.setCrop(resized(d.frame, d.handle, x-d.start[0], y-d.start[1], d.add, 1))
	case dragStroke:
		v.strokeTo(x, y)
	case dragLine:
		from := v.lineStart()
		v.outline([][2]float32{{float32(from[0]), float32(from[1])}, {float32(x), float32(y)}}, false)
	case dragShape:
		d.area = d.shape(x, y)
		v.outline(shapePath(v.tool, d.area), true)
	case dragLasso:
		v.lassoTo(x, y)
	case dragPick:
		if v.Hooks.Pointed != nil {
			v.Hooks.Pointed(ToolPicker, image.Pt(int(math.Floor(x)), int(math.Floor(y))))
		}
	case dragMove:
		v.pulled(*d, [2]float64{x, y}, false)
	case dragDivider:
		if v.Hooks.Divider != nil {
			v.Hooks.Divider(float64(min(max(p.X/v.Size().Width, 0), 1)))
		}
	}
	d.moved = d.moved || math.Hypot(sx-d.press[0], sy-d.press[1]) > 2
}

func (v *View) moveFrame(r image.Rectangle) {
	if v.Hooks.FrameMoved != nil && r != v.Scene.Frame {
		v.Hooks.FrameMoved(r)
	}
}

// resized is the frame with one handle dragged to sizes that are multiples of m; the opposite side stays.
func resized(r image.Rectangle, handle int, dx, dy float64, keepAspect bool, m int) image.Rectangle {
	left, right := handle == 0 || handle == 6 || handle == 7, handle >= 2 && handle <= 4
	top, bottom := handle <= 2, handle >= 4 && handle <= 6
	size := func(now int, by float64, low, high bool) int {
		switch {
		case low:
			by = -by
		case !high:
			return now
		}
		return multiple(float64(now)+by, m)
	}
	w, h := size(r.Dx(), dx, left, right), size(r.Dy(), dy, top, bottom)
	if keepAspect && (left || right) && (top || bottom) {
		h = multiple(float64(w)*float64(r.Dy())/float64(max(r.Dx(), 1)), m)
	}
	if left {
		r.Min.X = r.Max.X - w
	}
	if top {
		r.Min.Y = r.Max.Y - h
	}
	r.Max = r.Min.Add(image.Pt(w, h))
	return r
}

// multiple is the nearest multiple of m, from m to 8192.
func multiple(v float64, m int) int {
	n := int(math.Round(min(max(v, 0), 8192) / float64(m)))
	return min(max(n, 1), max(8192/m, 1)) * m
}

// release ends a drag.
func (v *View) release() {
	d := v.drag
	v.drag = drag{}
	switch d.what {
	case dragFrame, dragHandle:
		if d.what == dragHandle && d.moved {
			v.moveFrame(resized(d.frame, d.handle, d.by[0], d.by[1], d.add, max(v.Scene.Multiple, 1)))
		}
		if v.Hooks.FrameEnded != nil {
			v.Hooks.FrameEnded()
		}
		v.reveal()
	case dragChoose:
		v.choose(d)
		v.chose = time.Now()
	case dragMove:
		x, y := v.document(v.pointer)
		v.pulled(d, [2]float64{x, y}, true)
	case dragStroke:
		v.strokeEnd()
	case dragLine:
		v.lineEnd(d)
	case dragShape, dragLasso:
		points := v.Scene.Outline
		v.outline(nil, false)
		v.selected(d, points)
	}
}

// DoubleTapped fits the frame, or closes a polygon.
func (v *View) DoubleTapped(*fyne.PointEvent) {
	switch {
	case time.Since(v.chose) < time.Second: // its first click chose from the table
	case v.tool == ToolFrame && v.Hooks.FrameFit != nil:
		v.Hooks.FrameFit()
	case v.tool == ToolPolygon:
		v.Finish()
	case v.tool == ToolCrop:
		v.ApplyCrop()
	}
}

// MouseIn shows the brush.
func (v *View) MouseIn(e *desktop.MouseEvent) {
	v.over = true
	v.follow(e.Position)
}

// MouseOut hides it.
func (v *View) MouseOut() {
	v.over = false
	v.placeRing()
}

func (v *View) placeRing() {
	v.placeDropper()
	side := v.brush * float32(v.view.Zoom/v.scale())
	for i, c := range v.ring {
		s := max(side+float32(2-2*i), 1)
		if !v.over || v.Scene.Table.Shown() || v.picking() || v.tool != ToolBrush && v.tool != ToolEraser && v.tool != ToolLine {
			c.Hide()
			continue
		}
		c.Resize(fyne.NewSize(s, s))
		c.Move(v.pointer.SubtractXY(s/2, s/2))
		c.Show()
	}
}

// Scrolled zooms to the pointer; out of the table, to the cell under it.
func (v *View) Scrolled(e *fyne.ScrollEvent) {
	if v.Scene.Table.Shown() {
		if i := v.cellAt(e.Position); i >= 0 && e.Scrolled.DY > 0 && v.Hooks.Chosen != nil {
			v.Hooks.Chosen(i)
		}
		return
	}
	v.acted()
	x, y := v.device(e.Position)
	v.fitted = false
	v.show(v.view.ZoomAt(math.Pow(1.0025, float64(e.Scrolled.DY)), x, y))
}
