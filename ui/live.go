package ui

import (
	"image"

	"fyne.io/fyne/v2/widget"
)

// besideLive is the live picture, and its rectangle: to the right of everything, so that it hides no stroke.
func (w *Window) besideLive() (*image.RGBA, image.Rectangle) {
	img, frame, on := w.studio.Live()
	if !on {
		return nil, image.Rectangle{}
	}
	if img == nil { // a placeholder, until it is there
		frame = w.studio.Document.Frame
		img = image.NewRGBA(image.Rectangle{Max: frame.Size()})
	}
	right := frame.Max.X
	if p := w.canvas.Scene.Picture; p != nil {
		right = max(right, p.Rect.Max.X+w.canvas.Scene.At.X)
	}
	gap := max(frame.Dx()/32, 4)
	return img, frame.Add(image.Pt(right+gap-frame.Min.X, 0))
}

// toggleLive turns the live picture on or off.
func (w *Window) toggleLive() {
	_, _, on := w.studio.Live()
	w.studio.SetLive(!on)
}

// showLive shows whether it is on, and whether there is a picture.
func (p *panel) showLive() {
	img, _, on := p.w.studio.Live()
	if want := map[bool]widget.Importance{true: widget.HighImportance, false: widget.LowImportance}[on]; p.live.Importance != want {
		p.live.Importance = want
		p.live.Refresh()
	}
	visible(p.take, on && img != nil)
}
