package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// limitStays is how long a limit stays as it is set before networks beyond it are removed: not while a slider is dragged.
const limitStays = time.Second

// keptGraphs says how much the cached networks take, bounds that, and clears them.
func (w *Window) keptGraphs(c *column) fyne.CanvasObject {
	const gigabyte = 1e9
	machine, says := w.options.Machine, quiet("")
	clear := w.pushButton(say("Clear"), icon("trash"), nil)
	clear.Disable()
	var room *number
	measure := func() func() {
		taken, most, _ := machine.Graphs()
		return func() {
			room.Set(float64(most) / gigabyte)
			says.SetText(sayf("Networks that open faster, made again when needed: %s of at most %s.", bytesText(taken), bytesText(most)))
			if clear.Enable(); taken == 0 {
				clear.Disable()
			}
		}
	}
	after := func(change func() error, failed string) {
		w.beside(func() func() {
			err := change()
			show := measure()
			return func() {
				if show(); err != nil {
					says.SetText(failed)
				}
			}
		})
	}
	clear.OnTapped = func() {
		clear.Disable()
		after(machine.ClearGraphs, say("Some are in use: close the program's other windows, then clear again."))
	}
	turn := 0
	limit := func(v float64) {
		turn++
		mine := turn
		time.AfterFunc(limitStays, func() {
			fyne.Do(func() {
				if mine == turn {
					after(func() error { return machine.LimitGraphs(int64(v * gigabyte)) }, say("The limit cannot be kept: the folder of cached networks cannot be written to."))
				}
			})
		})
	}
	normal := func() float64 {
		_, _, usual := machine.Graphs()
		return float64(usual) / gigabyte
	}
	room = c.number("Room for networks", "GB", 0, 200, 1, 0, normal, limit)
	w.beside(measure)
	return container.NewVBox(c.row("Cached networks", container.NewHBox(clear), nil), room.box, c.under(says))
}
