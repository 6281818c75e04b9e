package ui

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine"
)

// The X-ray shows the network's evaluation at the step that the timeline shows: what it predicts with the prompt and
// without, side by side, how far they are apart, and where each word acts.
const xrayWords, xrayBoth, xrayDifference = "Words", "With and without", "Difference"

// xrayView is the bar over the canvas while the X-ray is on.
type xrayView struct {
	w      *Window
	box    *fyne.Container
	ground *canvas.Rectangle
	mode   *choice
	told   *widget.Label
	chips  *fyne.Container
	words  []*wordChip

	seen   *engine.XRay // that the chips are of
	pinned int          // the word that was clicked; -1: none
	under  int          // the word under the pointer; -1: none
	at     image.Point  // the latent pixel that was clicked
	picked bool
	drawn  xrayDrawn
}

// xrayDrawn is what the picture over the canvas was made of.
type xrayDrawn struct {
	seen         *engine.XRay
	mode         string
	word         int
	noisy        bool
	over, beside *image.RGBA
}

func newXRayView(w *Window) *xrayView {
	x := &xrayView{w: w, ground: canvas.NewRectangle(nil), told: widget.NewLabel(""), pinned: -1, under: -1}
	x.told.Truncation = fyne.TextTruncateEllipsis
	x.mode = w.choice([]string{xrayWords, xrayBoth, xrayDifference}, []string{"Where each word acts: point at one, or click a place of the picture",
		"What the network predicts with the prompt, and beside it without: with the negative prompt", "How far the two predictions are apart"}, func(string) { w.observe(app.ChangedStep) })
	x.mode.set(xrayWords)
	off := w.tips.button("discard", "Leave the X-ray (Y)", w.toggleXRay)
	x.chips = container.New(layout.NewCustomPaddedHBoxLayout(4))
	scroll := container.NewHScroll(x.chips)
	scroll.SetMinSize(fyne.NewSize(10, newWordChip(x, 0).MinSize().Height))
	row := container.NewBorder(nil, nil, container.NewCenter(x.mode.box), off, x.told)
	x.box = container.NewStack(x.ground, container.New(&insetLayout{left: 8, right: 8, top: 4, bottom: 4}, container.NewVBox(row, scroll)))
	x.box.Hide()
	return x
}

// toggleXRay looks into the step that is shown, or stops doing so.
func (w *Window) toggleXRay() {
	if w.canvas.Scene.Table.Shown() {
		w.toggleTable()
	}
	w.studio.LookInto(!w.studio.XRay.On)
}

func (x *xrayView) refresh(c app.Change) {
	v := &x.w.studio.XRay
	visible(x.box, v.On)
	if !v.On {
		x.seen, x.pinned, x.under, x.picked, x.drawn = nil, -1, -1, false, xrayDrawn{}
		return
	}
	x.ground.FillColor = theme.Color(theme.ColorNameBackground)
	if v.Seen != x.seen {
		x.take(v.Seen)
	}
	x.tell()
}

// take shows the words of what is seen now; the same words keep what was pinned.
func (x *xrayView) take(seen *engine.XRay) {
	if x.seen = seen; seen == nil {
		return
	}
	same := slices.EqualFunc(seen.Words, x.words, func(w engine.AttendedWord, c *wordChip) bool { return w.Text == c.word })
	if !same {
		x.words, x.pinned, x.under = nil, -1, -1
		x.chips.RemoveAll()
		for i, w := range seen.Words {
			c := newWordChip(x, i)
			c.word = w.Text
			x.words = append(x.words, c)
			x.chips.Add(c)
		}
	}
	if x.at.X >= seen.Width || x.at.Y >= seen.Height {
		x.picked = false
	}
}

// tell says what is seen, or why nothing is; and at a place that was clicked which words act there.
func (x *xrayView) tell() {
	v := &x.w.studio.XRay
	var shares []float32
	text := ""
	switch {
	case v.Err != nil:
		text = say(v.Err.Error())
	case v.Waits:
		text = say("It is seen when the run is paused or done.")
	case v.Seen == nil && x.w.studio.Path() == nil:
		text = say("There is no step to look into: choose a picture whose steps are kept.")
	case v.Seen == nil:
		text = say("Looking into this step...")
	case len(v.Seen.Words) == 0 && x.mode.chosen == xrayWords:
		text = say("This model does not show where words act.")
	case v.Seen.Without.X0.Data == nil && x.mode.chosen != xrayWords:
		text = say("This model predicts nothing without a prompt.")
	case x.picked && x.mode.chosen == xrayWords:
		shares = v.Seen.At(x.at.X, x.at.Y)
		text = sayf("Here: %s", x.listed(shares))
	}
	x.told.SetText(text)
	for i, c := range x.words {
		share := ""
		if shares != nil {
			share = fmt.Sprintf(" %.0f %%", 100*shares[i])
		}
		c.show(share, i == x.pinned || i == x.under)
	}
}

// listed are the words by their shares, the largest first.
func (x *xrayView) listed(shares []float32) string {
	order := make([]int, len(shares))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case shares[a] > shares[b]:
			return -1
		case shares[a] < shares[b]:
			return 1
		}
		return 0
	})
	var out []string
	for _, i := range order {
		out = append(out, fmt.Sprintf("%s %.0f %%", x.seen.Words[i].Text, 100*shares[i]))
	}
	return strings.Join(out, ", ")
}

// probed takes a click on the canvas at a point of the document: which words act there.
func (x *xrayView) probed(px, py float64) bool {
	r := x.w.studio.Path()
	if x.seen == nil || r == nil || x.mode.chosen != xrayWords {
		return false
	}
	f := x.frame(r)
	fx, fy := (px-float64(f.Min.X))/float64(f.Dx()), (py-float64(f.Min.Y))/float64(f.Dy())
	if fx < 0 || fy < 0 || fx >= 1 || fy >= 1 {
		return false
	}
	x.at, x.picked = image.Pt(int(fx*float64(x.seen.Width)), int(fy*float64(x.seen.Height))), true
	x.tell()
	return true
}

// frame is where a run's steps are shown.
func (x *xrayView) frame(r *app.Run) image.Rectangle {
	if p := x.w.studio.Document.Picture; r.Replaces() && p != nil {
		return p.Rect
	}
	return r.Frame
}

// picture is what is drawn over the step that is shown; nil where the step itself is.
func (x *xrayView) picture(r *app.Run, step engine.Step) *image.RGBA {
	if !x.w.studio.XRay.On || x.seen == nil || r == nil {
		return nil
	}
	want := xrayDrawn{seen: x.seen, mode: x.mode.chosen, word: x.word(), noisy: x.w.timeline.noisy()}
	if d := x.drawn; d.seen != want.seen || d.mode != want.mode || d.word != want.word || d.noisy != want.noisy {
		x.draw(&want, step, x.frame(r).Size())
		x.drawn = want
	}
	return x.drawn.over
}

// word is the one that is pointed at, or else the one that was clicked; -1: none.
func (x *xrayView) word() int {
	if x.under >= 0 {
		return x.under
	}
	return x.pinned
}

// draw makes the pictures of what is seen.
func (x *xrayView) draw(d *xrayDrawn, step engine.Step, size image.Point) {
	switch seen := x.seen; {
	case d.mode == xrayBoth:
		d.over = seenAt(seen.With.Predicted(0), size)
		if seen.Without.X0.Data != nil {
			d.beside = seenAt(seen.Without.Predicted(0), size)
		}
	case d.mode == xrayDifference && seen.Difference != nil:
		d.over = heatOver(x.w.picture(step), seen.Difference, seen.Width, seen.Height, size)
	case d.mode == xrayWords && d.word >= 0 && d.word < len(seen.Words):
		d.over = heatOver(x.w.picture(step), seen.Words[d.word].Attention, seen.Width, seen.Height, size)
	}
}

// beside is the prediction without the prompt, right of the one with it.
func (x *xrayView) beside() (*image.RGBA, image.Rectangle) {
	r := x.w.studio.Path()
	if !x.w.studio.XRay.On || r == nil || x.drawn.seen != x.seen || x.drawn.beside == nil || x.mode.chosen != xrayBoth {
		return nil, image.Rectangle{}
	}
	return x.drawn.beside, x.w.rightOf(x.frame(r))
}

// wordChip is a word of the prompt: pointing at it shows where it acts, a click keeps that shown.
type wordChip struct {
	widget.BaseWidget
	x      *xrayView
	i      int
	word   string
	ground *canvas.Rectangle
	text   *canvas.Text
}

func newWordChip(x *xrayView, i int) *wordChip {
	c := &wordChip{x: x, i: i, ground: canvas.NewRectangle(nil), text: canvas.NewText("", nil)}
	c.ground.CornerRadius = 4
	c.text.TextSize = captionSize
	c.ExtendBaseWidget(c)
	return c
}

// show shows the word with its share at the place that was clicked.
func (c *wordChip) show(share string, on bool) {
	ink, ground := theme.Color(theme.ColorNameForeground), theme.Color(theme.ColorNameInputBackground)
	if on {
		ink, ground = theme.Color(theme.ColorNameForegroundOnPrimary), theme.Color(theme.ColorNamePrimary)
	}
	if text := c.word + share; c.text.Text == text && c.text.Color == ink && c.ground.FillColor == ground {
		return
	}
	c.text.Text, c.text.Color, c.ground.FillColor = c.word+share, ink, ground
	c.Refresh()
}

// CreateRenderer and the rest implement Fyne's interfaces.
func (c *wordChip) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(c.ground, container.New(&insetLayout{left: 8, right: 8, top: 3, bottom: 3}, c.text)))
}

func (c *wordChip) MouseIn(*desktop.MouseEvent)    { c.point(c.i) }
func (c *wordChip) MouseMoved(*desktop.MouseEvent) {}
func (c *wordChip) MouseOut() {
	if c.x.under == c.i {
		c.point(-1)
	}
}

func (c *wordChip) point(i int) {
	c.x.under = i
	c.x.look()
}

// Tapped keeps the word's map shown, or lets it go.
func (c *wordChip) Tapped(*fyne.PointEvent) {
	if c.x.pinned == c.i {
		c.x.pinned = -1
	} else {
		c.x.pinned = c.i
	}
	c.x.look()
}

// look shows the words.
func (x *xrayView) look() {
	x.mode.set(xrayWords)
	x.tell()
	x.w.observe(app.ChangedStep)
}
