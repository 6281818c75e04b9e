package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app/layers"
)

// layerName is a layer's name in its row. A click chooses the layer, a second one soon after makes the name a field in
// the same place.
type layerName struct {
	r      *layerRow
	button *button
	field  *nameField
	box    *fyne.Container
	tapped time.Time
}

func newLayerName(r *layerRow) *layerName {
	w := r.f.p.w
	n := &layerName{r: r, field: &nameField{}}
	n.button = w.pushButton("", nil, func() { n.tap(time.Now()) })
	n.button.Alignment = widget.ButtonAlignLeading
	n.field.w, n.field.taken, n.field.left = w, n.rename, n.leave
	n.field.OnSubmitted = func(string) { w.win.Canvas().Unfocus() }
	n.field.ExtendBaseWidget(n.field)
	n.field.Hide()
	n.box = container.NewStack(n.button, n.field)
	return n
}

func (n *layerName) tap(at time.Time) {
	if at.Sub(n.tapped) < fyne.CurrentApp().Driver().DoubleTapDelay() {
		n.tapped = time.Time{}
		n.edit()
		return
	}
	n.tapped = at
	if d := n.r.f.p.w.studio.Document; d.Layered() {
		d.Choose(n.r.layer.ID)
	}
}

// edit shows the field, with the whole name selected.
func (n *layerName) edit() {
	n.field.SetText(n.r.layer.Name)
	n.field.editing = true
	n.button.Hide()
	n.field.Show()
	n.field.w.win.Canvas().Focus(n.field)
	n.field.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// leave ends the field without a new name.
func (n *layerName) leave() {
	if n.field.editing {
		n.field.SetText("")
		n.field.w.win.Canvas().Unfocus()
	}
}

// rename ends the field. A name that is empty or the same changes nothing.
func (n *layerName) rename(text string) {
	n.field.Hide()
	n.button.Show()
	r := n.r
	if text = strings.TrimSpace(text); text == "" || text == r.layer.Name {
		return
	}
	r.set(func(l *layers.Layer) { l.Name = text })
}

func (n *layerName) show(l shownLayer, active bool) {
	room := layerNameWidth - n.r.indent.left
	n.button.SetIcon(nil)
	if l.Group {
		room -= theme.IconInlineSize() + theme.InnerPadding()/2
		n.button.SetIcon(icon("folder"))
	}
	n.button.SetText(cutMiddle(l.Name, room, fyne.TextStyle{Bold: true}))
	n.button.Importance = widget.LowImportance
	if active {
		n.button.Importance = widget.MediumImportance
	}
	n.button.Refresh()
}

// nameField is the field of a name: Enter or a click elsewhere takes it, Escape leaves the name as it was.
type nameField struct {
	entry
	taken   func(text string)
	left    func()
	editing bool
}

// FocusLost takes the name.
func (e *nameField) FocusLost() {
	e.entry.FocusLost()
	e.commit()
}

func (e *nameField) commit() {
	if e.editing {
		e.editing = false
		e.taken(e.Text)
	}
}

// TypedKey leaves the name as it was on Escape.
func (e *nameField) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.left()
		return
	}
	e.entry.TypedKey(k)
}
