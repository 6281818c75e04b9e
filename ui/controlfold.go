package ui

import (
	"image/color"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"nirvana/app"
	"nirvana/app/files"
	"nirvana/ui/canvas"
)

// controlFold has the settings of ControlNets; shown for models that have some.
type controlFold struct {
	fold    *fold
	rows    []*controlRow // app.MaxControls of them, of which the used ones are shown
	more    *button
	w       *Window
	setting bool
}

// controlRow is one ControlNet: which, its picture, and its weight.
type controlRow struct {
	fold               *controlFold
	k                  int
	box                *fyne.Container
	line               fyne.CanvasObject
	source             *selector
	net                *partChoice
	netRow, lines      *fyne.Container
	file               *button
	drop               *tipButton
	brush              *choice
	scale, from, until *number
}

var controlSources = []string{"Nothing", "Edges of the picture", "A scribble", "A picture from a file"}

const brushLines, brushMask = "Lines", "Mask"

// lineColor is the scribble's on the canvas: unlike the mask's colours, and not grey.
var lineColor = color.NRGBA{70, 240, 200, 255}

func newControlFold(p *panel) *controlFold {
	c := &controlFold{w: p.w}
	box := container.NewVBox()
	for k := range app.MaxControls {
		c.rows = append(c.rows, newControlRow(c, p, k))
		box.Add(c.rows[k].box)
	}
	c.more = p.w.pushButton(say("Another ControlNet"), icon("plus"), func() {
		var own []string
		for _, net := range controlNets(p.w.studio.Facts.ControlNames, nil, p.w.studio.Settings.Controls()) {
			if net.Path == "" && net.Name != "" {
				own = append(own, net.Name)
			}
		}
		p.w.studio.Set(func(t *app.Settings) { t.AddControl(own) })
	})
	box.Add(c.more)
	c.fold = p.w.fold("ControlNet", true, box)
	return c
}

func newControlRow(f *controlFold, p *panel, k int) *controlRow {
	c := &controlRow{fold: f, k: k, line: line()}
	w := f.w
	c.source = w.selector(allSaid(controlSources), nil)
	c.source.OnChanged = func(string) {
		c.set(func(t *app.Control) { t.Source = app.ControlSources[max(c.source.SelectedIndex(), 0)] })
		if !f.setting && w.studio.Settings.Scribbling(w.studio.Facts) {
			w.tools.choose(canvas.ToolBrush)
		}
	}
	c.net = w.partChoice("None", func(part app.Part) { w.studio.SetControlNet(k, part) })
	c.netRow = p.column.row("Net", c.net.finder, nil)
	c.file = w.pushButton("", icon("import"), c.choose)
	c.drop = w.tips.button("minus", "Remove this ControlNet", func() { w.studio.Set(func(t *app.Settings) { t.DropControl(k) }) })
	c.scribble(p)
	one := func() float64 { return 1 }
	c.scale = p.column.number("Weight", "", 0, 2, 0.05, 2, one, func(v float64) { c.set(func(t *app.Control) { t.Scale = float32(v) }) })
	c.from = p.column.number("Begins", "", 0, 1, 0.05, 2, func() float64 { return 0 }, func(v float64) { c.set(func(t *app.Control) { t.From = float32(v) }) })
	c.until = p.column.number("Ends", "", 0.05, 1, 0.05, 2, one, func(v float64) { c.set(func(t *app.Control) { t.Until = float32(v) }) })
	source := p.column.row("Follow", c.source, c.drop)
	c.box = spaced(c.line, source, c.netRow, c.file, c.lines, c.scale.box, c.from.box, c.until.box)
	return c
}

// set changes this ControlNet's settings, unless the panel is being refreshed.
func (c *controlRow) set(change func(*app.Control)) {
	if !c.fold.setting {
		c.fold.w.studio.SetControl(c.k, change)
	}
}

// scribble has the buttons for the layer that the brush draws lines on.
func (c *controlRow) scribble(p *panel) {
	w, d := c.fold.w, c.fold.w.studio.Document
	c.brush = w.choice([]string{"Lines", "Mask"}, []string{"Brush and eraser draw the lines to follow", "Brush and eraser paint the mask"},
		func(s string) { c.set(func(t *app.Control) { t.BrushMasks = s == brushMask }) })
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(1),
		w.tips.button("trash", "Clear the scribble", d.ClearScribble),
		w.tips.button("import", "Load a scribble", c.fold.load),
		w.tips.button("save", "Save the scribble", c.fold.save))
	c.lines = spaced(p.column.row("Brush", container.NewHBox(c.brush.box), nil), p.column.under(buttons))
}

func (c *controlRow) choose() {
	w := c.fold.w
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.OpenFile(say("Choose a depth map, a pose or edges"), folder, pictures.said())
	}, func(path string) { w.studio.SetControl(c.k, func(t *app.Control) { t.File = path }) })
}

func (c *controlFold) load() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.OpenFile(say("Load a scribble"), folder, pictures.said())
	}, func(path string) {
		c.w.readBeside(c.w.studio.Document.ScribbleReader(path), "The scribble cannot be loaded")
	})
}

func (c *controlFold) save() {
	c.w.ask(func(folder string) (string, error) {
		return c.w.options.Dialogs.SaveFile(say("Save the scribble"), files.FreePath(folder, say("scribble"), ".png"), pngFiles)
	}, func(path string) {
		c.w.writeBeside(c.w.studio.Document.ScribbleWriter(path), "The scribble was not saved")
	})
}

func (c *controlFold) show(s *app.Studio) {
	c.setting = true
	defer func() { c.setting = false }()
	all := s.Settings.Controls()
	nets := controlNets(s.Facts.ControlNames, s.Parts.ControlNets, all)
	visible(c.fold.box, len(nets) > 0)
	for k, row := range c.rows {
		visible(row.box, k < len(all))
		if k < len(all) {
			row.show(all[k], nets, len(all) > 1)
		}
	}
	visible(c.more, len(all) < app.MaxControls && all[len(all)-1].Source != "")
}

// controlNets are those that can be chosen: the open model's own, of which files that it was opened with are none, and files that
// fit it. Where it has none of its own, none at all comes first.
func controlNets(open []string, beside []app.Part, used []app.Control) (out []app.Part) {
	files := slices.Clone(beside)
	for _, c := range used {
		if c.NetFile != "" && !slices.ContainsFunc(files, func(p app.Part) bool { return p.Path == c.NetFile }) {
			files = append(files, app.Part{Name: c.Net, Path: c.NetFile})
		}
	}
	for _, name := range open {
		if !slices.ContainsFunc(used, func(c app.Control) bool { return c.NetFile != "" && c.Net == name }) {
			out = append(out, app.Part{Name: name})
		}
	}
	if len(out) == 0 && len(files) > 0 {
		out = []app.Part{{}}
	}
	return append(out, files...)
}

// show shows one ControlNet's settings.
func (c *controlRow) show(t app.Control, nets []app.Part, several bool) {
	visible(c.line, c.k > 0)
	visible(c.drop, several)
	if i := slices.Index(app.ControlSources, t.Source); i >= 0 && c.source.SelectedIndex() != i {
		c.source.SetSelectedIndex(i)
	}
	visible(c.netRow, len(nets) > 1)
	c.net.show(nets, app.Part{Name: t.Net, Path: t.NetFile})
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
