package ui

import (
	"strings"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tips is the layer over the window's content where tips appear. Unlike a pop-up it takes no clicks.
type tips struct {
	layer *fyne.Container
	w     *Window
}

func newTips(w *Window) *tips { return &tips{container.NewWithoutLayout(), w} }

const (
	tipDelay = 500 * time.Millisecond
	tipWidth = 300 // at most, before it is broken into lines
)

// show shows a text next to an object.
func (t *tips) show(beside fyne.CanvasObject, text string) {
	lines := container.New(layout.NewCustomPaddedVBoxLayout(0))
	for _, l := range brokenInto(text, tipWidth, captionSize) {
		label := canvas.NewText(l, theme.Color(theme.ColorNameForeground))
		label.TextSize = captionSize
		lines.Add(label)
	}
	ground := canvas.NewRectangle(theme.Color(theme.ColorNameOverlayBackground))
	ground.StrokeColor, ground.StrokeWidth, ground.CornerRadius = theme.Color(theme.ColorNameInputBorder), 1, 4
	box := container.NewStack(ground, container.New(&insetLayout{left: 6, right: 6, top: 4, bottom: 4}, lines))
	size := box.MinSize()
	box.Resize(size)
	driver := fyne.CurrentApp().Driver()
	corner := driver.AbsolutePositionForObject(t.layer)
	at := driver.AbsolutePositionForObject(beside).Subtract(corner)
	free := driver.AbsolutePositionForObject(t.w.canvas).Subtract(corner)
	box.Move(tipPlace(at, beside.Size(), size, free, t.w.canvas.Size(), t.layer.Size()))
	t.layer.Objects = []fyne.CanvasObject{box}
	t.layer.Refresh()
}

// tipPlace is a tip's position: over the canvas next to its object, since what is pressed next is near that. For
// objects over the canvas it is below.
func tipPlace(at fyne.Position, of, size fyne.Size, canvas fyne.Position, canvasSize, window fyne.Size) fyne.Position {
	const apart = 6
	x, y := at.X+(of.Width-size.Width)/2, at.Y+(of.Height-size.Height)/2
	right, low := canvas.X+canvasSize.Width, canvas.Y+canvasSize.Height
	switch {
	case at.X+of.Width <= canvas.X+1 && at.Y < low:
		x = canvas.X + apart
	case at.X >= right-1:
		x = right - size.Width - apart
	case at.Y >= low-1:
		y = low - size.Height - apart
	default:
		y = at.Y + of.Height + apart
	}
	return fyne.NewPos(min(max(x, 4), max(window.Width-size.Width-4, 4)), min(max(y, 4), max(window.Height-size.Height-4, 4)))
}

// brokenInto breaks a text into lines of a width: between words, or, in languages without spaces, between letters.
func brokenInto(text string, width, size float32) []string {
	wide := func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width }
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range breakable(paragraph) {
			if line != "" && wide(strings.TrimRight(line+word, " ")) > width {
				lines, line = append(lines, strings.TrimRight(line, " ")), ""
			}
			line += word
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// breakable are the parts of a text after which a line may end.
func breakable(text string) []string {
	var out []string
	word := ""
	for _, r := range text {
		word += string(r)
		if r == ' ' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || strings.ContainsRune("、。，：；", r) {
			out, word = append(out, word), ""
		}
	}
	return append(out, word)
}

func (t *tips) hide() {
	if len(t.layer.Objects) > 0 {
		t.layer.RemoveAll()
	}
}

// resting shows a tip when the pointer has rested on an object for a moment.
type resting struct {
	tip   string
	more  func() string // what is true just now, behind it; nil: nothing
	tips  *tips
	timer *time.Timer
}

func (r *resting) enter(o fyne.CanvasObject) {
	r.stop()
	if r.tip != "" {
		driver := fyne.CurrentApp().Driver()
		at := driver.AbsolutePositionForObject(o)
		r.timer = time.AfterFunc(tipDelay, func() {
			fyne.Do(func() {
				if driver.AbsolutePositionForObject(o) == at { // it was not scrolled away from under the pointer, of which Fyne tells nothing
					r.tips.show(o, r.text())
				}
			})
		})
	}
}

func (r *resting) text() string {
	if r.more == nil {
		return r.tip
	}
	return strings.TrimSpace(r.tip + " " + r.more())
}

func (r *resting) leave() {
	r.stop()
	r.tips.hide()
}

func (r *resting) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// tipped is an object with a tip.
type tipped struct {
	widget.BaseWidget
	resting
	of fyne.CanvasObject
}

// over gives an object a tip that is translated already.
func (t *tips) over(o fyne.CanvasObject, tip string) *tipped {
	p := &tipped{of: o, resting: resting{tip: tip, tips: t}}
	p.ExtendBaseWidget(p)
	return p
}

// label is a label with an optional tip.
func (t *tips) label(text, tip string) *tipped {
	if tip != "" {
		tip = say(tip)
	}
	return t.over(widget.NewLabel(text), tip)
}

// CreateRenderer, MouseIn and the rest implement Fyne's interfaces.
func (p *tipped) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.of) }
func (p *tipped) MouseIn(*desktop.MouseEvent)         { p.enter(p) }
func (p *tipped) MouseMoved(*desktop.MouseEvent)      {}
func (p *tipped) MouseOut()                           { p.leave() }

// tipButton is an icon button with a tip that says what it does, and its key.
type tipButton struct {
	widget.Button
	resting
}

func (t *tips) button(iconName, tip string, tapped func()) *tipButton {
	b := t.text("", tip, tapped)
	b.Icon = icon(iconName)
	return b
}

// text is a button with a text instead of an icon.
func (t *tips) text(label, tip string, tapped func()) *tipButton {
	b := &tipButton{resting: resting{tip: say(tip), tips: t}}
	b.Text = label
	b.OnTapped = tapped
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// action is a text button with a ground: without one it would look like a heading where no other button is beside it.
func (t *tips) action(label, tip string, tapped func()) *tipButton {
	b := t.text(label, tip, tapped)
	b.Importance = widget.MediumImportance
	return b
}

// MouseIn shows the tip after a moment.
func (b *tipButton) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.enter(b)
}

// MouseOut hides it.
func (b *tipButton) MouseOut() {
	b.Button.MouseOut()
	b.leave()
}

// Tapped runs the action and hides the tip.
func (b *tipButton) Tapped(e *fyne.PointEvent) {
	b.leave()
	b.Button.Tapped(e)
}

// TypedKey leaves Escape and F1 to the window.
func (b *tipButton) TypedKey(k *fyne.KeyEvent) {
	if !b.tips.w.windowKey(k) {
		b.Button.TypedKey(k)
	}
}

// pressed shows that what the button turns on is on.
func (b *tipButton) pressed(on bool) {
	importance := widget.LowImportance
	if on {
		importance = widget.HighImportance
	}
	if b.Importance != importance {
		b.Importance = importance
		b.Refresh()
	}
}
