package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// maskColors are the colours that the mask's overlay may have: one is visible on any picture.
var maskColors = []color.NRGBA{{255, 163, 64, 255}, {230, 60, 90, 255}, {40, 200, 90, 255}, {0, 190, 220, 255}, {150, 90, 255, 255}, {245, 245, 245, 255}, {20, 20, 20, 255}}

// swatch is a colour to click.
type swatch struct {
	widget.BaseWidget
	w      *Window
	color  color.NRGBA
	fill   *canvas.Rectangle
	tapped func()
	chosen bool
}

// Tapped selects it.
func (s *swatch) Tapped(*fyne.PointEvent) { s.tapped() }

// FocusGained shows the keyboard's focus; Space and Enter select.
func (s *swatch) FocusGained() { s.ring(theme.Color(theme.ColorNamePrimary)) }

// FocusLost removes that.
func (s *swatch) FocusLost() { s.mark() }

// TypedRune does nothing.
func (s *swatch) TypedRune(rune) {}

// TypedKey selects.
func (s *swatch) TypedKey(k *fyne.KeyEvent) {
	if s.w.windowKey(k) {
		return
	}
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		s.tapped()
	}
}

// mark shows whether it is selected.
func (s *swatch) mark() {
	if s.chosen {
		s.ring(theme.Color(theme.ColorNameForeground))
		return
	}
	s.ring(color.Transparent)
}

func (s *swatch) ring(c color.Color) {
	s.fill.StrokeColor = c
	s.fill.Refresh()
}

func (s *swatch) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.fill) }

// swatches is a row of colours of which one is selected.
type swatches struct {
	box *fyne.Container
	all []*swatch
}

func (w *Window) swatches(colors []color.NRGBA, chosen func(color.NRGBA)) *swatches {
	r := &swatches{box: container.New(layout.NewCustomPaddedHBoxLayout(6))}
	for _, c := range colors {
		s := &swatch{w: w, color: c, fill: canvas.NewRectangle(c), tapped: func() { chosen(c) }}
		s.fill.CornerRadius, s.fill.StrokeWidth = 4, 2
		s.fill.SetMinSize(fyne.NewSize(22, 22))
		s.ExtendBaseWidget(s)
		r.all = append(r.all, s)
		r.box.Add(container.NewCenter(s))
	}
	return r
}

// set shows which one is selected.
func (r *swatches) set(c color.NRGBA) {
	for _, s := range r.all {
		s.chosen = s.color == c
		s.mark()
	}
}
