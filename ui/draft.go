package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"nirvana/app"
)

// draftRows are the one control "Draft", as the model has it: a switch for those that were distilled to few steps,
// and for all others, under Advanced, how many steps reuse the last whole one.
type draftRows struct {
	few   *fyne.Container
	on    *check
	reuse *number
	said  *canvas.Text
}

func newDraftRows(p *panel) *draftRows {
	d := &draftRows{said: caption("")}
	d.on = p.w.checkBox("", func(on bool) { p.set(func(t *app.Settings) { t.FewSteps = on }) })
	d.few = p.column.row("Draft", d.on, nil)
	d.reuse = p.column.number("Draft", "", 0, 4, 1, 0, func() float64 { return 0 }, func(v float64) {
		p.set(func(t *app.Settings) { t.DeepCache = draftEvery(int(v)) })
	})
	return d
}

// draftEvery is the request's number, whole steps every so many, for so many that reuse between.
func draftEvery(reused int) int {
	if reused < 1 {
		return 0
	}
	return min(reused, 4) + 1
}

func (d *draftRows) show(s *app.Studio) {
	few := s.Facts.Few.Steps
	visible(d.few, few > 0)
	visible(d.reuse.box, few == 0)
	visible(d.said, few == 0)
	d.on.SetText(sayf("Fast preview (%d steps)", few))
	d.on.SetChecked(s.Settings.FewSteps)
	every := s.Settings.DeepCache
	d.reuse.Set(float64(max(every-1, 0)))
	d.said.Text = say("Draft off: full quality")
	if every > 1 {
		d.said.Text = sayf("Draft: 1 of %d steps in full, faster and rougher", every)
	}
	d.said.Refresh()
}
