package ui

import (
	"fyne.io/fyne/v2"

	"nirvana/app"
)

// plusRow is CFG++, and makes the rows of Perp-Neg and churn.
func (p *panel) plusRow() fyne.CanvasObject {
	none := func() float64 { return 0 }
	p.perpNeg = p.column.number("Perp-Neg", "", 0, 3, 0.05, 2, none, func(v float64) { p.set(func(t *app.Settings) { t.PerpNeg = float32(v) }) })
	p.churn = p.column.number("Churn", "", 0, 40, 0.5, 1, none, func(v float64) { p.set(func(t *app.Settings) { t.Churn = float32(v) }) })
	p.plusPlus = p.w.checkBox(say("CFG++: guidance from 0 to 1"), func(on bool) {
		p.set(func(t *app.Settings) { t.PlusPlus(on, p.w.studio.Facts) })
	})
	p.plusPlus.tip = say(explainedPlus)
	return p.plusPlus
}
