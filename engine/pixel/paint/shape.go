package paint

import (
	"image"
	"math"

	"nirvana/engine/pixel"
)

// Pen is a round brush tip.
type Pen struct {
	Size     float32 // diameter, px
	Softness float32 // 0 hard to 1 soft
}

func (p Pen) trail() pixel.Trail { return pixel.Trail{Radius: p.Size / 2, Softness: p.Softness} }

// Line is the coverage of strokes along the points, in picture pixels.
func (p Pen) Line(bounds image.Rectangle, points ...[2]float32) *image.Gray {
	out := image.NewGray(image.Rectangle{Max: bounds.Size()})
	t := p.trail()
	for _, at := range points {
		t.To(out, at[0]-float32(bounds.Min.X), at[1]-float32(bounds.Min.Y))
	}
	out.Rect = bounds
	return out
}

// Shape is a rectangle or an ellipse.
type Shape int

const (
	Rectangle Shape = iota
	Ellipse
)

// Filled is the coverage of a shape's inside.
func (s Shape) Filled(bounds, r image.Rectangle) *image.Gray {
	here := image.Rectangle{Max: bounds.Size()}
	out := pixel.Rectangle(here, r.Sub(bounds.Min))
	if s == Ellipse {
		out = pixel.Ellipse(here, r.Sub(bounds.Min))
	}
	out.Rect = bounds
	return out
}

// Outline is the coverage of a stroke along a shape's border.
func (s Shape) Outline(bounds, r image.Rectangle, pen Pen) *image.Gray {
	x0, y0, x1, y1 := float32(r.Min.X), float32(r.Min.Y), float32(r.Max.X), float32(r.Max.Y)
	if s == Rectangle {
		return pen.Line(bounds, [2]float32{x0, y0}, [2]float32{x1, y0}, [2]float32{x1, y1}, [2]float32{x0, y1}, [2]float32{x0, y0})
	}
	a, b := float64(x1-x0)/2, float64(y1-y0)/2
	// A chord of n leaves the ellipse by a(1-cos(pi/n)): a sixteenth of a pixel is not seen.
	n := int(math.Ceil(math.Pi/math.Acos(1-1/(16*max(a, b, 1))))) + 8
	points := make([][2]float32, n+1)
	for i := range points {
		t := 2 * math.Pi * float64(i) / float64(n)
		points[i] = [2]float32{float32(float64(x0) + a + a*math.Cos(t)), float32(float64(y0) + b + b*math.Sin(t))}
	}
	return pen.Line(bounds, points...)
}

// Everywhere is full coverage.
func Everywhere(bounds image.Rectangle) *image.Gray { return Rectangle.Filled(bounds, bounds) }

// Inside is the coverage of the polygon of the points, in picture pixels.
func Inside(bounds image.Rectangle, points [][2]float32) *image.Gray {
	here := make([][2]float32, len(points))
	for i, p := range points {
		here[i] = [2]float32{p[0] - float32(bounds.Min.X), p[1] - float32(bounds.Min.Y)}
	}
	out := pixel.Polygon(image.Rectangle{Max: bounds.Size()}, here)
	out.Rect = bounds
	return out
}

// Around is the rectangle of the pixels that points lie in.
func Around(points [][2]float32) (r image.Rectangle) {
	for _, p := range points {
		x, y := int(math.Floor(float64(p[0]))), int(math.Floor(float64(p[1])))
		r = r.Union(image.Rect(x, y, x+1, y+1))
	}
	return r
}
