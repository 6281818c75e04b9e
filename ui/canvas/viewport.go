// Package canvas is the widget in the middle of the window: the picture with zoom and pan, the running x_t in its
// frame, the mask over it, the frame with its handles. It depends on pictures and rectangles, not on the studio.
// Start with View; render.go draws a Scene into pixels, in plain Go.
package canvas

import (
	"image"
	"math"
)

// Zoom limits: 2 % to 6400 %.
const (
	MinZoom = 0.02
	MaxZoom = 64
)

// Viewport maps the document to the screen: screen = document*Zoom + offset, in device pixels.
type Viewport struct {
	Zoom float64
	X, Y float64 // the position of the document's corner on the screen
}

// ToDocument is the document's point at a position on the screen.
func (v Viewport) ToDocument(x, y float64) (float64, float64) {
	return (x - v.X) / v.Zoom, (y - v.Y) / v.Zoom
}

// ToScreen is a document's rectangle on the screen, rounded to pixels.
func (v Viewport) ToScreen(r image.Rectangle) image.Rectangle {
	at := func(p int, o float64) int { return int(math.Floor(float64(p)*v.Zoom + o + 0.5)) }
	return image.Rect(at(r.Min.X, v.X), at(r.Min.Y, v.Y), at(r.Max.X, v.X), at(r.Max.Y, v.Y))
}

// ZoomAt zooms by a factor and keeps the document's point at x, y there.
func (v Viewport) ZoomAt(factor, x, y float64) Viewport { return v.ZoomTo(v.Zoom*factor, x, y) }

// ZoomTo zooms to a zoom and keeps the document's point at x, y there. At 100 % document and screen pixels coincide.
func (v Viewport) ZoomTo(zoom, x, y float64) Viewport {
	zoom = min(max(zoom, MinZoom), MaxZoom)
	dx, dy := v.ToDocument(x, y)
	out := Viewport{zoom, x - dx*zoom, y - dy*zoom}
	if zoom == 1 {
		out.X, out.Y = math.Floor(out.X+0.5), math.Floor(out.Y+0.5)
	}
	return out
}

// Kept is the viewport moved as little as needed so that some of r stays on a screen of w x h: a picture that was
// moved away could not be found again.
func (v Viewport) Kept(r image.Rectangle, w, h int) Viewport {
	const least = 48 // device px
	s := v.ToScreen(r)
	inside := func(low, high, size int) float64 {
		return float64(max(0, min(least, size)-high) - max(0, low-(size-min(least, size))))
	}
	v.X += inside(s.Min.X, s.Max.X, w)
	v.Y += inside(s.Min.Y, s.Max.Y, h)
	return v
}

// Over is the rectangle of the screen that shows any part of r, plus a pixel on every side.
func (v Viewport) Over(r image.Rectangle) image.Rectangle { return v.ToScreen(r).Inset(-1) }

// Fitted shows the whole of r in a screen of w x h with a margin, never above 800 %.
func Fitted(r image.Rectangle, w, h int) Viewport {
	if r.Empty() || w <= 0 || h <= 0 {
		return Viewport{1, 0, 0}
	}
	zoom := 0.88 * min(float64(w)/float64(r.Dx()), float64(h)/float64(r.Dy()))
	return Centred(r, w, h, min(max(zoom, MinZoom), 8))
}

// FittedBelow is Fitted with the first top rows of the screen free, which are covered.
func FittedBelow(r image.Rectangle, w, h, top int) Viewport {
	v := Fitted(r, w, h)
	if top <= 0 || top >= h || v.ToScreen(r).Min.Y >= top {
		return v
	}
	v = Fitted(r, w, h-top)
	v.Y += float64(top)
	return v
}

// Centred shows r's middle in the middle of the screen at a zoom.
func Centred(r image.Rectangle, w, h int, zoom float64) Viewport {
	cx, cy := float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2
	return Viewport{zoom, math.Round(float64(w)/2 - cx*zoom), math.Round(float64(h)/2 - cy*zoom)}
}
