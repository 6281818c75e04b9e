package ui

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
	"nirvana/engine"
)

// forwardView is the schedule of the forward process over the canvas while the noise view is on: beta_t, alpha-bar_t and the
// signal-to-noise ratio with the place where it is, another schedule laid over, and the walk step by step.
type forwardView struct {
	w      *Window
	box    *fyne.Container
	ground *canvas.Rectangle
	plots  [3]*canvas.Image
	told   [3]*canvas.Text
	other  *selector
	chain  *check
	drawn  forwardDrawn
}

// forwardDrawn is what the plots show.
type forwardDrawn struct {
	t, n  int
	other string
	light bool
}

const plotWidth, plotHeight = 150, 64

func newForwardView(w *Window) *forwardView {
	f := &forwardView{w: w, ground: canvas.NewRectangle(nil)}
	row := container.NewHBox()
	for i := range f.plots {
		f.plots[i], f.told[i] = canvas.NewImageFromImage(nil), caption("")
		f.plots[i].SetMinSize(fyne.NewSize(plotWidth, plotHeight))
		row.Add(container.NewVBox(f.plots[i], f.told[i]))
	}
	f.other = w.selector(append([]string{say("No other schedule")}, engine.BetaSchedules...), func(string) {
		if f.box != nil {
			f.refresh(app.ChangedStep)
		}
	})
	f.chain = w.checkBox(say("Step by step beside it"), nil)
	f.chain.OnChanged = func(on bool) {
		w.studio.Set(func(t *app.Settings) { t.ShowChain = on })
		if n := w.studio.Noised; n != nil {
			w.studio.Noise(n.T)
		}
	}
	f.other.SetSelectedIndex(0)
	row.Add(container.NewVBox(f.other, f.chain))
	f.box = container.NewStack(f.ground, container.New(&insetLayout{left: 8, right: 8, top: 4, bottom: 4}, row))
	return f
}

func (f *forwardView) refresh(app.Change) {
	n, process := f.w.studio.Noised, f.w.studio.Facts.Forward
	on := n != nil && n.T < len(process.Signal)
	visible(f.box, on)
	if !on {
		return
	}
	f.chain.SetChecked(f.w.studio.Settings.ShowChain)
	f.ground.FillColor = theme.Color(theme.ColorNameBackground)
	want := forwardDrawn{n.T, len(process.Signal), f.other.Selected, f.w.light()}
	if want == f.drawn {
		return
	}
	f.drawn = want
	var other *engine.Forward
	if f.other.SelectedIndex() > 0 {
		if o, err := engine.NamedForward(want.other, want.n); err == nil {
			other = &o
		}
	}
	f.draw(process, other, n.T)
}

// draw makes the plots: the model's schedule in the foreground's colour, the other one in the accent's, the place as a line.
func (f *forwardView) draw(process engine.Forward, other *engine.Forward, t int) {
	top := 0.0
	for i := range process.Betas {
		top = max(top, float64(process.Betas[i]))
		if other != nil {
			top = max(top, float64(other.Betas[i]))
		}
	}
	top = min(top, 0.1) // the last of a cosine's steps adds nearly all
	of := [3]func(engine.Forward, int) float64{
		func(p engine.Forward, t int) float64 { return float64(p.Betas[t]) / top },
		engine.Forward.AlphaBar,
		func(p engine.Forward, t int) float64 { return (math.Log10(p.SNR(t)) + 4) / 8 }, // 10^-4 to 10^4
	}
	told := [3]string{localPoint(fmt.Sprintf("beta %.4f", process.Betas[t])), localPoint(fmt.Sprintf("alpha-bar %.4f", process.AlphaBar(t))), localPoint(fmt.Sprintf("SNR %.3g", process.SNR(t)))}
	for i, value := range of {
		img := image.NewRGBA(image.Rect(0, 0, 2*plotWidth, 2*plotHeight))
		fillPlot(img, theme.Color(theme.ColorNameInputBackground))
		n := len(process.Signal)
		x := t * (img.Rect.Dx() - 1) / max(n-1, 1)
		for y := range img.Rect.Dy() {
			img.Set(x, y, theme.Color(theme.ColorNamePlaceHolder))
		}
		if other != nil {
			drawCurve(img, accent, func(t int) float64 { return value(*other, t) }, n)
		}
		drawCurve(img, theme.Color(theme.ColorNameForeground), func(t int) float64 { return value(process, t) }, n)
		f.plots[i].Image = img
		f.plots[i].Refresh()
		f.told[i].Text, f.told[i].Color = localPoint(told[i]), theme.Color(theme.ColorNamePlaceHolder)
		f.told[i].Refresh()
	}
}

func fillPlot(img *image.RGBA, c color.Color) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.Set(x, y, c)
		}
	}
}

// drawCurve draws a curve of n values, 0 at the bottom and 1 at the top.
func drawCurve(img *image.RGBA, ink color.Color, value func(t int) float64, n int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	last := -1
	for x := range w {
		v := min(max(value(x*(n-1)/max(w-1, 1)), 0), 1)
		if v != v {
			continue
		}
		y := int((1 - v) * float64(h-3))
		if last < 0 {
			last = y
		}
		for k := min(y, last); k <= max(y, last)+1; k++ {
			img.Set(x, k, ink)
		}
		last = y
	}
}

// besideChain is the forward process walked step by step, right of the closed form's; nil where it is not asked for.
func (w *Window) besideChain() (*image.RGBA, image.Rectangle) {
	n := w.studio.Noised
	if n == nil || n.Chain.X.Data == nil || !w.studio.Settings.ShowChain {
		return nil, image.Rectangle{}
	}
	return n.Chain.Noisy(0), w.rightOf(n.Frame)
}
