package canvas

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
)

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
