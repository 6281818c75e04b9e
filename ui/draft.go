package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"nirvana/app"
)

// draftRows are what makes runs faster and rougher: the switch of models with a denoiser distilled to few steps and,
// for all others, DeepCache under Advanced.
type draftRows struct {
	draft   *fyne.Container
	on      *check
	reuse   *number
	caption *canvas.Text
}

func newDraftRows(p *panel) *draftRows {
	d := &draftRows{caption: caption("")}
	d.on = p.w.checkBox("", func(on bool) { p.set(func(t *app.Settings) { t.Draft = on }) })
	d.draft = p.column.row("Draft", d.on, nil)
	d.reuse = p.column.number("DeepCache", "", 0, 4, 1, 0, func() float64 { return 0 }, func(v float64) {
		p.set(func(t *app.Settings) { t.DeepCache = deepCache(int(v)) })
	})
	return d
}

// deepCache is Settings.DeepCache for a number of steps that reuse the last full one's inner layers, 0 to 4.
func deepCache(reusing int) int {
	if reusing < 1 {
		return 0
	}
	return min(reusing, 4) + 1
}

func (d *draftRows) show(s *app.Studio) {
	steps := s.Scene().Draft().Steps
	visible(d.draft, steps > 0)
	visible(d.reuse.box, steps == 0)
	visible(d.caption, steps == 0)
	d.on.SetText(sayf("Fast preview (%d steps)", steps))
	d.on.SetChecked(s.Settings.Draft)
	every := s.Settings.DeepCache
	d.reuse.Set(float64(max(every-1, 0)))
	d.caption.Text = say("Off: every step in full")
	if every > 1 {
		d.caption.Text = sayf("1 of %d steps in full, faster and rougher", every)
	}
	d.caption.Refresh()
}
