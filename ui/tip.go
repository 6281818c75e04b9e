package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tips is the layer over the window's content where tips appear. It takes no
// clicks, unlike a pop-up.
type tips struct {
	layer *fyne.Container
	w     *Window
}

func newTips(w *Window) *tips { return &tips{container.NewWithoutLayout(), w} }

const tipDelay = 500 * time.Millisecond

// show puts the text beside an object, inside the window.
func (t *tips) show(beside fyne.CanvasObject, text string) {
	label := canvas.NewText(text, theme.Color(theme.ColorNameForeground))
	label.TextSize = captionSize
	ground := canvas.NewRectangle(theme.Color(theme.ColorNameOverlayBackground))
	ground.StrokeColor, ground.StrokeWidth, ground.CornerRadius = theme.Color(theme.ColorNameInputBorder), 1, 4
	box := container.NewStack(ground, container.NewPadded(label))
	size := box.MinSize()
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(beside).Subtract(driver.AbsolutePositionForObject(t.layer))
	x := at.X + beside.Size().Width + 4
	if x+size.Width > t.layer.Size().Width-4 {
		x = at.X - size.Width - 4
	}
	y := at.Y + (beside.Size().Height-size.Height)/2
	box.Resize(size)
	box.Move(fyne.NewPos(max(x, 4), min(max(y, 4), t.layer.Size().Height-size.Height-4)))
	t.layer.Objects = []fyne.CanvasObject{box}
	t.layer.Refresh()
}

func (t *tips) hide() {
	if len(t.layer.Objects) > 0 {
		t.layer.RemoveAll()
	}
}

// tipButton is an icon button that says what it does, and its key, when the pointer rests on it.
type tipButton struct {
	widget.Button
	tip   string
	tips  *tips
	timer *time.Timer
}

func (t *tips) button(iconName, tip string, tapped func()) *tipButton {
	b := &tipButton{tip: say(tip), tips: t}
	b.Icon = icon(iconName)
	b.OnTapped = tapped
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// text is a button with a word on it instead of an icon.
func (t *tips) text(label, tip string, tapped func()) *tipButton {
	b := &tipButton{tip: say(tip), tips: t}
	b.Text = label
	b.OnTapped = tapped
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn shows the tip after a moment.
func (b *tipButton) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.stop()
	if b.tip == "" {
		return
	}
	b.timer = time.AfterFunc(tipDelay, func() { fyne.Do(func() { b.tips.show(b, b.tip) }) })
}

// MouseOut takes it away.
func (b *tipButton) MouseOut() {
	b.Button.MouseOut()
	b.stop()
	b.tips.hide()
}

// Tapped does it, without the tip.
func (b *tipButton) Tapped(e *fyne.PointEvent) {
	b.stop()
	b.tips.hide()
	b.Button.Tapped(e)
}

// TypedKey leaves Escape and F1 to the window.
func (b *tipButton) TypedKey(k *fyne.KeyEvent) {
	if !b.tips.w.windowKey(k) {
		b.Button.TypedKey(k)
	}
}

func (b *tipButton) stop() {
	if b.timer != nil {
		b.timer.Stop()
	}
}

// pressed shows that what the button turns on is on.
func (b *tipButton) pressed(on bool) {
	b.Importance = widget.LowImportance
	if on {
		b.Importance = widget.HighImportance
	}
	b.Refresh()
}
