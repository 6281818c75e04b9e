package ui

import (
	"image/color"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// controlFold is what steers a model that has a ControlNet; it is there for such models only.
type controlFold struct {
	fold               *fold
	source, net        *selector
	netRow, lines      *fyne.Container
	file               *button
	brush              *choice
	scale, from, until *number
	w                  *Window
	setting            bool
}

var controlSources = []string{"Nothing", "Edges of the picture", "A scribble", "A picture from a file"}

const brushLines, brushMask = "Lines", "Mask"

// lineColor is the scribble's on the canvas: none of the mask's, and no grey.
var lineColor = color.NRGBA{70, 240, 200, 255}

func newControlFold(p *panel) *controlFold {
	w := p.w
	c := &controlFold{w: w}
	set := func(change func(*app.Control)) {
		if !c.setting {
			w.studio.SetControl(change)
		}
	}
	c.source = c.w.selector(allSaid(controlSources), nil)
	c.source.OnChanged = func(string) {
		set(func(t *app.Control) { t.Source = app.ControlSources[max(c.source.SelectedIndex(), 0)] })
		if !c.setting && w.studio.Scribbling() {
			w.tools.choose(canvas.ToolBrush)
		}
	}
	c.net = c.w.selector(nil, func(name string) { set(func(t *app.Control) { t.Net = name }) })
	c.netRow = p.column.row("Net", c.net, nil)
	c.file = c.w.pushButton("", icon("import"), c.choose)
	c.scribble(p, set)
	one := func() float64 { return 1 }
	c.scale = p.column.number("Weight", "", 0, 2, 0.05, 2, one, func(v float64) { set(func(t *app.Control) { t.Scale = float32(v) }) })
	c.from = p.column.number("Begins", "", 0, 1, 0.05, 2, func() float64 { return 0 }, func(v float64) { set(func(t *app.Control) { t.From = float32(v) }) })
	c.until = p.column.number("Ends", "", 0.05, 1, 0.05, 2, one, func(v float64) { set(func(t *app.Control) { t.Until = float32(v) }) })
	source := p.column.row("Follow", c.source, nil)
	c.fold = w.fold("ControlNet", true, spaced(c.netRow, source, c.file, c.lines, c.scale.box, c.from.box, c.until.box))
	return c
}

// scribble is what there is for lines: what the brush paints, and the layer as a whole.
func (c *controlFold) scribble(p *panel, set func(func(*app.Control))) {
	w, d := c.w, c.w.studio.Document
	c.brush = w.choice([]string{"Lines", "Mask"}, []string{"Brush and eraser draw the lines to follow", "Brush and eraser paint the mask"},
		func(s string) { set(func(t *app.Control) { t.BrushMasks = s == brushMask }) })
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(1),
		w.tips.button("trash", "Clear the scribble", d.ClearScribble),
		w.tips.button("import", "Load a scribble", c.load),
		w.tips.button("save", "Save the scribble", c.save))
	c.lines = spaced(p.column.row("Brush", container.NewHBox(c.brush.box), nil), p.column.under(buttons))
}

func (c *controlFold) choose() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.OpenFile(say("Choose a depth map, a pose or edges"), folder, pictures.said())
	}, func(path string) { c.w.studio.SetControl(func(t *app.Control) { t.File = path }) })
}

func (c *controlFold) load() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.OpenFile(say("Load a scribble"), folder, pictures.said())
	}, func(path string) {
		c.w.studio.Fail("The scribble cannot be loaded", c.w.studio.Document.LoadScribble(path), "", nil)
	})
}

func (c *controlFold) save() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.SaveFile(say("Save the scribble"), app.FreePath(folder, say("scribble"), ".png"), pngFiles)
	}, func(path string) {
		c.w.studio.Fail("The scribble was not saved", c.w.studio.Document.SaveScribble(path), "", nil)
	})
}

func (c *controlFold) show(s *app.Studio) {
	c.setting = true
	defer func() { c.setting = false }()
	visible(c.fold.box, s.Facts.ControlNets > 0)
	t := s.Settings.Control
	if i := slices.Index(app.ControlSources, t.Source); i >= 0 && c.source.SelectedIndex() != i {
		c.source.SetSelectedIndex(i)
	}
	visible(c.netRow, len(s.Facts.ControlNames) > 1)
	if names := s.Facts.ControlNames; len(names) > 0 {
		c.net.SetOptions(names)
		c.net.SetSelectedIndex(max(slices.Index(names, t.Net), 0))
	}
	c.file.SetText(say("Choose ..."))
	if t.File != "" {
		c.file.SetText(filepath.Base(t.File))
	}
	visible(c.file, t.Source == "file")
	visible(c.lines, t.Source == "scribble")
	c.brush.set(brushLines)
	if t.BrushMasks {
		c.brush.set(brushMask)
	}
	for _, n := range []*number{c.scale, c.from, c.until} {
		visible(n.box, t.Source != "")
	}
	c.scale.Set(float64(t.Scale))
	c.from.Set(float64(t.From))
	c.until.Set(float64(t.Until))
}
