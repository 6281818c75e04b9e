package ui

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// timeline is the row of ticks from x_T to x_0, one a step: drag to see any.
type timeline struct {
	w      *Window
	box    fyne.CanvasObject
	ticks  *tickBar
	where  *widget.Label
	which  *widget.RadioGroup
	follow *tipButton
}

const showNoise, showPicture = "x_t", "x_0"

func newTimeline(w *Window) *timeline {
	t := &timeline{w: w, where: widget.NewLabel("")}
	t.ticks = newTickBar(func(i int) {
		if r := w.studio.Run(); r != nil {
			r.Show(i)
		}
	})
	t.which = widget.NewRadioGroup([]string{showNoise, showPicture}, func(s string) {
		w.studio.Set(func(t *app.Settings) { t.ShowNoise = s == showNoise })
		w.observe(app.ChangedStep)
	})
	t.which.Horizontal, t.which.Required = true, true
	t.follow = w.tips.button("chevron-right", "Show the result (End)", func() {
		if r := w.studio.Run(); r != nil {
			r.Show(-1)
		}
	})
	right := container.NewHBox(fixed(190, t.where), t.which, t.follow)
	t.box = container.New(&insetLayout{left: 12, right: 8, top: 2}, container.NewBorder(nil, nil, widget.NewLabel("Steps"), right, t.ticks))
	return t
}

// noisy says whether x_t is shown rather than the predicted x_0.
func (t *timeline) noisy() bool { return t.w.studio.Settings.ShowNoise }

func (t *timeline) refresh(c app.Change) {
	if c&(app.ChangedRun|app.ChangedStep|app.ChangedSettings) == 0 {
		return
	}
	which := showPicture
	if t.noisy() {
		which = showNoise
	}
	if t.which.Selected != which {
		t.which.SetSelected(which)
	}
	r := t.w.studio.Run()
	step, i, ok := r.Shown()
	if !ok {
		t.ticks.Set(0, 0, 0)
		t.where.SetText("")
		visible(t.follow, false)
		return
	}
	t.ticks.Set(len(r.Steps), step.Of+1, i)
	text := fmt.Sprintf("t = %.0f", step.Timestep)
	if step.Sigma > 0 {
		text += fmt.Sprintf("   sigma %.2f", step.Sigma)
	}
	t.where.SetText(fmt.Sprintf("%d of %d   %s", step.Index, step.Of, text))
	visible(t.follow, !r.Following())
}

// tickBar draws the ticks and takes drags.
type tickBar struct {
	widget.BaseWidget
	have, of, at int
	show         func(int)
	marks        []*canvas.Rectangle
	knob         *canvas.Rectangle
}

func newTickBar(show func(int)) *tickBar {
	b := &tickBar{show: show, knob: canvas.NewRectangle(accent)}
	b.knob.CornerRadius = 2
	b.ExtendBaseWidget(b)
	return b
}

// Set says how many steps there are, of how many, and which is shown.
func (b *tickBar) Set(have, of, at int) {
	if have == b.have && of == b.of && at == b.at {
		return
	}
	b.have, b.of, b.at = have, of, at
	b.Refresh()
}

func (b *tickBar) index(x float32) int {
	if b.have == 0 || b.of < 2 {
		return -1
	}
	i := int(math.Round(float64(x-6) / float64(b.Size().Width-12) * float64(b.of-1)))
	return min(max(i, 0), b.have-1)
}

func (b *tickBar) pick(x float32) {
	if i := b.index(x); i >= 0 {
		b.show(i)
	}
}

// MouseDown, Dragged and the rest are Fyne's.
func (b *tickBar) MouseDown(e *desktop.MouseEvent) { b.pick(e.Position.X) }
func (b *tickBar) MouseUp(*desktop.MouseEvent)     {}
func (b *tickBar) Dragged(e *fyne.DragEvent)       { b.pick(e.Position.X) }
func (b *tickBar) DragEnd()                        {}

func (b *tickBar) CreateRenderer() fyne.WidgetRenderer { return &tickRenderer{b} }

type tickRenderer struct{ b *tickBar }

func (r *tickRenderer) MinSize() fyne.Size { return fyne.NewSize(120, 26) }
func (r *tickRenderer) Destroy()           {}
func (r *tickRenderer) Objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, m := range r.b.marks {
		out = append(out, m)
	}
	return append(out, r.b.knob)
}
func (r *tickRenderer) Layout(fyne.Size) { r.Refresh() }

func (r *tickRenderer) Refresh() {
	b := r.b
	want := max(b.of, 2)
	for len(b.marks) < want {
		b.marks = append(b.marks, canvas.NewRectangle(color.Transparent))
	}
	b.marks = b.marks[:want]
	size := b.Size()
	place := func(i int) float32 { return 6 + (size.Width-12)*float32(i)/float32(want-1) }
	for i, m := range b.marks {
		m.FillColor = theme.Color(theme.ColorNameInputBorder)
		h := float32(8)
		if i < b.have {
			m.FillColor = theme.Color(theme.ColorNamePlaceHolder)
			h = 12
		}
		m.Move(fyne.NewPos(place(i)-1, (size.Height-h)/2))
		m.Resize(fyne.NewSize(2, h))
		m.Refresh()
	}
	visible(b.knob, b.have > 0)
	b.knob.Move(fyne.NewPos(place(b.at)-2, 4))
	b.knob.Resize(fyne.NewSize(5, size.Height-8))
	b.knob.Refresh()
}
