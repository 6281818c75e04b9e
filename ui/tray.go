package ui

import (
	"image"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

const thumbSide = 72

// thumb is a picture to click, with an outline while it is selected.
type thumb struct {
	widget.BaseWidget
	resting   // its tip; "": none
	img       *canvas.Image
	ring      *canvas.Rectangle
	tapped    func()
	opened    func() // double click
	secondary func(fyne.Position)
	picked    func(fyne.KeyModifier) // click with Ctrl or Shift; nil: as without
	pick      bool                   // the present click is one
}

func newThumb(img image.Image, tapped, opened func()) *thumb {
	t := &thumb{img: canvas.NewImageFromImage(img), ring: canvas.NewRectangle(nil), tapped: tapped, opened: opened}
	t.img.FillMode, t.img.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	t.ring.StrokeWidth = 2
	t.ExtendBaseWidget(t)
	return t
}

func (t *thumb) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(&squareLayout{}, t.img, t.ring))
}

// squareLayout keeps thumbnails square.
type squareLayout struct{}

func (squareLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(thumbSide, thumbSide) }
func (squareLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	side := min(s.Width, s.Height)
	for i, c := range o {
		inset := float32(3 - 2*i)
		c.Move(fyne.NewPos((s.Width-side)/2+inset, (s.Height-side)/2+inset))
		c.Resize(fyne.NewSquareSize(side - 2*inset))
	}
}

// MouseDown picks at once: a tap waits for a second one, by when Ctrl is released and the next thumbnail was clicked.
func (t *thumb) MouseDown(e *desktop.MouseEvent) {
	mods := e.Modifier & (fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift)
	t.pick = t.picked != nil && e.Button == desktop.MouseButtonPrimary && mods != 0
	if t.pick {
		t.picked(mods)
	}
}

// MouseIn shows the tip after a moment, where it has one.
func (t *thumb) MouseIn(*desktop.MouseEvent) { t.enter(t) }

// MouseMoved implements desktop.Hoverable.
func (t *thumb) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes it away.
func (t *thumb) MouseOut() {
	if t.tip != "" {
		t.leave()
	}
}

// MouseUp does nothing: MouseDown did.
func (t *thumb) MouseUp(*desktop.MouseEvent) {}

// Tapped selects.
func (t *thumb) Tapped(*fyne.PointEvent) {
	if !t.pick {
		t.tapped()
	}
}

// DoubleTapped opens.
func (t *thumb) DoubleTapped(*fyne.PointEvent) {
	if t.opened != nil && !t.pick {
		t.opened()
	}
}

// TappedSecondary shows the menu.
func (t *thumb) TappedSecondary(e *fyne.PointEvent) {
	if t.secondary != nil {
		t.secondary(e.AbsolutePosition)
	}
}

// show shows a picture, unless it is shown already: a refresh would upload it again.
func (t *thumb) show(img image.Image) {
	if t.img.Image != img {
		t.img.Image = img
		t.img.Refresh()
	}
}

func (t *thumb) selected(on bool) {
	ink := theme.ColorNameSeparator
	if on {
		ink = theme.ColorNameForeground
	}
	t.encircle(theme.Color(ink))
}

// focused shows the keyboard's focus.
func (t *thumb) focused() { t.encircle(accent) }

func (t *thumb) encircle(ink color.Color) {
	if t.ring.StrokeColor != ink {
		t.ring.StrokeColor = ink
		t.ring.Refresh()
	}
}

// tray is the candidates of this run.
type tray struct {
	w        *Window
	box      *fyne.Container // candidates and waiting runs
	row      *fyne.Container
	scroll   *container.Scroll
	thumbs   []*thumb
	shown    []*app.Candidate
	hint     *widget.Label
	buttons  *fyne.Container
	seam     *canvas.Text
	seamBox  fyne.CanvasObject
	fix      *tipButton
	more     *tipButton
	grid     *tipButton
	compare  *tipButton
	queue    *queue
	waited   int // the largest number of waiting runs since there were none
	dividing bool
	divider  float64
}

func newTray(w *Window) *tray {
	t := &tray{w: w, row: container.NewHBox(), divider: 0.5}
	s := w.studio.Tray
	t.hint = widget.NewLabel(say("Results appear here"))
	t.hint.Importance = widget.LowImportance
	t.seam = caption("")
	seam := w.tips.over(t.seam, say(explainedSeam))
	t.fix = w.tips.button("reset", "Fix the seam: repaint a band along the mask's edge", func() {
		if c := s.Current(); c != nil {
			w.studio.FixSeam(c)
		}
	})
	t.more = w.tips.button("more", "More: variations, enlarging", nil)
	t.more.OnTapped = func() {
		if c := s.Current(); c != nil {
			w.candidateMenu(c, fyne.CurrentApp().Driver().AbsolutePositionForObject(t.more))
		}
	}
	t.grid = w.tips.button("grid", "Side by side on the canvas (G)", w.toggleTable)
	t.compare = w.tips.button("compare", "Compare with a divider; hold C to see what was there before", func() { t.divide(!t.dividing) })
	previous, next := optional(w.tips.button("chevron-left", "Previous (Left)", s.Previous)), optional(w.tips.button("chevron-right", "Next (Right)", s.Next))
	t.seamBox = container.NewCenter(seam)
	told, grid := optional(t.seamBox), optional(t.grid)
	t.buttons = container.New(&dropLayout{drop: []*fyne.Container{told, previous, next, grid}},
		w.tips.button("check", "Keep (Enter)", s.Keep), w.tips.button("discard", "Discard (Delete)", s.Discard),
		t.compare, previous, next, t.more, grid, t.fix, told) // those that come and go are last: the others stay where they are
	t.buttons.Hide()
	t.scroll = container.NewHScroll(container.NewStack(t.row, container.NewHBox(container.NewCenter(t.hint))))
	t.scroll.SetMinSize(fyne.NewSize(thumbSide, thumbSide+4))
	t.queue = newQueue(w, t.scroll)
	t.box = t.queue.beside
	return t
}

// wants is the width that candidates and waiting runs would fill.
func (t *tray) wants() float32 {
	w := t.row.MinSize().Width
	if t.hint.Visible() {
		w = t.hint.MinSize().Width
	}
	n := len(t.w.studio.Queue)
	if t.waited = max(t.waited, n); n == 0 { // until the last card is gone none moves away under the pointer
		t.waited = 0
	}
	if n = t.waited; n > 0 {
		w += cardGap + float32(n)*(cardWidth+cardGap)
	}
	return w + gap
}

// divide shows or hides the divider between the picture before and the candidate.
func (t *tray) divide(on bool) {
	t.dividing = on
	t.compare.pressed(on)
	t.w.showCanvas(app.ChangedTray)
	t.w.chip.refresh()
}

func (t *tray) refresh(c app.Change) {
	t.queue.refresh(c)
	if c&(app.ChangedTray|app.ChangedPicture) != 0 {
		able(t.compare, t.w.studio.Document.Picture != nil) // else there was no picture before
	}
	if c&app.ChangedTray == 0 {
		return
	}
	all := t.w.studio.Tray.Candidates
	if !same(t.shown, all) {
		t.fill(all)
	}
	for i, th := range t.thumbs {
		th.selected(i == t.w.studio.Tray.Selected)
	}
	t.reach(t.w.studio.Tray.Selected)
	t.showSeam()
	visible(t.hint, len(all) == 0)
	visible(t.buttons, len(all) > 0)
	visible(t.seamBox, t.seam.Text != "")
	visible(t.grid, len(all) > 1)
	if len(all) == 0 {
		t.dividing = false
		t.compare.pressed(false)
	}
	t.w.shelf.Refresh()
}

// fill shows candidates; those shown before keep their thumbnails.
func (t *tray) fill(all []*app.Candidate) {
	old := map[*app.Candidate]*thumb{}
	for i, c := range t.shown {
		old[c] = t.thumbs[i]
	}
	t.shown, t.thumbs, t.row.Objects = append([]*app.Candidate(nil), all...), nil, nil
	for _, c := range all {
		th := old[c]
		if th == nil {
			th = t.thumb(c)
		}
		t.thumbs, t.row.Objects = append(t.thumbs, th), append(t.row.Objects, th)
	}
	t.row.Refresh()
}

func (t *tray) thumb(c *app.Candidate) *thumb {
	s := t.w.studio.Tray
	show := func() {
		t.w.sideBySide = false
		s.Select(slices.Index(s.Candidates, c))
		t.w.observe(app.ChangedTray)
	}
	th := newThumb(c.Small(), show, func() { show(); s.Keep() })
	th.resting = resting{tip: stoppedAt(c), tips: t.w.tips}
	if c.Partial {
		th.img.Translucency = dimmed
	}
	th.secondary = func(p fyne.Position) {
		s.Select(slices.Index(s.Candidates, c))
		t.w.candidateMenu(c, p)
	}
	return th
}

// dimmed is how much of the ground shows through the thumbnail of a candidate that was stopped, 0 to 1.
const dimmed = 0.55

// stoppedAt says how far a candidate came that was stopped, by the artist or by a search; "": it was not.
func stoppedAt(c *app.Candidate) string {
	switch at := c.Recipe.Unfinished; {
	case !c.Partial:
		return ""
	case len(at) == 2:
		return sayf("Stopped at step %d of %d", at[0], at[1])
	}
	return say("Stopped")
}

// reach scrolls to the i-th thumbnail.
func (t *tray) reach(i int) {
	if i < 0 || i >= len(t.thumbs) || t.scroll.Size().Width == 0 {
		return
	}
	t.scroll.Content.Resize(t.scroll.Content.MinSize().Max(t.scroll.Size())) // a new one has its position now
	const gap = 4
	left := float32(i) * (thumbSide + gap)
	offset := min(max(t.scroll.Offset.X, left+thumbSide+gap-t.scroll.Size().Width), left)
	if offset != t.scroll.Offset.X {
		t.scroll.ScrollToOffset(fyne.NewPos(offset, 0))
	}
}

// showSeam compares the visibility of the mask's edge with the picture's own lines nearby.
func (t *tray) showSeam() {
	c := t.w.studio.Tray.Current()
	t.seam.Text = ""
	if c != nil && c.Seam > 0 {
		t.seam.Text = sayf("seam %.2f", c.Seam)
	}
	t.seam.Color = theme.Color(theme.ColorNamePlaceHolder)
	t.seam.Refresh()
	shows := c != nil && c.SeamShows()
	visible(t.fix, shows)
}

func same(a, b []*app.Candidate) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
