package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// keptSteps are the settings of how many pictures' steps are kept, with what they take.
func (c *column) keptSteps() fyne.CanvasObject {
	s := c.w.studio
	told := widget.NewLabel("")
	told.Importance, told.Wrapping = widget.LowImportance, fyne.TextWrapWord
	tell := func() {
		c.w.beside(func() func() {
			n, size := s.StepsTaken()
			return func() { told.SetText(sayf("Steps of %d pictures are kept, %s.", n, bytesText(size))) }
		})
	}
	var pictures, room *number
	set := func(change func(*app.Settings)) {
		s.Set(change)
		pictures.Set(float64(s.Settings.StepsOf))
		room.Set(float64(s.Settings.StepsMegabytes))
		tell()
	}
	usual := app.DefaultSettings()
	pictures = c.number("Pictures with steps", "", 0, 2000, 10, 0, func() float64 { return float64(usual.StepsOf) }, func(v float64) { set(func(t *app.Settings) { t.StepsOf = int(v) }) })
	room = c.number("Room for steps", "MB", 0, 20000, 100, 0, func() float64 { return float64(usual.StepsMegabytes) }, func(v float64) { set(func(t *app.Settings) { t.StepsMegabytes = int(v) }) })
	set(func(*app.Settings) {})
	return container.NewVBox(pictures.box, room.box, c.under(told))
}

// finish has a run go on that was stopped.
func (w *Window) finish(made app.Recipe, id int64) {
	w.closeHistory()
	w.studio.Finish(made, id)
}
