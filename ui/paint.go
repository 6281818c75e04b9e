package ui

import (
	"image"
	"image/color"
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/layers"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/plane"
	"nirvana/engine/pixel/transform"
	"nirvana/ui/canvas"
)

// What the tools do while they paint colour: Settings.Paint.Colours.

// ink is the present colour, with brush and settings.
func (w *Window) ink(erase bool) paint.Ink {
	t, d := w.studio.Settings, w.studio.Document
	k := paint.Ink{Source: paint.Flat(t.Paint.Front), Opacity: t.BrushOpacity, Erase: erase}
	if t.Paint.Within && d.Masked() {
		k.Within = d.Mask
	}
	return k
}

func (w *Window) pen() paint.Pen {
	t := w.studio.Settings
	return paint.Pen{Size: t.BrushSize, Softness: t.BrushSoftness}
}

// painted reports why painting was refused, or records the colour as a recent one.
func (w *Window) painted(err error) {
	if err != nil {
		w.studio.Fail("This cannot be painted", err, "", nil)
		return
	}
	w.studio.Set(func(t *app.Settings) { t.Paint.Used() })
}

// paper makes an empty document a white picture of the frame's size, to paint on.
func (w *Window) paper() {
	d := w.studio.Document
	if d.Picture != nil || w.studio.Tray.Current() != nil {
		return
	}
	if err := d.Room(); err != nil {
		w.studio.Fail("This cannot be painted", err, "", nil)
		return
	}
	d.Set(blank(d.Frame.Size()))
}

func blank(size image.Point) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: size})
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

// strokeBegan starts a stroke of colour.
func (w *Window) strokeBegan(x, y float32, erase bool) image.Rectangle {
	w.paper()
	r, err := w.studio.Document.BeginPaint(w.ink(erase), w.pen(), x, y)
	if err != nil {
		w.painted(err)
		return image.Rectangle{}
	}
	w.showCanvas(0) // from now on it shows the picture that is being written to
	return r
}

// strokeEnded keeps it.
func (w *Window) strokeEnded() {
	w.studio.Document.EndStroke()
	w.studio.Set(func(t *app.Settings) { t.Paint.Used() })
}

// cover paints a coverage that extends over r of the picture.
func (w *Window) cover(name string, r image.Rectangle, make func(bounds image.Rectangle) *image.Gray) {
	if w.runPaint.cover(r, make) {
		return
	}
	w.paper()
	d := w.studio.Document
	if r = r.Intersect(d.Bounds()); r.Empty() {
		return
	}
	err := d.Room()
	if err == nil {
		err = d.Cover(name, w.ink(false), make(r))
	}
	w.painted(err)
}

// shape paints a rectangle or an ellipse, filled or its outline.
func (w *Window) shape(tool canvas.Tool, r image.Rectangle) {
	kind := map[canvas.Tool]paint.Shape{canvas.ToolRectangle: paint.Rectangle, canvas.ToolEllipse: paint.Ellipse}[tool]
	if !w.studio.Settings.Paint.Outline {
		w.cover("shape", r, func(b image.Rectangle) *image.Gray { return kind.Filled(b, r) })
		return
	}
	pen := w.pen()
	w.cover("shape", r.Inset(-int(pen.Size)-2), func(b image.Rectangle) *image.Gray { return kind.Outline(b, r, pen) })
}

// outlined fills a lasso or polygon.
func (w *Window) outlined(points [][2]float32) {
	if w.studio.Settings.Paint.Outline {
		points = append(append([][2]float32(nil), points...), points[0])
		pen := w.pen()
		w.cover("shape", paint.Around(points).Inset(-int(pen.Size)-2), func(b image.Rectangle) *image.Gray { return pen.Line(b, points...) })
		return
	}
	w.cover("shape", paint.Around(points), func(b image.Rectangle) *image.Gray { return paint.Inside(b, points) })
}

// fill fills the connected area of similar colour at a point.
func (w *Window) fill(at image.Point) {
	w.paper()
	d, t := w.studio.Document, w.studio.Settings
	if !at.In(d.Bounds()) {
		return
	}
	if err := d.Room(); err != nil {
		w.painted(err)
		return
	}
	ink, fill, serial := w.ink(false), d.Filled(at, t.Tolerance, t.Paint.OneLayer), d.Serial
	w.beside(func() func() {
		cover := fill()
		return func() {
			if d.Serial == serial && cover.Rect == d.Bounds() { // it may be another picture by now, or cropped
				w.painted(d.Cover("fill", ink, cover))
			}
		}
	})
}

// pulled handles a drag: a gradient, or the selected layer's move.
func (w *Window) pulled(tool canvas.Tool, from, to [2]float64, done bool) {
	switch tool {
	case canvas.ToolGradient:
		if done && math.Hypot(to[0]-from[0], to[1]-from[1]) >= 2 {
			w.gradient(from, to)
		}
	case canvas.ToolMove:
		w.moveLayer(image.Pt(int(math.Round(to[0]-from[0])), int(math.Round(to[1]-from[1]))), done)
	}
}

func (w *Window) gradient(from, to [2]float64) {
	w.paper()
	d, t := w.studio.Document, w.studio.Settings.Paint
	k := w.ink(false)
	g := paint.Gradient{From: t.Front, To: t.Back, X0: float32(from[0]), Y0: float32(from[1]), X1: float32(to[0]), Y1: float32(to[1]), Radial: t.Radial}
	if t.Fade {
		g.To = t.Front
		g.To.A = 0
	}
	k.Source = g
	err := d.Room()
	if err == nil {
		err = d.Cover("gradient", k, paint.Everywhere(d.Bounds()))
	}
	w.painted(err)
}

// moveLayer moves the selected layer; done keeps it there.
func (w *Window) moveLayer(by image.Point, done bool) {
	d := w.studio.Document
	s := d.Stack()
	if s == nil {
		return
	}
	if by == (image.Point{}) && done {
		d.DropStroke()
		return
	}
	t := transform.Identity
	t.Move = [2]float64{float64(by.X), float64(by.Y)}
	if err := d.PreviewTransform(s.Active, t); err != nil {
		d.DropStroke()
		w.studio.Fail("The layer cannot be moved", err, "", nil)
		return
	}
	if done {
		d.EndStroke()
	}
}

// pick takes the colour at a point of what is shown.
func (w *Window) pick(at image.Point) {
	img, corner := w.studio.Shown()
	if img == nil {
		return
	}
	if c := paint.Pick(img, at.Add(corner), 0); c.A > 0 {
		c.A = 255
		w.studio.Set(func(t *app.Settings) { t.Paint.Front = c })
	}
}

// pointed handles a press of the text tool, or a point that the picker is over.
func (w *Window) pointed(tool canvas.Tool, at image.Point) {
	if tool == canvas.ToolPicker {
		w.pick(at)
		return
	}
	w.askText(at)
}

// askText asks for text, which becomes a layer at the point.
func (w *Window) askText(at image.Point) {
	w.paper()
	if w.studio.Document.Picture == nil {
		return
	}
	text := w.text("Text to add")
	text.SetMinRowsVisible(3)
	put := w.pushButton(say("Write"), nil, nil)
	put.Importance = widget.HighImportance
	why := widget.NewLabel("")
	why.Wrapping = fyne.TextWrapWord
	reason := fixed(320, why)
	reason.Hide()
	d := w.custom(say("Text"), container.NewVBox(fixed(320, text), reason, put))
	put.OnTapped = func() {
		if strings.TrimSpace(text.Text) != "" {
			if err := w.write(at, strings.TrimRight(text.Text, "\n ")); err != nil { // the words stay, to be changed
				why.SetText(w.studio.Advice(err))
				reason.Show()
				return
			}
		}
		d.Hide()
	}
	w.show(d)
	w.focusAfterClick(text)
}

// focusAfterClick gives a field the keyboard once the mouse event under way is over: Fyne takes it from whatever the
// mouse is not on.
func (w *Window) focusAfterClick(field fyne.Focusable) {
	c := w.win.Canvas()
	go fyne.Do(func() { c.Focus(field) })
}

// write makes a text layer, whose first line begins at a point.
func (w *Window) write(at image.Point, text string) error {
	t, d := w.studio.Settings.Paint, w.studio.Document
	font := fyne.CurrentApp().Settings().Theme().Font(fyne.TextStyle{})
	if font == nil {
		font = theme.DefaultTextFont()
	}
	letters := paint.Text{Font: font.Name(), Data: font.Content(), Size: float64(t.TextSize), Text: text}
	r, err := letters.Bounds()
	if err == nil {
		err = d.Arrange("text", func(s *layers.Stack) (*layers.Stack, error) {
			return lettered(s, letters, r.Add(at), at, d.Limited(w.ink(false)))
		})
	}
	if err == nil {
		w.painted(nil)
	}
	return err
}

// lettered is a stack with text as a layer above the selected one.
func lettered(s *layers.Stack, text paint.Text, r image.Rectangle, at image.Point, ink paint.Ink) (*layers.Stack, error) {
	const most = 1 << 26 // pixels of text
	if r.Dx() > most || r.Dy() > most/max(r.Dx(), 1) {
		return s, layers.ErrLarge
	}
	cover, err := text.Coverage(r, float64(at.X), float64(at.Y))
	if err != nil {
		return s, err
	}
	e := (*plane.Plane)(nil).Edit()
	ink.Lay(e, cover, r)
	name, _, _ := strings.Cut(text.Text, "\n")
	if letters := []rune(name); len(letters) > 24 {
		name = string(letters[:24])
	}
	return s.Added(s.Active, layers.Layer{Name: s.Free(name), Opacity: 1, Pixels: e.Done()})
}

// togglePaint switches between painting the mask and painting colour, and back from selecting.
func (w *Window) togglePaint() {
	w.studio.Set(func(t *app.Settings) {
		if t.Paint.Select {
			t.Paint.Select = false
			return
		}
		t.Paint.On = !t.Paint.On
	})
}

// setFront sets the colour to paint with, in paint.
func (w *Window) setFront(c color.NRGBA) {
	c.A = 255
	w.studio.Set(func(t *app.Settings) { t.Paint.Front, t.Paint.On, t.Paint.Select = c, true, false })
}

// inkShown is the colour that the tools paint; nil: they paint the mask.
func (w *Window) inkShown() *color.NRGBA {
	if p := w.studio.Settings.Paint; p.Colours() {
		return &p.Front
	}
	return nil
}
