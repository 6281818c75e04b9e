package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// choice is a row of buttons of which one is selected.
type choice struct {
	box     *fyne.Container
	ground  *canvas.Rectangle
	options []string
	buttons []*tipButton
	chosen  string
}

// choice makes the row; tips has a text for each option, or is nil.
func (w *Window) choice(options, tips []string, chosen func(string)) *choice {
	c := &choice{options: options, ground: canvas.NewRectangle(nil)}
	row := container.New(layout.NewCustomPaddedHBoxLayout(1))
	for i, option := range options {
		tip := ""
		if tips != nil {
			tip = tips[i]
		}
		b := w.tips.text(say(option), tip, func() {
			c.set(option)
			chosen(option)
		})
		c.buttons = append(c.buttons, b)
		row.Add(container.New(&insetLayout{left: 1, right: 1, top: 1, bottom: 1}, fixed(max(b.MinSize().Width, 34), b)))
	}
	c.ground.CornerRadius = 4
	c.box = container.NewStack(c.ground, row)
	return c
}

// set shows which one is selected, without calling back.
func (c *choice) set(option string) {
	c.ground.FillColor = theme.Color(theme.ColorNameInputBackground)
	if c.chosen == option {
		return
	}
	c.chosen = option
	for i, b := range c.buttons {
		b.Importance = widget.LowImportance
		if c.options[i] == option {
			b.Importance = widget.MediumImportance
		}
		b.Refresh()
	}
}
