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
	shown []*app.Run
}

const cardWidth = 148

func newQueue(w *Window) *queue {
	return &queue{w: w, box: container.New(layout.NewCustomPaddedHBoxLayout(4))}
}

func (q *queue) refresh(c app.Change) {
	if c&(app.ChangedRun|app.ChangedSettings) == 0 {
		return
	}
	runs := q.w.studio.Queue
	q.box.Objects = nil
	for i, r := range runs {
		q.box.Add(q.card(i, r, len(runs)))
	}
	q.box.Refresh()
}

// card is the i-th of n waiting runs.
func (q *queue) card(i int, r *app.Run, n int) fyne.CanvasObject {
	s := q.w.studio
	ground := canvas.NewRectangle(theme.Color(theme.ColorNameInputBackground))
	ground.CornerRadius = 4
	title := caption(fmt.Sprintf("%d. %s", i+1, say(r.Mode.String())))
	title.Color = theme.Color(theme.ColorNameForeground)
	prompt := widget.NewLabel(r.Prompt)
	prompt.Truncation = fyne.TextTruncateEllipsis
	prompt.Importance, prompt.SizeName = widget.LowImportance, theme.SizeNameCaptionText
	if r.Count > 1 {
		title.Text += fmt.Sprintf(" x %d", r.Count)
	}
	sooner := q.w.tips.button("chevron-left", "Sooner", func() { s.Reorder(r, i-1) })
	later := q.w.tips.button("chevron-right", "Later", func() { s.Reorder(r, i+1) })
	cancel := q.w.tips.button("discard", "Take it out of the queue", func() { s.Cancel(r) })
	if i == 0 {
		sooner.Disable()
	}
	if i == n-1 {
		later.Disable()
	}
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(0), sooner, later, layout.NewSpacer(), cancel)
	text := container.New(layout.NewCustomPaddedVBoxLayout(-8), container.New(&insetLayout{left: 8, top: 4}, title), prompt)
	body := container.NewBorder(text, nil, nil, nil, nil)
	return fixed(cardWidth, container.NewStack(ground, container.NewBorder(nil, buttons, nil, nil, body)))
}
