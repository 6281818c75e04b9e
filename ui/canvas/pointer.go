package canvas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
)

// drag is one press of a button until its release.
type drag struct {
	what   dragKind
	handle int // of the frame: 0..7
	start  [2]float64
	frame  image.Rectangle
	view   Viewport
	points [][2]float32
	add    bool
	remove bool
	moved  bool
}

type dragKind int

const (
	dragNone dragKind = iota
	dragPan
	dragFrame
	dragHandle
	dragStroke
	dragShape
	dragLasso
	dragDivider
)

// device is a place in device pixels.
func (v *View) device(p fyne.Position) (x, y float64) {
	k := v.scale()
	return float64(p.X) * k, float64(p.Y) * k
}

// document is a place in document pixels.
func (v *View) document(p fyne.Position) (x, y float64) { return v.view.ToDocument(v.device(p)) }

// MouseDown begins what the tool does.
func (v *View) MouseDown(e *desktop.MouseEvent) {
	if v.Hooks.Focused != nil {
		v.Hooks.Focused()
	}
	x, y := v.document(e.Position)
	d := drag{start: [2]float64{x, y}, frame: v.Scene.Frame, view: v.view,
		add: e.Modifier&fyne.KeyModifierShift != 0, remove: e.Modifier&fyne.KeyModifierAlt != 0}
	sx, sy := v.device(e.Position)
	switch {
	case e.Button == desktop.MouseButtonTertiary || v.space || v.tool == ToolHand:
		d.what, d.start = dragPan, [2]float64{sx, sy}
	case e.Button != desktop.MouseButtonPrimary:
		return
	case v.Scene.Before != nil:
		d.what = dragDivider
	case v.tool == ToolZoom:
		factor := 2.0
		if d.remove {
			factor = 0.5
		}
		v.fitted = false
		v.show(v.view.ZoomAt(factor, sx, sy))
	case v.tool == ToolFrame:
		d.what, d.handle = v.grab(sx, sy)
		switch {
		case d.what == dragPan:
			d.start = [2]float64{sx, sy}
		case v.Hooks.FrameBegan != nil:
			v.Hooks.FrameBegan()
		}
	case v.tool == ToolBrush || v.tool == ToolEraser:
		d.what = dragStroke
		if v.Hooks.StrokeBegan != nil {
			v.Hooks.StrokeBegan(float32(x), float32(y), v.tool == ToolEraser)
		}
	case v.tool == ToolWand:
		if v.Hooks.Picked != nil {
			v.Hooks.Picked(image.Pt(int(math.Floor(x)), int(math.Floor(y))), d.add, d.remove)
		}
	case v.tool == ToolLasso:
		d.what, d.points = dragLasso, [][2]float32{{float32(x), float32(y)}}
	default:
		d.what = dragShape
	}
	v.drag = d
	v.follow(e.Position)
}

// grab finds what of the frame lies under the pointer: a handle, or its inside.
func (v *View) grab(x, y float64) (dragKind, int) {
	r := v.view.ToScreen(v.Scene.Frame)
	reach := 10 * v.scale()
	for i, h := range Handles(r) {
		if math.Abs(float64(h.X)-x) <= reach && math.Abs(float64(h.Y)-y) <= reach {
			return dragHandle, i
		}
	}
	if image.Pt(int(x), int(y)).In(r) {
		return dragFrame, 0
	}
	return dragPan, 0
}

// MouseMoved follows the pointer; drags come here too.
func (v *View) MouseMoved(e *desktop.MouseEvent) { v.follow(e.Position) }

// Dragged is Fyne's event while a button is down.
func (v *View) Dragged(e *fyne.DragEvent) { v.follow(e.Position) }

// DragEnd comes when a drag ends outside of the widget too, where MouseUp does not.
func (v *View) DragEnd() { v.release() }

// MouseUp ends what the press began.
func (v *View) MouseUp(e *desktop.MouseEvent) {
	v.follow(e.Position)
	v.release()
}

func (v *View) follow(p fyne.Position) {
	v.ring.Move(p.SubtractXY(v.ring.Size().Width/2, v.ring.Size().Height/2))
	d := &v.drag
	x, y := v.document(p)
	switch d.what {
	case dragPan:
		sx, sy := v.device(p)
		v.fitted = false
		v.show(Viewport{d.view.Zoom, d.view.X + sx - d.start[0], d.view.Y + sy - d.start[1]})
	case dragFrame:
		by := image.Pt(int(math.Round(x-d.start[0])), int(math.Round(y-d.start[1])))
		v.moveFrame(d.frame.Add(by))
	case dragHandle:
		v.moveFrame(resized(d.frame, d.handle, x-d.start[0], y-d.start[1], d.add))
	case dragStroke:
		if v.Hooks.StrokeMoved != nil && d.moved {
			v.Hooks.StrokeMoved(float32(x), float32(y))
		}
	case dragShape:
		v.showOutline(d.shape(x, y))
	case dragLasso:
		d.points = append(d.points, [2]float32{float32(x), float32(y)})
		v.growLasso(p)
	case dragDivider:
		if v.Hooks.Divider != nil {
			v.Hooks.Divider(float64(min(max(p.X/v.Size().Width, 0), 1)))
		}
	}
	d.moved = true
}

func (v *View) moveFrame(r image.Rectangle) {
	if v.Hooks.FrameMoved != nil && r != v.Scene.Frame {
		v.Hooks.FrameMoved(r)
	}
}

// resized is the frame with one handle pulled; the opposite side stays.
func resized(r image.Rectangle, handle int, dx, dy float64, keepAspect bool) image.Rectangle {
	x, y := int(math.Round(dx)), int(math.Round(dy))
	left, right := handle == 0 || handle == 6 || handle == 7, handle >= 2 && handle <= 4
	top, bottom := handle <= 2, handle >= 4 && handle <= 6
	out := r
	if left {
		out.Min.X = min(r.Min.X+x, r.Max.X-1)
	}
	if right {
		out.Max.X = max(r.Max.X+x, r.Min.X+1)
	}
	if top {
		out.Min.Y = min(r.Min.Y+y, r.Max.Y-1)
	}
	if bottom {
		out.Max.Y = max(r.Max.Y+y, r.Min.Y+1)
	}
	if keepAspect && (left || right) && (top || bottom) {
		h := out.Dx() * r.Dy() / max(r.Dx(), 1)
		if top {
			out.Min.Y = out.Max.Y - h
		} else {
			out.Max.Y = out.Min.Y + h
		}
	}
	return out
}

// shape is the rectangle between the press and x, y.
func (d *drag) shape(x, y float64) image.Rectangle {
	return image.Rect(int(math.Floor(d.start[0])), int(math.Floor(d.start[1])), int(math.Ceil(x)), int(math.Ceil(y)))
}

func (v *View) showOutline(r image.Rectangle) {
	s, k := v.view.ToScreen(r), float32(v.scale())
	v.outline.StrokeColor = v.Scene.Accent
	v.outline.Move(fyne.NewPos(float32(s.Min.X)/k, float32(s.Min.Y)/k))
	v.outline.Resize(fyne.NewSize(float32(s.Dx())/k, float32(s.Dy())/k))
	v.outline.Show()
	v.outline.Refresh()
	v.drag.frame = r
}

func (v *View) growLasso(p fyne.Position) {
	l := canvas.NewLine(v.Scene.Accent)
	l.StrokeWidth = 1.5
	l.Position2 = p
	l.Position1 = p
	if n := len(v.lasso); n > 0 {
		l.Position1 = v.lasso[n-1].Position2
	}
	v.lasso = append(v.lasso, l)
	v.lassoBox.Add(l)
}

func (v *View) release() {
	d := v.drag
	v.drag = drag{}
	switch d.what {
	case dragFrame, dragHandle:
		if v.Hooks.FrameEnded != nil {
			v.Hooks.FrameEnded()
		}
	case dragStroke:
		if v.Hooks.StrokeEnded != nil {
			v.Hooks.StrokeEnded()
		}
	case dragShape:
		v.outline.Hide()
		if v.Hooks.Selected != nil && d.frame.Dx() > 1 && d.frame.Dy() > 1 && v.outline.Size().Width > 2 {
			v.Hooks.Selected(v.tool, d.frame, d.add, d.remove)
		}
	case dragLasso:
		v.lasso = nil
		v.lassoBox.RemoveAll()
		if v.Hooks.Outlined != nil && len(d.points) > 2 {
			v.Hooks.Outlined(d.points, d.add, d.remove)
		}
	}
}

// DoubleTapped fits the frame.
func (v *View) DoubleTapped(*fyne.PointEvent) {
	if v.tool == ToolFrame && v.Hooks.FrameFit != nil {
		v.Hooks.FrameFit()
	}
}

// MouseIn shows the brush.
func (v *View) MouseIn(e *desktop.MouseEvent) {
	v.over = true
	v.placeRing()
	v.follow(e.Position)
}

// MouseOut hides it.
func (v *View) MouseOut() {
	v.over = false
	v.placeRing()
}

func (v *View) placeRing() {
	if !v.over || v.tool != ToolBrush && v.tool != ToolEraser {
		v.ring.Hide()
		return
	}
	side := v.brush * float32(v.view.Zoom/v.scale())
	middle := v.ring.Position().AddXY(v.ring.Size().Width/2, v.ring.Size().Height/2)
	v.ring.StrokeColor = color.NRGBA{255, 255, 255, 220}
	v.ring.Resize(fyne.NewSize(side, side))
	v.ring.Move(middle.SubtractXY(side/2, side/2))
	v.ring.Show()
	v.ring.Refresh()
}

// Scrolled zooms to the pointer.
func (v *View) Scrolled(e *fyne.ScrollEvent) {
	x, y := v.device(e.Position)
	v.fitted = false
	v.show(v.view.ZoomAt(math.Pow(1.0025, float64(e.Scrolled.DY)), x, y))
}
