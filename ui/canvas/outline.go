package canvas

import (
	"image"
	"math"
)

// What brush, shapes, lasso and polygon do between press and release.

func (v *View) strokeFrom(x, y float64, remove bool) {
	if v.Hooks.StrokeBegan != nil {
		v.stroked(v.Hooks.StrokeBegan(float32(x), float32(y), remove || v.tool == ToolEraser))
	}
	v.last = &[2]float64{x, y}
}

func (v *View) strokeTo(x, y float64) {
	if *v.last == [2]float64{x, y} {
		return
	}
	if v.Hooks.StrokeMoved != nil {
		v.stroked(v.Hooks.StrokeMoved(float32(x), float32(y)))
	}
	v.last = &[2]float64{x, y}
}

// stroked redraws what a stroke has changed.
func (v *View) stroked(r image.Rectangle) {
	if v.ink != nil {
		v.RedrawPicture(r)
		return
	}
	v.RedrawMask(r)
}

func (v *View) strokeEnd() {
	if v.Hooks.StrokeEnded != nil {
		v.Hooks.StrokeEnded()
	}
}

// Painting reports whether a stroke is under way.
func (v *View) Painting() bool { return v.drag.what == dragStroke }

// lineStart is where a straight stroke begins: at the press once the pointer has moved, until then where the stroke
// before it ended.
func (v *View) lineStart() [2]float64 {
	if !v.drag.moved && v.last != nil {
		return *v.last
	}
	return v.drag.start
}

// lineEnd paints a straight stroke.
func (v *View) lineEnd(d drag) {
	line := v.Scene.Outline
	v.outline(nil, false)
	if len(line) != 2 {
		return
	}
	if v.tool != ToolBrush && v.tool != ToolEraser && v.tool != ToolLine {
		v.pulled(d, [2]float64{float64(line[1][0]), float64(line[1][1])}, true)
		return
	}
	v.strokeFrom(float64(line[0][0]), float64(line[0][1]), d.remove)
	v.strokeTo(float64(line[1][0]), float64(line[1][1]))
	v.strokeEnd()
}

// pulled reports a line that is being dragged.
func (v *View) pulled(d drag, to [2]float64, done bool) {
	if v.Hooks.Pulled != nil && (d.moved || !done) {
		v.Hooks.Pulled(v.tool, d.start, to, done)
	}
}

// outline shows what a tool is drawing.
func (v *View) outline(points [][2]float32, closed bool) {
	before := reach(v.Scene.Outline)
	v.Scene.Outline, v.Scene.Closed = points, closed
	v.draw(v.view.Over(before.Union(reach(points))).Inset(-2))
}

// reach is the rectangle of the document around points.
func reach(points [][2]float32) image.Rectangle {
	var r image.Rectangle
	for _, p := range points {
		x, y := int(math.Floor(float64(p[0]))), int(math.Floor(float64(p[1])))
		r = r.Union(image.Rect(x, y, x+1, y+1))
	}
	return r
}

// shape is the rectangle of whole pixels between the press and x, y.
func (d *drag) shape(x, y float64) image.Rectangle {
	x0, x1 := min(d.start[0], x), max(d.start[0], x)
	y0, y1 := min(d.start[1], y), max(d.start[1], y)
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
}

// shapePath is the outline of a shape inside r.
func shapePath(t Tool, r image.Rectangle) [][2]float32 {
	x0, y0, x1, y1 := float32(r.Min.X), float32(r.Min.Y), float32(r.Max.X), float32(r.Max.Y)
	if t != ToolEllipse {
		return [][2]float32{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
	}
	const corners = 72
	out := make([][2]float32, corners)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		out[i] = [2]float32{(x0+x1)/2 + (x1-x0)/2*float32(cos), (y0+y1)/2 + (y1-y0)/2*float32(sin)}
	}
	return out
}

// lassoTo adds a point and redraws its segment and the closing line before and now.
func (v *View) lassoTo(x, y float64) {
	s := &v.Scene
	n := len(s.Outline)
	p := [2]float32{float32(x), float32(y)}
	if n > 0 && s.Outline[n-1] == p {
		return
	}
	s.Outline = append(s.Outline, p)
	v.draw(v.view.Over(reach([][2]float32{s.Outline[0], s.Outline[n-1], p})).Inset(-2))
}

// selected reports a finished shape. A click without a drag is none.
func (v *View) selected(d drag, points [][2]float32) {
	if !d.moved || len(points) < 3 {
		return
	}
	if d.what == dragLasso {
		if v.Hooks.Outlined != nil {
			v.Hooks.Outlined(points, d.add, d.remove)
		}
		return
	}
	if v.tool == ToolCrop {
		v.setCrop(d.area)
		return
	}
	if r := d.area; v.Hooks.Selected != nil && !r.Empty() {
		v.Hooks.Selected(v.tool, r, d.add, d.remove)
	}
}

// corner adds a corner to the polygon; at its first corner the polygon is closed.
func (v *View) corner(x, y float64, d *drag) {
	s := &v.Scene
	n := len(s.Outline)
	if n == 0 {
		v.polygon = d.remove
		v.outline([][2]float32{{float32(x), float32(y)}, {float32(x), float32(y)}}, true)
		return
	}
	first := s.Outline[0]
	near := 8 * v.scale() / v.view.Zoom
	if n > 3 && math.Hypot(float64(first[0])-x, float64(first[1])-y) < near {
		v.Finish()
		return
	}
	s.Outline[n-1] = [2]float32{float32(x), float32(y)} // the one that followed the pointer
	v.outline(append(s.Outline, s.Outline[n-1]), true)
}

// rubber draws the polygon's last line to the pointer.
func (v *View) rubber(x, y float64) {
	s := &v.Scene
	if n := len(s.Outline); v.tool == ToolPolygon && n > 1 {
		points := append([][2]float32(nil), s.Outline...)
		points[n-1] = [2]float32{float32(x), float32(y)}
		v.outline(points, true)
	}
}

// Drawing reports whether a polygon is open: Finish closes it, Cancel drops it.
func (v *View) Drawing() bool { return v.tool == ToolPolygon && len(v.Scene.Outline) > 0 }

// Finish closes the polygon into the mask.
func (v *View) Finish() {
	points := v.Scene.Outline
	v.outline(nil, false)
	var corners [][2]float32
	for _, p := range points[:max(len(points)-1, 0)] { // the last one follows the pointer; a double click adds one twice
		if n := len(corners); n == 0 || corners[n-1] != p {
			corners = append(corners, p)
		}
	}
	if len(corners) > 2 && v.Hooks.Outlined != nil {
		v.Hooks.Outlined(corners, false, v.polygon)
	}
}

// Back removes the polygon's last corner.
func (v *View) Back() {
	points := v.Scene.Outline
	if n := len(points); n > 2 {
		v.outline(append(append([][2]float32(nil), points[:n-2]...), points[n-1]), true)
		return
	}
	v.outline(nil, false)
}

// Cancel drops what a tool is drawing.
func (v *View) Cancel() {
	switch v.drag.what {
	case dragShape, dragLasso, dragLine:
		v.drag = drag{}
	}
	if v.Scene.Outline != nil {
		v.outline(nil, false)
	}
}
