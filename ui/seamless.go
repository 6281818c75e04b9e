package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"nirvana/app"
	"nirvana/engine"
)

// seamlessRow says in which directions pictures go on at their opposite side. The canvas shows them repeated so.
type seamlessRow struct {
	box *fyne.Container
	way *choice
}

// seamlessWays are the choices, in the order of the buttons, as a request has them.
var seamlessWays = []struct{ name, tiling string }{{"Off", ""}, {"X", "x"}, {"Y", "y"}, {"X + Y", "both"}}

func newSeamlessRow(p *panel) *seamlessRow {
	r := &seamlessRow{}
	r.way = p.w.choice([]string{"Off", "X", "Y", "X + Y"},
		[]string{"Pictures end at their edges", "Seamless from left to right", "Seamless from top to bottom", "Seamless in both directions: a tile"}, func(name string) {
			for _, way := range seamlessWays {
				if way.name == name {
					p.set(func(t *app.Settings) { t.Tiling = way.tiling })
				}
			}
		})
	r.box = p.column.row("Seamless", container.NewHBox(r.way.box), nil)
	return r
}

func (r *seamlessRow) show(tiling string) {
	for _, way := range seamlessWays {
		if way.tiling == tiling {
			r.way.set(way.name)
		}
	}
}

// repeats are the directions in which the canvas shows the picture again and again.
func (w *Window) repeats() (x, y bool) {
	t, _ := engine.ParseTiling(w.studio.Settings.Tiling)
	return t.X, t.Y
}
