package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app/settings"
)

// wells are the front colour over the back colour; a click swaps them.
type wells struct {
	widget.BaseWidget
	w           *Window
	front, back *canvas.Rectangle
}

func newWells(w *Window) *wells {
	s := &wells{w: w, front: canvas.NewRectangle(color.Black), back: canvas.NewRectangle(color.White)}
	for _, r := range []*canvas.Rectangle{s.front, s.back} {
		r.StrokeWidth, r.CornerRadius = 1, 3
	}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped swaps them.
func (s *wells) Tapped(*fyne.PointEvent) {
	s.w.studio.Set(func(t *settings.Settings) { t.Paint.Swap() })
}

// MinSize is a button's.
func (s *wells) MinSize() fyne.Size { return fyne.NewSize(36, 36) }

func (s *wells) show(p settings.Paint) {
	for r, c := range map[*canvas.Rectangle]color.NRGBA{s.front: p.Front, s.back: p.Back} {
		if r.FillColor != c {
			r.FillColor, r.StrokeColor = c, theme.Color(theme.ColorNameForeground)
			r.Refresh()
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (s *wells) CreateRenderer() fyne.WidgetRenderer { return &wellsRenderer{s} }

type wellsRenderer struct{ s *wells }

func (r *wellsRenderer) Layout(fyne.Size) {
	const side = 20
	r.s.front.Resize(fyne.NewSize(side, side))
	r.s.back.Resize(fyne.NewSize(side, side))
	r.s.front.Move(fyne.NewPos(3, 3))
	r.s.back.Move(fyne.NewPos(13, 13))
}
func (r *wellsRenderer) MinSize() fyne.Size { return r.s.MinSize() }
func (r *wellsRenderer) Refresh()           {}
func (r *wellsRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.back, r.s.front}
}
func (r *wellsRenderer) Destroy() {}
