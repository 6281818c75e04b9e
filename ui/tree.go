package ui

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/lineage"
)

// treeView is what came from what in this project, in the canvas's place: the first pictures at the left, each beside what it
// came from, named by what was changed. A click selects a candidate that still waits, a double click opens a picture.
type treeView struct {
	w      *Window
	box    fyne.CanvasObject
	drawn  *fyne.Container
	hint   *cutText
	places []lineage.Place
	thumbs []*thumb
}

const (
	treeColumn = thumbSide + 132 // a picture with its name and the line to the next
	treeRow    = thumbSide + 14
	treeEdge   = 8
)

// showTree shows it.
func (w *Window) showTree() {
	if w.tree != nil {
		return
	}
	w.closeHistory()
	t := &treeView{w: w, drawn: container.New(&treeLayout{}), hint: newCutText(say("Click to select, double-click to open, right-click for more."))}
	title := widget.NewLabelWithStyle(say("What came from what"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	bar := container.NewBorder(nil, nil, title, w.tips.button("discard", "Close (Escape)", w.closeHistory))
	t.box = container.New(&insetLayout{left: 12, right: 8, top: 8, bottom: 8}, container.NewBorder(bar, t.hint.box, nil, nil, container.NewScroll(t.drawn)))
	w.tree = t
	w.replace(t.box)
	w.win.Canvas().Unfocus()
	t.load()
}

// load looks for the pictures in the background.
func (t *treeView) load() {
	find := t.w.studio.Lineage()
	t.w.beside(func() func() {
		places, entries, err := find()
		return func() {
			if err != nil {
				t.w.studio.Fail("The history cannot be read", err, "Try again", t.load)
				return
			}
			t.draw(places, entries)
		}
	})
}

func (t *treeView) refresh(c app.Change) {
	if c&(app.ChangedHistory|app.ChangedTray) != 0 {
		t.load()
	}
}

func (t *treeView) draw(places []lineage.Place, entries []app.Entry) {
	t.places, t.thumbs = places, nil
	var objects []fyne.CanvasObject
	rows := 0
	at := func(p lineage.Place) fyne.Position {
		return fyne.NewPos(treeEdge+treeColumn*float32(p.Column), treeEdge+treeRow*float32(p.Row))
	}
	for _, p := range places {
		rows = max(rows, p.Row+1)
		if p.Parent >= 0 {
			objects = append(objects, treeLines(at(places[p.Parent]), at(p))...)
		}
	}
	for _, p := range places {
		i := slices.IndexFunc(entries, func(e app.Entry) bool { return e.ID == p.ID })
		th := t.thumb(entries[i])
		th.Move(at(p))
		th.Resize(fyne.NewSquareSize(thumbSide))
		t.thumbs = append(t.thumbs, th)
		name := caption(cut(placeName(p), 120, captionSize))
		name.Move(at(p).AddXY(thumbSide+4, thumbSide/2+3))
		objects = append(objects, th, name)
	}
	t.drawn.Objects = objects
	t.drawn.Layout = &treeLayout{rows: rows, columns: columnsOf(places)}
	t.drawn.Refresh()
}

func columnsOf(places []lineage.Place) (n int) {
	for _, p := range places {
		n = max(n, p.Column+1)
	}
	return n
}

// treeLines lead from a picture to one that came from it.
func treeLines(from, to fyne.Position) []fyne.CanvasObject {
	line := func(a, b fyne.Position) fyne.CanvasObject {
		l := canvas.NewLine(theme.Color(theme.ColorNamePlaceHolder))
		l.StrokeWidth, l.Position1, l.Position2 = 1, a, b
		return l
	}
	start, end := from.AddXY(thumbSide, thumbSide/2), to.AddXY(0, thumbSide/2)
	bend := fyne.NewPos(start.X+6+treeColumn-thumbSide-12, start.Y)
	return []fyne.CanvasObject{line(start, bend), line(bend, fyne.NewPos(bend.X, end.Y)), line(fyne.NewPos(bend.X, end.Y), end)}
}

// treeLayout leaves everything where it is.
type treeLayout struct{ rows, columns int }

func (l *treeLayout) Layout([]fyne.CanvasObject, fyne.Size) {}
func (l *treeLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(treeEdge+treeColumn*float32(l.columns), treeEdge+treeRow*float32(l.rows))
}

// thumb is an entry's picture; that of a candidate is marked while it is selected.
func (t *treeView) thumb(e app.Entry) *thumb {
	tray := t.w.studio.Tray
	i := slices.IndexFunc(tray.Candidates, func(c *app.Candidate) bool { return c.Stored == e.ID })
	h := t.w.history
	th := newThumb(h.held(e.ID), func() {
		if i >= 0 {
			tray.Select(i)
		}
	}, func() { h.open(e) })
	th.secondary = func(p fyne.Position) { h.menu(e, p) }
	th.selected(i >= 0 && tray.Selected == i)
	if th.img.Image == nil {
		t.w.beside(func() func() {
			img, err := t.w.studio.History.Thumbnail(e.ID, int(thumbSide*t.w.win.Canvas().Scale()))
			return func() {
				if err == nil {
					h.hold(e.ID, img)
					th.show(img)
				}
			}
		})
	}
	return th
}

// placeName is what was changed on the way to a picture.
func placeName(p lineage.Place) string {
	var parts []string
	if p.How != "" && p.How != lineage.Branched && p.How != lineage.Searched {
		parts = append(parts, say(p.How))
	}
	if changes := named(p.Named); changes != "" && p.Parent >= 0 {
		parts = append(parts, changes)
	}
	if len(parts) == 0 && p.How == lineage.Branched {
		parts = append(parts, sayf("from step %d", p.Step))
	}
	if p.Parent < 0 && p.Recipe.Prompt != "" {
		parts = append(parts, strings.Join(strings.Fields(p.Recipe.Prompt), " "))
	}
	if u := p.Recipe.Unfinished; len(u) == 2 {
		parts = append(parts, sayf("unfinished, %d of %d", u[0], u[1]))
	}
	return strings.Join(parts, ", ")
}

// named are differences in words.
func named(all []lineage.Difference) string {
	var out []string
	for _, d := range all {
		switch what := say(d.What); {
		case d.What == "Prompt" || d.What == "Negative prompt" || d.Was == "" && d.Is == "":
			out = append(out, what)
		case d.Was == "":
			out = append(out, fmt.Sprintf("%s %s", what, localNumber(d.Is)))
		default:
			out = append(out, fmt.Sprintf("%s %s -> %s", what, shortened(d.Was), shortened(d.Is)))
		}
	}
	return strings.Join(out, ", ")
}
