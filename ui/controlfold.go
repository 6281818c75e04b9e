package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// controlFold is what steers a model that has a ControlNet; it is there for such models only.
type controlFold struct {
	fold               *fold
	source             *widget.Select
	file               *widget.Button
	note               *widget.Label
	scale, from, until *number
	w                  *Window
	setting            bool
}

var controlSources = []string{"Nothing", "Edges of the picture", "What is painted", "A picture from a file"}

func newControlFold(p *panel) *controlFold {
	w := p.w
	c := &controlFold{w: w}
	set := func(change func(*app.Control)) {
		if !c.setting {
			w.studio.SetControl(change)
		}
	}
	c.source = widget.NewSelect(allSaid(controlSources), nil)
	c.source.OnChanged = func(string) {
		set(func(t *app.Control) { t.Source = app.ControlSources[max(c.source.SelectedIndex(), 0)] })
	}
	c.file = widget.NewButtonWithIcon("", icon("import"), c.choose)
	c.note = widget.NewLabel(say("The brush draws the lines to follow; nothing is masked meanwhile."))
	c.note.Importance = widget.LowImportance
	c.note.Wrapping = fyne.TextWrapWord
	one := func() float64 { return 1 }
	c.scale = p.column.number("Weight", "", 0, 2, 0.05, 2, one, func(v float64) { set(func(t *app.Control) { t.Scale = float32(v) }) })
	c.from = p.column.number("Begins", "", 0, 1, 0.05, 2, func() float64 { return 0 }, func(v float64) { set(func(t *app.Control) { t.From = float32(v) }) })
	c.until = p.column.number("Ends", "", 0.05, 1, 0.05, 2, one, func(v float64) { set(func(t *app.Control) { t.Until = float32(v) }) })
	source := p.column.row("Follow", c.source, nil)
	c.fold = newFold("ControlNet", true, spaced(source, c.file, c.note, c.scale.box, c.from.box, c.until.box))
	return c
}

func (c *controlFold) choose() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.OpenFile(say("Choose a depth map, a pose or edges"), folder, pictures.said())
	}, func(path string) { c.w.studio.SetControl(func(t *app.Control) { t.File = path }) })
}

func (c *controlFold) show(s *app.Studio) {
	c.setting = true
	defer func() { c.setting = false }()
	visible(c.fold.box, s.Facts.ControlNets > 0)
	t := s.Settings.Control
	for i, source := range app.ControlSources {
		if source == t.Source && c.source.SelectedIndex() != i {
			c.source.SetSelectedIndex(i)
		}
	}
	c.file.SetText(say("Choose ..."))
	if t.File != "" {
		c.file.SetText(filepath.Base(t.File))
	}
	visible(c.file, t.Source == "file")
	visible(c.note, t.Source == "painted")
	for _, n := range []*number{c.scale, c.from, c.until} {
		visible(n.box, t.Source != "")
	}
	c.scale.Set(float64(t.Scale))
	c.from.Set(float64(t.From))
	c.until.Set(float64(t.Until))
}
