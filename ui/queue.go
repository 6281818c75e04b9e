package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// queue is the runs that wait, as cards behind the candidates: what each will
// make, with buttons that move it forwards and backwards or take it out.
type queue struct {
	w     *Window
	box   *fyne.Container
	cards []*card // one a waiting run, made once: runs move through them
	light bool
}

const cardWidth = 148

func newQueue(w *Window) *queue {
	return &queue{w: w, box: container.New(layout.NewCustomPaddedHBoxLayout(4))}
}

func (q *queue) refresh(c app.Change) {
	if c&(app.ChangedRun|app.ChangedSettings) == 0 {
		return
	}
	if light := q.w.light(); light != q.light {
		q.light, q.cards, q.box.Objects = light, nil, nil
	}
	runs, was := q.w.studio.Queue, len(q.cards)
	for len(q.cards) < len(runs) {
		c := newCard(q.w)
		q.cards, q.box.Objects = append(q.cards, c), append(q.box.Objects, c.box)
	}
	for i, r := range runs {
		q.cards[i].show(i, r, len(runs))
	}
	if len(runs) != was {
		q.cards, q.box.Objects = q.cards[:len(runs)], q.box.Objects[:len(runs)]
		q.box.Refresh()
	}
}

// card is one waiting run.
type card struct {
	w             *Window
	box           fyne.CanvasObject
	title         *canvas.Text
	prompt        *widget.Label
	sooner, later *tipButton
	run           *app.Run
	place         int
}

func newCard(w *Window) *card {
	c := &card{w: w, title: caption(""), prompt: widget.NewLabel("")}
	ground := canvas.NewRectangle(theme.Color(theme.ColorNameInputBackground))
	ground.CornerRadius = 4
	c.title.Color = theme.Color(theme.ColorNameForeground)
	c.prompt.Truncation = fyne.TextTruncateEllipsis
	c.prompt.Importance, c.prompt.SizeName = widget.LowImportance, theme.SizeNameCaptionText
	c.sooner = w.tips.button("chevron-left", "Sooner", func() { w.studio.Reorder(c.run, c.place-1) })
	c.later = w.tips.button("chevron-right", "Later", func() { w.studio.Reorder(c.run, c.place+1) })
	cancel := w.tips.button("discard", "Take it out of the queue", func() { w.studio.Cancel(c.run) })
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(0), c.sooner, c.later, layout.NewSpacer(), cancel)
	text := container.New(layout.NewCustomPaddedVBoxLayout(-8), container.New(&insetLayout{left: 8, top: 4}, c.title), c.prompt)
	body := container.NewBorder(text, nil, nil, nil, nil)
	c.box = fixed(cardWidth, container.NewStack(ground, container.NewBorder(nil, buttons, nil, nil, body)))
	return c
}

// show makes it the i-th of n waiting runs.
func (c *card) show(i int, r *app.Run, n int) {
	c.run, c.place = r, i
	title := fmt.Sprintf("%d. %s", i+1, say(r.Mode.String()))
	if r.Count > 1 {
		title += fmt.Sprintf(" x %d", r.Count)
	}
	if c.title.Text != title {
		c.title.Text = title
		c.title.Refresh()
	}
	if c.prompt.Text != r.Prompt {
		c.prompt.SetText(r.Prompt)
	}
	able(c.sooner, i > 0)
	able(c.later, i < n-1)
}

func able(b *tipButton, on bool) {
	switch {
	case on && b.Disabled():
		b.Enable()
	case !on && !b.Disabled():
		b.Disable()
	}
}
