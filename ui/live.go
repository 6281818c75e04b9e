package ui

import (
	"image"

	"fyne.io/fyne/v2/widget"
)

// besideLive is the live picture, and its rectangle: to the right of everything, so that it hides no stroke.
func (w *Window) besideLive() (*image.RGBA, image.Rectangle) {
	if img, at := w.besideChain(); img != nil {
		return img, at
	}
	if img, at := w.xray.beside(); img != nil {
		return img, at
	}
	img, frame, on := w.studio.Live()
	if !on {
		return w.besideGuest()
	}
	if img == nil { // a placeholder, until it is there
		frame = w.studio.Document.Frame
		img = image.NewRGBA(image.Rectangle{Max: frame.Size()})
	}
	return img, w.rightOf(frame)
}

// rightOf is a frame's place right of what there is.
func (w *Window) rightOf(frame image.Rectangle) image.Rectangle {
	right := frame.Max.X
	if p := w.canvas.Scene.Picture; p != nil {
		right = max(right, p.Rect.Max.X+w.canvas.Scene.At.X)
	}
	gap := max(frame.Dx()/32, 4)
	return frame.Add(image.Pt(right+gap-frame.Min.X, 0))
}

// besideGuest is what is painted for another program, as far as it is; in the frame's place where the canvas is empty.
func (w *Window) besideGuest() (*image.RGBA, image.Rectangle) {
	g, ok := w.studio.Guests.Current()
	if !ok || g.Preview == nil {
		return nil, image.Rectangle{}
	}
	size := g.Size
	if size.X == 0 || size.Y == 0 {
		size = w.studio.Document.Frame.Size()
	}
	at := image.Rectangle{Max: size}.Add(w.studio.Document.Frame.Min)
	if w.canvas.Scene.Picture == nil && !w.studio.Run().Coming() {
		return g.Preview, at
	}
	return g.Preview, w.rightOf(at)
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
