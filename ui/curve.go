package ui

import (
	"image/color"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// curveEdit is a number over the steps of a run: points that are dragged up and down, evenly spaced from the first step to the last.
// One with an interval has two edges, dragged sideways along the top: outside of them it does not act.
type curveEdit struct {
	widget.BaseWidget
	values      []float32
	low, high   float32
	from, until float32 // of the interval, shares of the steps
	interval    bool
	changed     func(done bool) // values or interval are others; done: the drag has ended
	held        int             // the point in hand, or one of the two below
}

const (
	heldNone  = -1
	heldFrom  = -2
	heldUntil = -3

	curveHeight, curveInset, curveEdge = 96, 8, 14 // the last is the height of the edges' grips
)

func newCurveEdit(low, high float32, interval bool, changed func(done bool)) *curveEdit {
	c := &curveEdit{low: low, high: high, until: 1, interval: interval, changed: changed, held: heldNone}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a curve.
func (c *curveEdit) Set(values []float32, from, until float32) {
	if until == 0 {
		until = 1
	}
	if c.held != heldNone || slices.Equal(values, c.values) && from == c.from && until == c.until {
		return
	}
	c.values, c.from, c.until = slices.Clone(values), from, until
	c.Refresh()
}

// x and y are where a share of the steps and a value lie.
func (c *curveEdit) x(share float32) float32 {
	return curveInset + share*(c.Size().Width-2*curveInset)
}

func (c *curveEdit) y(v float32) float32 {
	top, bottom := float32(curveInset), c.Size().Height-curveInset
	if c.interval {
		top += curveEdge
	}
	return bottom - (min(max(v, c.low), c.high)-c.low)/(c.high-c.low)*(bottom-top)
}

// share and value are what lies at a place.
func (c *curveEdit) share(x float32) float32 {
	return min(max((x-curveInset)/(c.Size().Width-2*curveInset), 0), 1)
}

func (c *curveEdit) value(y float32) float32 {
	top, bottom := c.y(c.high), c.y(c.low)
	v := c.high - (y-top)/(bottom-top)*(c.high-c.low)
	step := float64(c.high-c.low) / 100
	return min(max(float32(math.Round(float64(v)/step)*step), c.low), c.high)
}

func (c *curveEdit) nearest(x float32) int {
	if len(c.values) < 2 {
		return 0
	}
	return int(c.share(x)*float32(len(c.values)-1) + 0.5)
}

// MouseDown takes up what is nearest.
func (c *curveEdit) MouseDown(e *desktop.MouseEvent) {
	if e.Button != desktop.MouseButtonPrimary || len(c.values) == 0 {
		return
	}
	if s := c.share(e.Position.X); c.interval && e.Position.Y < curveInset+curveEdge {
		c.held = heldFrom
		if s > (c.from+c.until)/2 {
			c.held = heldUntil
		}
	} else {
		c.held = c.nearest(e.Position.X)
	}
	c.move(e.Position)
}

// MouseUp ends it.
func (c *curveEdit) MouseUp(*desktop.MouseEvent) { c.end() }

// Dragged and DragEnd are Fyne's.
func (c *curveEdit) Dragged(e *fyne.DragEvent) { c.move(e.Position) }
func (c *curveEdit) DragEnd()                  { c.end() }

func (c *curveEdit) end() {
	if c.held != heldNone {
		c.held = heldNone
		c.changed(true)
		c.Refresh()
	}
}

func (c *curveEdit) move(at fyne.Position) {
	const least = 0.02 // of an interval
	round := func(v float32) float32 { return float32(math.Round(float64(v)*100) / 100) }
	switch c.held {
	case heldNone:
		return
	case heldFrom:
		c.from = round(min(c.share(at.X), c.until-least))
	case heldUntil:
		c.until = round(max(c.share(at.X), c.from+least))
	default:
		c.values[c.held] = c.value(at.Y)
	}
	c.changed(false)
	c.Refresh()
}

func (c *curveEdit) CreateRenderer() fyne.WidgetRenderer {
	r := &curveRenderer{c: c, ground: canvas.NewRectangle(nil)}
	for i := range r.shade {
		r.shade[i], r.grip[i] = canvas.NewRectangle(nil), canvas.NewRectangle(accent)
		r.grip[i].CornerRadius = 3
	}
	r.Refresh()
	return r
}

type curveRenderer struct {
	c      *curveEdit
	ground *canvas.Rectangle
	shade  [2]*canvas.Rectangle // outside the interval
	grip   [2]*canvas.Rectangle
	lines  []*canvas.Line
	points []*canvas.Circle
}

func (r *curveRenderer) Destroy()           {}
func (r *curveRenderer) MinSize() fyne.Size { return fyne.NewSize(120, curveHeight) }
func (r *curveRenderer) Layout(fyne.Size)   { r.Refresh() }
func (r *curveRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.ground, r.shade[0], r.shade[1]}
	for _, l := range r.lines {
		out = append(out, l)
	}
	for _, p := range r.points {
		out = append(out, p)
	}
	return append(out, r.grip[0], r.grip[1])
}

func (r *curveRenderer) Refresh() {
	c, size := r.c, r.c.Size()
	r.ground.FillColor, r.ground.CornerRadius = theme.Color(theme.ColorNameInputBackground), 4
	r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
	r.ground.Resize(size)
	n := len(c.values)
	for len(r.points) < n {
		r.points = append(r.points, canvas.NewCircle(accent))
		r.lines = append(r.lines, canvas.NewLine(theme.Color(theme.ColorNameForeground)))
	}
	at := func(i int) fyne.Position {
		share := float32(0)
		if n > 1 {
			share = float32(i) / float32(n-1)
		}
		return fyne.NewPos(c.x(share), c.y(c.values[i]))
	}
	for i := range r.points {
		visible(r.points[i], i < n)
		visible(r.lines[i], i > 0 && i < n)
		if i >= n {
			continue
		}
		side := float32(8)
		if i == c.held {
			side = 12
		}
		r.points[i].Move(at(i).SubtractXY(side/2, side/2))
		r.points[i].Resize(fyne.NewSquareSize(side))
		if i > 0 {
			r.lines[i].StrokeColor, r.lines[i].StrokeWidth = theme.Color(theme.ColorNameForeground), 1.5
			r.lines[i].Position1, r.lines[i].Position2 = at(i-1), at(i)
		}
	}
	edges := [2]float32{c.x(c.from), c.x(c.until)}
	for i := range r.grip {
		visible(r.grip[i], c.interval && n > 0)
		r.grip[i].Move(fyne.NewPos(edges[i]-3, 3))
		r.grip[i].Resize(fyne.NewSize(6, curveEdge))
		r.shade[i].FillColor = color.NRGBA{128, 128, 128, 70}
		visible(r.shade[i], c.interval && n > 0)
	}
	r.shade[0].Move(fyne.NewPos(1, 1))
	r.shade[0].Resize(fyne.NewSize(max(edges[0]-1, 0), size.Height-2))
	r.shade[1].Move(fyne.NewPos(edges[1], 1))
	r.shade[1].Resize(fyne.NewSize(max(size.Width-1-edges[1], 0), size.Height-2))
	canvas.Refresh(r.c)
}
