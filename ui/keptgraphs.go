package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// keptGraphs says how much the cached networks take, and clears them.
func (w *Window) keptGraphs(c *column) fyne.CanvasObject {
	says := quiet("")
	clear := w.pushButton(say("Clear"), icon("trash"), nil)
	clear.Disable()
	measure := func() func() {
		taken, most := w.options.Machine.Graphs()
		return func() {
			says.SetText(sayf("Networks that open faster, made again when needed: %s of at most %s.", bytesText(taken), bytesText(most)))
			if clear.Enable(); taken == 0 {
				clear.Disable()
			}
		}
	}
	clear.OnTapped = func() {
		clear.Disable()
		w.beside(func() func() {
			err := w.options.Machine.ClearGraphs()
			show := measure()
			return func() {
				if show(); err != nil {
					says.SetText(say("Some are in use: close the program's other windows, then clear again."))
				}
			}
		})
	}
	w.beside(measure)
	return container.NewVBox(c.row("Cached networks", container.NewHBox(clear), nil), c.under(says))
}
