package ui

import (
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// numberEntry is a field for a number. The value is applied when the field loses the focus, at Enter, and before the
// window's shortcuts such as Generate; until then the text is not changed.
type numberEntry struct {
	entry
	taken   func(text string) bool // applies what was typed; false where that is not a number
	shown   string                 // the present value as text
	editing bool                   // text was typed that is not applied yet
	setting bool
}

func (w *Window) numberEntry(taken func(string) bool) *numberEntry {
	e := &numberEntry{taken: taken}
	e.w = w
	e.OnChanged = func(string) { e.editing = !e.setting && e.Text != e.shown }
	e.OnSubmitted = func(string) { e.commit() }
	e.ExtendBaseWidget(e)
	return e
}

// FocusLost applies what was typed.
func (e *numberEntry) FocusLost() {
	e.entry.FocusLost()
	e.commit()
}

// commit applies what was typed. Where that is not a number, or out of bounds, the present value is shown again.
func (e *numberEntry) commit() {
	if !e.editing {
		return
	}
	e.editing = false
	if !e.taken(e.Text) {
		e.put(e.shown)
		return
	}
	e.w.observe(app.ChangedSettings)
}

// show shows a value as text, unless one is being typed.
func (e *numberEntry) show(text string) {
	e.shown = text
	if !e.editing {
		e.put(text)
	}
}

func (e *numberEntry) put(text string) {
	if e.Text == text {
		return
	}
	e.setting = true
	e.SetText(text)
	e.setting = false
}

// commitField applies what was typed into the focused number.
func (w *Window) commitField() {
	if f, ok := w.win.Canvas().Focused().(interface{ commit() }); ok {
		f.commit()
	}
}

// readNumber parses a number with a decimal point or comma.
func readNumber(text string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// wheelPass covers a single-line field and passes the wheel to the scroll container, which the field itself would
// swallow.
type wheelPass struct {
	widget.BaseWidget
	to func(*fyne.ScrollEvent)
}

func newWheelPass(to func(*fyne.ScrollEvent)) *wheelPass {
	p := &wheelPass{to: to}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer and Scrolled implement Fyne's interfaces.
func (p *wheelPass) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}
func (p *wheelPass) Scrolled(e *fyne.ScrollEvent) {
	if p.to != nil {
		p.to(e)
	}
}

// field gives a single-line field a width, and its wheel to the column.
func (c *column) field(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	return fixed(width, c.wheel(o))
}

func (c *column) wheel(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(o, newWheelPass(func(e *fyne.ScrollEvent) {
		if c.scroll != nil {
			c.scroll.Scrolled(e)
		}
	}))
}

// number is a labelled slider with a field for its value.
type number struct {
	box     *fyne.Container
	slider  *doubleSlider
	entry   *numberEntry
	decimal int
	changed func(float64)
	setting bool
}

const numberWidth = 54

// number makes the row. normal is the value that a double click resets to.
func (c *column) number(name, unit string, low, high, step float64, decimals int, normal func() float64, changed func(float64)) *number {
	n := &number{decimal: decimals, changed: changed}
	n.slider = c.w.doubleSlider(low, high, step)
	n.slider.OnChanged = n.take
	n.slider.reset = func() { n.take(normal()) }
	n.entry = c.w.numberEntry(n.read)
	n.box = container.NewBorder(nil, nil, c.name(name, unit, func() string { return n.usual(normal()) }), c.field(numberWidth, n.entry), container.NewThemeOverride(n.slider, trackTheme{}))
	return n
}

// usual says what a double click on the slider resets to; nothing where that is not known.
func (n *number) usual(v float64) string {
	if v < n.slider.Min || v > n.slider.Max {
		return ""
	}
	return sayf("A double click on the slider sets the default, %s.", decimals(v, n.decimal))
}

// take applies a value from the slider.
func (n *number) take(v float64) {
	if !n.setting {
		n.entry.editing = false
		n.Set(v)
		n.changed(v)
	}
}

// read applies a value that was typed.
func (n *number) read(text string) bool {
	v, ok := readNumber(text)
	if ok {
		n.Set(v)
		n.changed(v)
	}
	return ok
}

// bound sets the slider's range and step, and the number of decimals.
func (n *number) bound(low, high, step float64, decimals int) {
	n.setting = true
	n.slider.Min, n.slider.Max, n.slider.Step, n.decimal = low, high, step, decimals
	n.setting = false
}

// Set shows a value without calling back.
func (n *number) Set(v float64) {
	n.setting = true
	n.slider.SetValue(min(max(v, n.slider.Min), n.slider.Max))
	n.setting = false
	n.entry.show(decimals(v, n.decimal))
}

// decimals is a number with at most n digits after the decimal point or the language's comma. More are shown where
// the value has them: what was typed is used.
func decimals(v float64, n int) string {
	text := strconv.FormatFloat(v, 'f', n, 64)
	if n > 0 && math.Abs(v-roundTo(v, n)) > 1e-6 {
		text = strconv.FormatFloat(roundTo(v, n+2), 'f', -1, 64)
	}
	return localPoint(text)
}

func roundTo(v float64, n int) float64 {
	k := math.Pow10(n)
	return math.Round(v*k) / k
}
