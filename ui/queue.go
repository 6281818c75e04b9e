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
	"nirvana/app/guest"
)

// queue is the runs that wait, as cards next to the candidates: what each will generate, with buttons that move it
// forwards and backwards or remove it.
type queue struct {
	w      *Window
	box    *fyne.Container
	scroll *container.Scroll
	beside *fyne.Container // candidates and cards
	cards  []*card         // one for each waiting run, made once: runs move through them
	light  bool
}

const cardWidth, cardGap = 148, 4

func newQueue(w *Window, candidates fyne.CanvasObject) *queue {
	q := &queue{w: w, box: container.New(layout.NewCustomPaddedHBoxLayout(cardGap))}
	q.scroll = container.NewHScroll(q.box)
	q.scroll.Hide()
	q.beside = container.New(&queueLayout{}, candidates, q.scroll)
	return q
}

// queueLayout gives the cards, after the candidates, the room they need; where that is much, candidates keep a part.
// The room shrinks only when the last card is gone: until then none moves away under the pointer.
type queueLayout struct{ place float32 }

func (l *queueLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (l *queueLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	if !o[1].Visible() {
		l.place = 0
		o[0].Resize(s)
		return
	}
	need := o[1].(*container.Scroll).Content.MinSize().Width
	l.place = min(max(l.place, need), max(cardWidth, (s.Width-thumbSide)*0.75), s.Width)
	o[1].Move(fyne.NewPos(s.Width-l.place, 0))
	o[1].Resize(fyne.NewSize(l.place, s.Height))
	o[0].Resize(fyne.NewSize(max(s.Width-l.place-cardGap, 0), s.Height))
}

func (q *queue) refresh(c app.Change) {
	if c&(app.ChangedRun|app.ChangedSettings) == 0 {
		return
	}
	if light := q.w.light(); light != q.light {
		q.light, q.cards, q.box.Objects = light, nil, nil
	}
	runs, guests, was := q.w.studio.Queue, q.w.studio.Guests, len(q.cards)
	all := len(runs) + min(len(guests), mostGuests)
	for len(q.cards) < all {
		c := newCard(q.w)
		q.cards, q.box.Objects = append(q.cards, c), append(q.box.Objects, c.box)
	}
	for i, r := range runs {
		q.cards[i].show(i, r, len(runs))
	}
	for i, c := range q.cards[len(runs):all] {
		c.guest(guests[i], len(guests)-mostGuests, i == mostGuests-1)
	}
	if all != was {
		q.cards, q.box.Objects = q.cards[:all], q.box.Objects[:all]
		visible(q.scroll, all > 0)
		q.scroll.Refresh()
		q.beside.Layout.Layout(q.beside.Objects, q.beside.Size())
		q.w.shelf.Refresh()
	}
}

// card is one waiting run.
type card struct {
	w             *Window
	box           fyne.CanvasObject
	title         *canvas.Text
	prompt        *widget.Label
	sooner, later *tipButton
	run           *app.Run // nil: another program's
	place         int
	stop          func() // of another program's
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
	cancel := w.tips.button("discard", "Remove from the queue", func() {
		if c.run == nil {
			c.stop()
			return
		}
		w.studio.Cancel(c.run)
	})
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(0), c.sooner, c.later, layout.NewSpacer(), cancel)
	text := container.New(layout.NewCustomPaddedVBoxLayout(-8), container.New(&insetLayout{left: 8, top: 4}, c.title), c.prompt)
	body := container.NewBorder(text, nil, nil, nil, nil)
	c.box = fixed(cardWidth, container.NewStack(ground, container.NewBorder(nil, buttons, nil, nil, body)))
	return c
}

// show makes it the i-th of n waiting runs.
func (c *card) show(i int, r *app.Run, n int) {
	c.run, c.place, c.stop = r, i, nil
	title := fmt.Sprintf("%d. %s", i+1, say(r.Mode.String()))
	if r.Count > 1 {
		title += fmt.Sprintf(" x %d", r.Count)
	}
	c.write(title, r.Prompt)
	able(c.sooner, i > 0)
	able(c.later, i < n-1)
}

// mostGuests is how many of other programs' runs have a card; the last says how many more there are.
const mostGuests = 12

// guest makes it a run of another program; last is the last card, behind which more wait.
func (c *card) guest(g guest.Run, more int, last bool) {
	c.run, c.stop = nil, g.Stop
	title := sayf("for %s", g.From)
	if g.Pictures > 1 {
		title += fmt.Sprintf(" x %d", g.Pictures)
	}
	switch {
	case g.Active():
		title += fmt.Sprintf("  %.0f %%", 100*g.Share)
	case last && more > 0:
		title += "  " + sayf("and %d more", more)
	}
	c.write(title, g.Prompt)
	able(c.sooner, false)
	able(c.later, false)
}

func (c *card) write(title, prompt string) {
	if c.title.Text != title {
		c.title.Text = title
		c.title.Refresh()
	}
	if c.prompt.Text != prompt {
		c.prompt.SetText(prompt)
	}
}

func able(b *tipButton, on bool) {
	switch {
	case on && b.Disabled():
		b.Enable()
	case !on && !b.Disabled():
		b.Disable()
	}
}
