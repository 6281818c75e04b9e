package ui

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/assets"
)

// icon is one of the studio's, coloured by the theme.
func icon(name string) fyne.Resource {
	return theme.NewThemedResource(fyne.NewStaticResource(name+".svg", assets.Icon(name)))
}

// caption is small text.
func caption(s string) *canvas.Text {
	t := canvas.NewText(s, theme.Color(theme.ColorNamePlaceHolder))
	t.TextSize = captionSize
	return t
}

// fixed gives an object a width.
func fixed(w float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&widthLayout{w}, o)
}

type widthLayout struct{ w float32 }

func (l *widthLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(l.w, o[0].MinSize().Height)
}

func (l *widthLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	o[0].Move(fyne.Position{})
}

// mostWide gives an object the width that there is, up to its own: sliders across a large screen would be coarse to aim at.
type mostWide float32

func (m mostWide) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (m mostWide) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(min(s.Width, max(float32(m), o[0].MinSize().Width)), s.Height))
	o[0].Move(fyne.Position{})
}

// entry is a text field that leaves the window's shortcuts to the window: a focused one would swallow Ctrl+Enter and
// Escape.
type entry struct {
	widget.Entry
	w      *Window
	prompt bool   // words have weights, and Undo is the window's
	typing bool   // it has the keyboard
	gained func() // it has got the keyboard; nil: nobody asks
}

// entry is a single line, text has several.
func (w *Window) entry() *entry {
	e := &entry{w: w}
	e.ExtendBaseWidget(e)
	return e
}

func (w *Window) text(hint string) *entry {
	e := &entry{w: w}
	e.MultiLine, e.Wrapping, e.PlaceHolder = true, fyne.TextWrapWord, say(hint)
	e.ExtendBaseWidget(e)
	return e
}

// FocusGained implements fyne.Focusable.
func (e *entry) FocusGained() {
	e.typing = true
	e.Entry.FocusGained()
	if e.gained != nil {
		e.gained()
	}
}

// FocusLost shows the text from its beginning again: its end alone says little.
func (e *entry) FocusLost() {
	e.typing = false
	e.Entry.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (e *entry) CreateRenderer() fyne.WidgetRenderer {
	r := &entryRenderer{WidgetRenderer: e.Entry.CreateRenderer(), e: e}
	for _, o := range r.Objects() {
		switch o := o.(type) {
		case scroller:
			r.scroll = o
		case *canvas.Rectangle:
			if o.StrokeWidth > 0 {
				r.border = o
			}
		}
	}
	return r
}

// entryRenderer is Fyne's, which keeps the cursor in view, although without the keyboard there is none, and gives a field
// that is not to be used the brightest border.
type entryRenderer struct {
	fyne.WidgetRenderer
	e      *entry
	scroll scroller
	border *canvas.Rectangle
}

type scroller interface{ ScrollToOffset(fyne.Position) }

func (r *entryRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.begin()
}

func (r *entryRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	if quiet := theme.Color(theme.ColorNameInputBorder); r.border != nil && r.e.Disabled() && r.border.StrokeColor != quiet {
		r.border.StrokeColor = quiet
		r.border.Refresh()
	}
	r.begin()
}

func (r *entryRenderer) begin() {
	if r.scroll != nil && !r.e.typing && !r.e.MultiLine {
		r.scroll.ScrollToOffset(fyne.Position{})
	}
}

// AcceptsTab is false: Tab goes to the next field, in texts of several lines too.
func (e *entry) AcceptsTab() bool { return false }

// TypedShortcut lets the window handle shortcuts first.
func (e *entry) TypedShortcut(s fyne.Shortcut) {
	if e.prompt && e.promptShortcut(s) {
		return
	}
	if !e.w.shortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// TypedKey leaves Escape and F1 to the window.
func (e *entry) TypedKey(k *fyne.KeyEvent) {
	if !e.w.windowKey(k) {
		e.Entry.TypedKey(k)
	}
}

// doubleSlider resets to its default on a double click.
type doubleSlider struct {
	widget.Slider
	w     *Window
	reset func()
}

func (w *Window) doubleSlider(low, high, step float64) *doubleSlider {
	s := &doubleSlider{w: w}
	s.Min, s.Max, s.Step = low, high, step
	s.ExtendBaseWidget(s)
	return s
}

func (s *doubleSlider) DoubleTapped(*fyne.PointEvent) {
	if s.reset != nil {
		s.reset()
	}
}

// TypedKey leaves Escape and F1 to the window.
func (s *doubleSlider) TypedKey(k *fyne.KeyEvent) {
	if !s.w.windowKey(k) {
		s.Slider.TypedKey(k)
	}
}

// fold is a part of the panel under a title that opens and closes it.
type fold struct {
	box    *fyne.Container
	body   fyne.CanvasObject
	button *button
}

// fold makes one whose state is saved for the next start.
func (w *Window) fold(title string, open bool, body fyne.CanvasObject) *fold {
	if slices.Contains(w.studio.Settings.Turned, title) {
		open = !open
	}
	f := w.newFold(title, open, body)
	tapped := f.button.OnTapped
	f.button.OnTapped = func() {
		tapped()
		w.studio.Set(func(t *app.Settings) {
			had := slices.Clone(t.Turned)
			t.Turned = slices.DeleteFunc(had, func(s string) bool { return s == title })
			if len(t.Turned) == len(w.studio.Settings.Turned) {
				t.Turned = append(t.Turned, title)
			}
		})
	}
	return f
}

func (w *Window) newFold(title string, open bool, body fyne.CanvasObject) *fold {
	f := &fold{body: body}
	f.button = w.pushButton(say(title), nil, nil)
	f.button.Importance = widget.LowImportance
	f.button.Alignment = widget.ButtonAlignLeading
	f.button.OnTapped = func() { f.Open(!f.body.Visible()) }
	f.box = container.NewVBox(f.button, body)
	f.Open(open)
	return f
}

// Open shows or hides the body.
func (f *fold) Open(open bool) {
	if open {
		f.body.Show()
		f.button.SetIcon(icon("chevron-down"))
	} else {
		f.body.Hide()
		f.button.SetIcon(icon("chevron-right"))
	}
	f.box.Refresh()
}

// spaced puts objects below each other with the panel's gap.
func spaced(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// line is a one-pixel separator.
func line() fyne.CanvasObject { return widget.NewSeparator() }

// thinBar is a progress bar four units high whose room is always reserved.
type thinBar struct {
	box  *fyne.Container
	fill *canvas.Rectangle
	done float64
}

func newThinBar() *thinBar {
	b := &thinBar{fill: canvas.NewRectangle(accent)}
	b.box = container.New(b, b.fill)
	return b
}

func (b *thinBar) set(done float64) {
	b.done = done
	b.Layout(nil, b.box.Size())
	b.fill.Refresh()
}

// MinSize and Layout implement fyne.Layout.
func (b *thinBar) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(10, 4) }
func (b *thinBar) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	b.fill.Resize(fyne.NewSize(s.Width*float32(b.done), s.Height))
}

func percent(v float64) string { return fmt.Sprintf("%.0f %%", v*100) }
