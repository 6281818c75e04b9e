package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// strip shows notices over the canvas, with what to do and a button that does it. It need not be closed to continue.
type strip struct {
	w        *Window
	box      *fyne.Container
	ground   *canvas.Rectangle
	headline *widget.Label
	advice   *widget.Label
	detail   *widget.Label
	action   *button
	also     *button
	more     *button
	edge     *canvas.Rectangle
	sign     *widget.Icon
	timed    *app.Notice // that disappears by itself
}

// Notices disappear by themselves: sooner where they report a success, later where something can be done, and never
// where an error offers to save what would be lost.
const (
	successTime = 5 * time.Second
	offerTime   = 15 * time.Second
	errorTime   = 30 * time.Second
)

// lasting is how long a notice stays; 0: until it is dismissed.
func lasting(n *app.Notice) time.Duration {
	switch failed := n.Detail != "" && !n.Fine; {
	case failed && n.Action != "":
		return 0
	case failed:
		return errorTime
	case n.Action != "" || n.Advice != "" || n.Detail != "":
		return offerTime
	}
	return successTime
}

func newStrip(w *Window) *strip {
	s := &strip{w: w, ground: canvas.NewRectangle(nil), edge: canvas.NewRectangle(nil)}
	s.headline = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	s.advice, s.detail = widget.NewLabel(""), widget.NewLabel("")
	for _, l := range []*widget.Label{s.headline, s.advice, s.detail} {
		l.Wrapping = fyne.TextWrapWord
	}
	s.detail.Importance = widget.LowImportance
	s.action, s.also = w.pushButton("", nil, nil), w.pushButton("", nil, nil)
	s.more = w.pushButton(say("Details"), nil, func() { visible(s.detail, !s.detail.Visible()) })
	s.more.Importance = widget.LowImportance
	closing := w.tips.button("discard", "Dismiss", w.studio.Dismiss)
	s.edge.SetMinSize(fyne.NewSize(4, 4))
	text := container.NewVBox(s.headline, s.advice, s.detail)
	s.sign = widget.NewIcon(nil)
	row := container.NewBorder(nil, nil, container.NewHBox(s.edge, container.NewCenter(s.sign)), container.NewCenter(container.NewHBox(s.also, s.action, s.more, closing)), text)
	s.box = container.New(&insetLayout{left: 12, right: 12, top: 10}, container.NewStack(s.ground, row))
	s.box.Hide()
	return s
}

func (s *strip) refresh(c app.Change) {
	if c&(app.ChangedNotice|app.ChangedSettings) == 0 {
		return
	}
	n := s.w.studio.Notice
	if n == nil {
		s.box.Hide()
		return
	}
	s.ground.FillColor = theme.Color(theme.ColorNameOverlayBackground)
	s.ground.CornerRadius = 4
	s.ground.Refresh()
	s.edge.FillColor = theme.Color(theme.ColorNamePlaceHolder)
	s.sign.SetResource(icon("info"))
	if n.Detail != "" && !n.Fine { // an error
		s.edge.FillColor = color.NRGBA{230, 150, 40, 255}
		s.sign.SetResource(icon("warning"))
	}
	s.edge.Refresh()
	if d := lasting(n); d > 0 && s.timed != n {
		s.timed = n
		time.AfterFunc(d, func() { fyne.Do(func() { s.expire(n) }) })
	}
	s.headline.SetText(n.Headline)
	s.advice.SetText(n.Advice)
	visible(s.advice, n.Advice != "")
	s.detail.SetText(n.Detail)
	s.detail.Hide()
	visible(s.more, n.Detail != "")
	s.offer(s.action, n.Action, n.Do)
	s.offer(s.also, n.Also, n.DoAlso)
	s.box.Show()
	s.box.Refresh()
}

// offer makes a button run a notice's action, and dismiss it; hidden without one.
func (s *strip) offer(b *button, label string, do func()) {
	b.SetText(label)
	b.OnTapped = func() {
		s.w.studio.Dismiss()
		do()
	}
	visible(b, label != "" && do != nil)
}

// expire dismisses a notice, unless another has replaced it.
func (s *strip) expire(n *app.Notice) {
	if s.w.studio.Notice == n && !s.detail.Visible() { // it is being read
		s.w.studio.Dismiss()
	}
}
