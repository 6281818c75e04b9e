package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// column gives the labels of fields below each other one width, that of the widest, which depends on the language.
type column struct {
	w      *Window
	names  []fyne.CanvasObject
	scroll *container.Scroll // that it is in; nil: none
}

// row is a field with its label, and an optional button after it.
func (c *column) row(name string, field, behind fyne.CanvasObject) *fyne.Container {
	return container.NewBorder(nil, nil, c.name(name, "", nil), behind, field)
}

// name is a label. more adds to its tip what is true when it is shown; nil: nothing.
func (c *column) name(name, unit string, more func() string) fyne.CanvasObject {
	title := say(name)
	if unit != "" {
		title += " (" + unit + ")"
	}
	l := c.w.tips.label(title, explained[name])
	l.more = more
	c.names = append(c.names, l)
	return container.New(c, l)
}

func (c *column) width() float32 {
	w := float32(0)
	for _, n := range c.names {
		w = max(w, n.MinSize().Width)
	}
	return w
}

// MinSize and Layout are those of one label.
func (c *column) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(c.width(), o[0].MinSize().Height)
}

func (c *column) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	o[0].Move(fyne.Position{})
}

// under leaves the width of the labels free.
func (c *column) under(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&underLayout{c}, o)
}

type underLayout struct{ c *column }

func (l *underLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	if !o[0].Visible() {
		return fyne.Size{}
	}
	return o[0].MinSize().AddWidthHeight(l.c.width()+gap/2, 0)
}

func (l *underLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	left := l.c.width() + gap/2
	o[0].Move(fyne.NewPos(left, 0))
	o[0].Resize(s.SubtractWidthHeight(left, 0))
}
