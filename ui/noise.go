package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"
)

// noiseDialog explains the forward process: the picture on the canvas noised to
// a timestep, and denoised back from there.
func (w *Window) noiseDialog() {
	s := w.studio
	total := max(s.Facts.Timesteps, 2)
	says := widget.NewLabel("")
	slider := widget.NewSlider(0, float64(total-1))
	slider.OnChanged = func(v float64) {
		says.SetText(fmt.Sprintf("x_t at t = %d of %d: sqrt(a) x_0 + sqrt(1 - a) noise", int(v), total))
		s.Noise(int(v))
	}
	var d *dialog.CustomDialog
	back := widget.NewButton("Denoise from here", func() {
		s.Denoise()
		d.Hide()
	})
	back.Importance = widget.HighImportance
	body := container.NewVBox(widget.NewLabel("The forward process adds noise step by step; the model learned to take it away."), slider, says, container.NewCenter(back))
	d = dialog.NewCustom("Noise", "Close", body, w.win)
	d.SetOnClosed(s.EndNoise)
	d.Show()
	d.Resize(fyne.NewSize(480, 220))
	slider.SetValue(float64(total) * 0.4)
}
