package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// searchRows are the settings of models with a verifier, or with an opacity channel.
type searchRows struct {
	bestOf *choice
	best   *fyne.Container
	cutOut *check
	cut    *fyne.Container
}

func newSearchRows(p *panel) *searchRows {
	r := &searchRows{}
	r.bestOf = p.w.choice([]string{"1", "4", "8", "16"}, nil, func(text string) {
		if n, err := strconv.Atoi(text); err == nil {
			p.set(func(t *app.Settings) { t.BestOf = n })
		}
	})
	r.best = p.column.row("Best of", container.NewHBox(r.bestOf.box), nil)
	r.cutOut = p.w.checkBox("", func(on bool) { p.set(func(t *app.Settings) { t.CutOut = on }) })
	r.cut = p.column.row("Cut out", r.cutOut, nil)
	return r
}

func (r *searchRows) show(s *app.Studio) {
	visible(r.best, s.Scene().Verifier())
	visible(r.cut, s.Scene().Opacity())
	r.bestOf.set(strconv.Itoa(s.Settings.BestOf))
	r.cutOut.SetChecked(s.Settings.CutOut)
}

// gridTable has a cell for each seed of a search: running, or faded where it was stopped.
func (w *Window) gridTable(r *app.Run) canvas.Table {
	t := canvas.Table{Size: r.Frame.Size()}
	w.tabled = make([]*app.Candidate, len(r.Grid))
	for _, s := range r.Grid {
		c := canvas.Cell{Live: true, Faded: s.Stopped}
		if s.X.Data != nil {
			c.Picture = s.Predicted(0)
		}
		t.Cells = append(t.Cells, c)
	}
	return t
}
