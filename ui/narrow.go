package ui

import (
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Layouts for little room: on a small screen, or with large text, everything can still be reached.

// present reports whether an object, or any in it, is visible.
func present(o fyne.CanvasObject) bool {
	if c, ok := o.(*fyne.Container); ok && c.Visible() {
		for _, child := range c.Objects {
			if present(child) {
				return true
			}
		}
		return false
	}
	return o.Visible()
}

// optional wraps an object that a dropLayout may leave out.
func optional(o fyne.CanvasObject) *fyne.Container { return container.NewStack(o) }

// dropLayout is a row that leaves out optional objects, the first of drop first, when it gets too narrow. The grown
// object, if any, takes the remaining room, and at least more beyond its own where leaving out gives it.
type dropLayout struct {
	grown fyne.CanvasObject
	more  float32
	drop  []*fyne.Container
	gap   float32
}

func (l *dropLayout) dropped(o fyne.CanvasObject) bool {
	for _, d := range l.drop {
		if d == o {
			return true
		}
	}
	return false
}

// there reports whether an object needs room in the row.
func (l *dropLayout) there(o fyne.CanvasObject) bool {
	if c, ok := o.(*fyne.Container); ok && l.dropped(o) {
		return present(c.Objects[0])
	}
	return o.Visible()
}

// width is what all objects need, without the optional ones that are left out where most is false.
func (l *dropLayout) width(o []fyne.CanvasObject, most bool) float32 {
	w := float32(0)
	for _, c := range o {
		if l.there(c) && (most || !l.dropped(c)) {
			w += c.MinSize().Width + l.gap
		}
	}
	return max(w-l.gap, 0)
}

// MinSize and Layout implement fyne.Layout.
func (l *dropLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, c := range o {
		h = max(h, c.MinSize().Height)
	}
	return fyne.NewSize(l.width(o, false), h)
}

func (l *dropLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	left := s.Width - l.width(o, true) - l.more
	out := map[fyne.CanvasObject]bool{}
	for _, d := range l.drop {
		if left < 0 && l.there(d) {
			left += d.MinSize().Width + l.gap
			out[d] = true
		}
		visible(d, !out[d])
	}
	left += l.more
	x := float32(0)
	for _, c := range o {
		if !l.there(c) || out[c] {
			continue
		}
		w := c.MinSize().Width
		if c == l.grown {
			w += max(left, 0)
		}
		c.Move(fyne.NewPos(x, 0))
		c.Resize(fyne.NewSize(w, s.Height))
		x += w + l.gap
	}
}

// flowLayout puts objects of equal width side by side, as many as fit, and the rest below.
type flowLayout struct{ columns int }

func (l *flowLayout) cell(o []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, c := range o {
		s = s.Max(c.MinSize())
	}
	return s
}

// MinSize and Layout implement fyne.Layout. The height is that for the last width.
func (l *flowLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	c, columns := l.cell(o), max(l.columns, 1)
	rows := (len(o) + columns - 1) / columns
	return fyne.NewSize(c.Width, float32(rows)*(c.Height+4)-4)
}

func (l *flowLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	c := l.cell(o)
	l.columns = min(max(int((s.Width+4)/(c.Width+4)), 1), max(len(o), 1))
	w := (s.Width - float32(l.columns-1)*4) / float32(l.columns)
	for i, p := range o {
		p.Move(fyne.NewPos(float32(i%l.columns)*(w+4), float32(i/l.columns)*(c.Height+4)))
		p.Resize(fyne.NewSize(w, c.Height))
	}
}

// freeLayout puts one object in the centre and needs no room.
type freeLayout struct{}

func (freeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
func (freeLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	size := o[0].MinSize()
	o[0].Resize(size)
	o[0].Move(fyne.NewPos(max((s.Width-size.Width)/2, 0), max((s.Height-size.Height)/2, 0)))
}

// cutText is a line that ends in dots where it does not fit.
type cutText struct {
	box  *fyne.Container
	text *canvas.Text
	all  string
}

func newCutText(text string) *cutText {
	c := &cutText{text: caption(text), all: text}
	c.box = container.New(c, c.text)
	return c
}

func (c *cutText) set(text string) {
	c.all = text
	c.Layout(nil, c.box.Size())
	c.text.Refresh()
}

// MinSize and Layout implement fyne.Layout.
func (c *cutText) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, c.text.MinSize().Height)
}

func (c *cutText) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	c.text.Text = cut(c.all, s.Width, c.text.TextSize)
	c.text.Resize(s)
}

// cut is as much of a text as fits a width, with dots where that is not all.
func cut(text string, width, size float32) string {
	wide := func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width }
	if width <= 0 || wide(text) <= width {
		return text
	}
	letters := []rune(text)
	low, high := 0, len(letters)
	for low < high {
		if n := (low + high + 1) / 2; wide(string(letters[:n])+"…") <= width {
			low = n
		} else {
			high = n - 1
		}
	}
	return string(letters[:low]) + "…"
}

// cutMiddle shortens a text in the theme's size in its middle: names that begin alike often differ at their ends.
func cutMiddle(text string, width float32, style fyne.TextStyle) string {
	wide := func(s string) float32 { return fyne.MeasureText(s, theme.TextSize(), style).Width }
	if wide(text) <= width {
		return text
	}
	letters := []rune(text)
	short := func(n int) string {
		end := n / 3
		return strings.TrimRight(string(letters[:n-end]), " ") + "…" + strings.TrimLeft(string(letters[len(letters)-end:]), " ")
	}
	too := sort.Search(len(letters), func(n int) bool { return wide(short(n)) > width })
	return short(max(too-1, 0))
}

// shelfLayout divides the row below the canvas among the candidates' buttons, the candidates, the history, and the
// button that replaces the history where there is no room for it.
type shelfLayout struct {
	tray *tray
	slim bool // the history is only its button
}

// leastHistory is the history's row with one picture in it.
const leastHistory = 170 + 2*gap + thumbSide + 8

// MinSize and Layout implement fyne.Layout.
func (l *shelfLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	w, h := o[3].MinSize().Width+thumbSide, float32(0)
	for i, c := range o {
		if i < 3 {
			h = max(h, c.MinSize().Height)
		}
	}
	if o[0].Visible() {
		w += o[0].MinSize().Width
	}
	return fyne.NewSize(w+2*gap, h)
}

func (l *shelfLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place := func(c fyne.CanvasObject, x, w float32) {
		c.Move(fyne.NewPos(x, 0))
		c.Resize(fyne.NewSize(max(w, 0), s.Height))
	}
	row := o[0].(*fyne.Container).Layout.(*dropLayout)
	buttons := float32(0)
	if o[0].Visible() {
		buttons = row.width(o[0].(*fyne.Container).Objects, true) + gap
	}
	wants := buttons + l.tray.wants()
	history := max(s.Width-wants, leastHistory)
	least := buttons + thumbSide + gap
	if !o[0].Visible() {
		least = 0
	}
	l.slim = s.Width-history < least
	if l.slim {
		history = o[3].MinSize().Width + gap
	}
	visible(o[2], !l.slim)
	visible(o[3], l.slim)
	rest := s.Width - history
	if o[0].Visible() {
		if room := rest - thumbSide - gap; buttons > room {
			buttons = max(room, row.width(o[0].(*fyne.Container).Objects, false)+gap)
		}
		place(o[0], 0, buttons-gap)
	}
	place(o[1], buttons, rest-buttons)
	place(o[2], rest, history)
	place(o[3], rest, history)
}
