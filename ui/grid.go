package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/files"
	plot "nirvana/app/grid"
)

// gridDialog asks for pictures that differ in two or three parameters, and makes one of them all.
type gridDialog struct {
	w      *Window
	fields [3]*finder
	values [3]*entry
	says   *widget.Label
	make   *tipButton
	save   *tipButton

	grid plot.Grid
	id   string
	made map[[3]int]bool
	asks int // counts what is looked for in the history: only the last counts
}

// elsewhere are the parameters that the canvas or the panel's own switches decide.
var elsewhere = []string{"size", "width", "height", "draft", "soft-mask"}

// panelNames are the parameters that the panel has a name for, in its order; the others have the command line's names.
var panelNames = [][2]string{{"prompt", "Prompt"}, {"negative", "Negative prompt"}, {"guidance", "Guidance"}, {"steps", "Steps"}, {"strength", "Strength"},
	{"sampler", "Sampler"}, {"schedule", "Schedule"}, {"seed", "Seed"}, {"cut-out", "Cut out"}, {"guidance-rescale", "Rescale"}, {"perp-neg", "Perp-Neg"}, {"model", "Model"}}

// gridFields are the parameters to choose from: those that the panel shows first.
func gridFields() []string {
	var first []string
	for _, n := range panelNames {
		first = append(first, n[0])
	}
	return append(first, slices.DeleteFunc(plot.Fields(), func(name string) bool { return slices.Contains(elsewhere, name) || slices.Contains(first, name) })...)
}

// gridNames are what the artist reads of gridFields.
func gridNames() []string {
	names := gridFields()
	for i, name := range panelNames {
		names[i] = say(name[1])
	}
	return names
}

func (w *Window) showGrid() {
	g := &gridDialog{w: w, says: widget.NewLabel("")}
	g.says.Wrapping = fyne.TextWrapWord
	rows := container.New(layout.NewFormLayout())
	for i, axis := range []string{say("Across"), say("Down"), say("Sheets")} {
		g.fields[i] = w.finder(func(string) { g.read() })
		g.fields[i].SetOptions(append([]string{say("nothing")}, gridNames()...))
		g.values[i] = w.entry()
		g.values[i].SetPlaceHolder([]string{"3, 5, 7", "10-30 (+10)", "1-9 [3]"}[i])
		g.values[i].OnChanged = func(string) { g.read() }
		rows.Add(widget.NewLabel(axis))
		rows.Add(container.NewBorder(nil, nil, fixed(190, g.fields[i]), nil, g.values[i]))
	}
	g.make = w.tips.action(say("Make the pictures"), "One after the other; those that are made already are kept", g.start)
	g.make.Importance = widget.HighImportance
	g.save = w.tips.action(say("Save as one picture..."), "All that are made, with labels", g.write)
	how := caption(say("Values with commas between; ranges as 10-30 (+10) or 1-9 [3]; replace: cat, dog puts dog where the prompt says cat."))
	hint := container.New(&insetLayout{left: theme.InnerPadding(), right: theme.InnerPadding()}, how) // in line with the labels
	g.recall(w.studio.Settings.Grid)
	body := container.NewVBox(rows, hint, g.says, container.NewHBox(layout.NewSpacer(), g.save, g.make))
	d := w.custom(say("Grid of pictures"), body)
	d.SetOnClosed(func() { w.gridding = nil })
	w.gridding = g
	w.show(d)
	d.Resize(fyne.NewSize(min(w.win.Canvas().Size().Width-80, 680), d.MinSize().Height))
	g.read()
}

// recall puts the axes of the last grid into the fields.
func (g *gridDialog) recall(axes []string) {
	for i, text := range axes[:min(len(axes), 3)] {
		name, values, _ := strings.Cut(text, "=")
		if at := slices.Index(gridFields(), name); at >= 0 {
			g.fields[i].SetSelectedIndex(at + 1)
			g.values[i].SetText(values)
		}
	}
}

// texts are the axes as they are typed.
func (g *gridDialog) texts() (out []string) {
	for i, f := range g.fields {
		if at := f.SelectedIndex(); at > 0 {
			out = append(out, gridFields()[at-1]+"="+g.values[i].Text)
		}
	}
	return out
}

// read works out what is asked for, and looks in the history for what of it is made.
func (g *gridDialog) read() {
	if g.save == nil {
		return // the dialog is being made
	}
	axes := g.texts()
	able(g.make, false)
	able(g.save, false)
	g.asks++
	if len(axes) == 0 {
		g.says.SetText(say("Choose what the pictures differ in, and the values."))
		return
	}
	var err error
	if g.grid, err = plot.Parse(axes...); err != nil {
		g.fail(err)
		return
	}
	g.w.studio.Set(func(t *app.Settings) { t.Grid = axes })
	if g.id, err = g.w.studio.Scene().GridID(g.grid); err != nil {
		g.fail(err)
		return
	}
	ask, of, id, history := g.asks, g.grid, g.id, g.w.studio.History
	g.w.beside(func() func() {
		made, err := of.Made(history, id)
		return func() {
			if ask != g.asks {
				return
			}
			if err != nil {
				g.fail(err)
				return
			}
			g.made = map[[3]int]bool{}
			for at := range made {
				g.made[at] = true
			}
			g.show()
		}
	})
}

func (g *gridDialog) fail(err error) { g.says.SetText(say("This cannot be made:") + " " + err.Error()) }

// show says how many pictures there are, and how many to make.
func (g *gridDialog) show() {
	all := len(g.grid.Places())
	text := sayf("%d pictures. The seed will be locked.", all)
	if n := len(g.made); n > 0 {
		text = sayf("%d of %d pictures are made.", n, all)
	}
	working := g.id == g.w.gridSent && len(g.made) < all && (g.w.studio.Run().Coming() || len(g.w.studio.Queue) > 0)
	if working && len(g.made) == 0 {
		text = sayf("%d pictures are under way.", all)
	}
	g.says.SetText(text)
	able(g.make, len(g.made) < all && !working)
	able(g.save, len(g.made) > 0)
}

// refresh goes on telling how far the pictures are.
func (g *gridDialog) refresh(c app.Change) {
	if g.id != "" && g.id == g.w.gridSent && c&(app.ChangedHistory|app.ChangedRun) != 0 {
		g.read()
	}
}

func (g *gridDialog) start() {
	if !g.w.studio.Grid(g.grid, g.id, func(at [3]int) bool { return g.made[at] }) {
		if name := g.w.studio.Opening; name != "" {
			g.says.SetText(sayf("Opening %s ...", name))
		}
		return
	}
	g.w.gridSent = g.id
	g.show()
}

// write saves one labelled picture of what is made.
func (g *gridDialog) write() {
	of, id, history := g.grid, g.id, g.w.studio.History
	font := fyne.CurrentApp().Settings().Theme().Font(fyne.TextStyle{})
	if font == nil {
		font = theme.DefaultTextFont()
	}
	g.w.ask(func(folder string) (string, error) {
		return g.w.options.Dialogs.SaveFile(say("Save the grid"), files.FreePath(folder, say("grid"), ".png"), pngFiles)
	}, func(path string) {
		if !strings.HasSuffix(strings.ToLower(path), ".png") {
			path += ".png"
		}
		g.w.readBeside(func() (func(), error) {
			err := of.Write(path, history, id, font.Content())
			return func() {
				said := sayf("Exported %s", filepath.Base(path))
				g.w.studio.Tell(&app.Notice{Headline: said})
				if g.w.gridding == g { // the notice lies under the dialog
					g.says.SetText(said)
				}
			}, err
		}, "The grid was not saved")
	})
}
