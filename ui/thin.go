package ui

import (
	"math"
	"time"
)

// Fyne reports no pressure of pens, so where a stroke is to have it, its speed stands for it.

// pace is how fast a stroke is drawn, and how much thinner that makes it.
type pace struct {
	at    time.Time
	x, y  float32
	share float64 // 0: as wide as the brush
}

// Speeds on the screen, in units of Fyne a second: up to slow a stroke is as wide as the brush, from fast on it is
// thinnest. settle is how long it takes to get there.
const (
	slow, fast = 250, 2500
	thinnest   = 0.8
	settle     = 60 * time.Millisecond
)

// to notes that the stroke has come to a point of the picture at a time; zoom is units of Fyne for each of its pixels.
func (p *pace) to(x, y float32, zoom float64, now time.Time) (share float32) {
	if !p.at.IsZero() && now.After(p.at) {
		took := now.Sub(p.at)
		speed := math.Hypot(float64(x-p.x), float64(y-p.y)) * zoom / took.Seconds()
		want := thinnest * min(max((speed-slow)/(fast-slow), 0), 1)
		p.share += (want - p.share) * (1 - math.Exp(-took.Seconds()/settle.Seconds()))
	}
	p.at, p.x, p.y = now, x, y
	return float32(p.share)
}

// thin has the stroke under way thinner the faster it is, where that is set.
func (w *Window) thin(x, y float32) {
	if w.studio.Settings.BrushThins {
		_, _, width, _ := w.canvas.FrameOnScreen()
		zoom := float64(width) / float64(max(w.canvas.Scene.Frame.Dx(), 1))
		w.studio.Document.Thin(w.pace.to(x, y, zoom, time.Now()))
	}
}
