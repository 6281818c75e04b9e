package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Fyne gives keys to the focused widget only. These leave Escape and F1 to the window, as entry does: Escape must
// close dialogs, and stop runs, whatever was clicked last.

// windowKey handles a key that works everywhere in the window; false for others.
func (w *Window) windowKey(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyEscape:
		w.escape()
	case fyne.KeyF1:
		w.help()
	case fyne.KeySpace: // over the timeline, whatever was clicked last; a text field takes it as a letter
		if _, text := w.win.Canvas().Focused().(fyne.Shortcutable); text || !w.timeline.ticks.over {
			return false
		}
		w.timeline.hold()
	default:
		return false
	}
	return true
}

type button struct {
	widget.Button
	w *Window
}

func (w *Window) pushButton(label string, icon fyne.Resource, tapped func()) *button {
	b := &button{w: w}
	b.Text, b.Icon, b.OnTapped = label, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

func (b *button) TypedKey(k *fyne.KeyEvent) {
	if !b.w.windowKey(k) {
		b.Button.TypedKey(k)
	}
}

type check struct {
	widget.Check
	resting
	w *Window
}

func (w *Window) checkBox(label string, changed func(bool)) *check {
	c := &check{w: w, resting: resting{tips: w.tips}}
	c.Text, c.OnChanged = label, changed
	c.ExtendBaseWidget(c)
	return c
}

// MouseIn shows the tip after a moment, where it has one.
func (c *check) MouseIn(e *desktop.MouseEvent) {
	c.Check.MouseIn(e)
	c.enter(c)
}

// MouseOut takes it away.
func (c *check) MouseOut() {
	c.Check.MouseOut()
	c.leave()
}

// CreateRenderer implements fyne.Widget.
func (c *check) CreateRenderer() fyne.WidgetRenderer {
	r := &checkRenderer{WidgetRenderer: c.Check.CreateRenderer(), c: c}
	r.colour()
	return r
}

// checkRenderer is Fyne's, with the outlines' colours of this window's theme.
type checkRenderer struct {
	fyne.WidgetRenderer
	c *check
}

func (r *checkRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.colour()
}

func (r *checkRenderer) colour() {
	for _, o := range r.Objects() {
		img, ok := o.(*canvas.Image)
		if !ok {
			continue
		}
		res, ok := img.Resource.(*theme.ThemedResource)
		if !ok {
			continue
		}
		was := res.ColorName
		switch was {
		case theme.ColorNameInputBorder:
			res.ColorName = colorCheck
		case theme.ColorNameDisabled:
			res.ColorName = colorCheckOff
		}
		if res.ColorName != was {
			img.Refresh()
		}
	}
}

func (c *check) TypedKey(k *fyne.KeyEvent) {
	if !c.w.windowKey(k) {
		c.Check.TypedKey(k)
	}
}

type selector struct {
	widget.Select
	w *Window
}

func (w *Window) selector(options []string, changed func(string)) *selector {
	s := &selector{w: w}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

func (s *selector) TypedKey(k *fyne.KeyEvent) {
	if !s.w.windowKey(k) {
		s.Select.TypedKey(k)
	}
}

type list struct {
	widget.List
	w *Window
}

func (w *Window) list(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *list {
	l := &list{w: w}
	l.Length, l.CreateItem, l.UpdateItem = length, create, update
	l.ExtendBaseWidget(l)
	return l
}

func (l *list) TypedKey(k *fyne.KeyEvent) {
	if !l.w.windowKey(k) {
		l.List.TypedKey(k)
	}
}

type grid struct {
	widget.GridWrap
	w       *Window
	focused bool // the canvas still has it as focused while it loses the focus
}

func (w *Window) grid(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *grid {
	g := &grid{w: w}
	g.Length, g.CreateItem, g.UpdateItem = length, create, update
	g.ExtendBaseWidget(g)
	return g
}

func (g *grid) FocusGained() {
	g.focused = true
	g.GridWrap.FocusGained()
}

func (g *grid) FocusLost() {
	g.focused = false
	g.GridWrap.FocusLost()
}

func (g *grid) TypedKey(k *fyne.KeyEvent) {
	if !g.w.windowKey(k) {
		g.GridWrap.TypedKey(k)
	}
}
