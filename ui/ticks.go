package ui

import (
	"image"
	"image/color"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tickBar draws the ticks and handles drags. Of very many ticks it draws some.
type tickBar struct {
	widget.BaseWidget
	have, of, at int
	show         func(int)
	marks        []*canvas.Rectangle
	knob         *canvas.Rectangle
	film         []*canvas.Image
	frames       func(i int) image.Image // the picture at a tick; nil: no film
	lacks        bool                    // the film has pictures to come, or of another run
	told         []int                   // the ticks where something was changed
	dots         []*canvas.Rectangle
	over         bool // the pointer is
	lanes        []lane
	open         bool // the lanes are shown
	first        int  // of the lanes in sight
	laneLines    []*canvas.Rectangle
	laneStems    []*canvas.Rectangle
	laneNames    []*canvas.Text
	grown        func() // it is higher or lower than before
}

// filmSide is the side of the film's pictures, in units of Fyne.
const filmSide = 30

func newTickBar(show func(int)) *tickBar {
	b := &tickBar{show: show, knob: canvas.NewRectangle(accent)}
	b.knob.CornerRadius = 2
	b.ExtendBaseWidget(b)
	return b
}

// Set sets how many steps there are, of how many, and which is shown.
func (b *tickBar) Set(have, of, at int) {
	if have == b.have && of == b.of && at == b.at && !b.lacks {
		return
	}
	b.have, b.of, b.at = have, of, at
	b.Refresh()
}

func (b *tickBar) index(x float32) int {
	if b.have == 0 || b.of < 2 {
		return -1
	}
	i := int(math.Round(float64(x-6) / float64(b.Size().Width-12) * float64(b.of-1)))
	return min(max(i, 0), b.have-1)
}

func (b *tickBar) pick(x float32) {
	if i := b.index(x); i >= 0 {
		b.show(i)
	}
}

// Tell sets the ticks where something was changed.
func (b *tickBar) Tell(at []int) {
	if slices.Equal(at, b.told) {
		return
	}
	b.told = at
	b.Refresh()
}

// MouseIn and the other two implement desktop.Hoverable.
func (b *tickBar) MouseIn(*desktop.MouseEvent)    { b.over = true }
func (b *tickBar) MouseMoved(*desktop.MouseEvent) {}
func (b *tickBar) MouseOut()                      { b.over = false }

// MouseDown, Dragged and the rest are Fyne's.
func (b *tickBar) MouseDown(e *desktop.MouseEvent) {
	if i, over := b.laneAt(e.Position); over {
		if i >= 0 {
			b.lanes[i].pick()
		}
		return
	}
	b.pick(e.Position.X)
}
func (b *tickBar) MouseUp(*desktop.MouseEvent) {}
func (b *tickBar) Dragged(e *fyne.DragEvent)   { b.pick(e.Position.X) }
func (b *tickBar) DragEnd()                    {}

func (b *tickBar) CreateRenderer() fyne.WidgetRenderer { return &tickRenderer{b} }

type tickRenderer struct{ b *tickBar }

func (r *tickRenderer) MinSize() fyne.Size {
	return fyne.NewSize(120, filmSide+14+r.b.lanesHeight())
}
func (r *tickRenderer) Destroy() {}
func (r *tickRenderer) Objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, f := range r.b.film {
		out = append(out, f)
	}
	for _, m := range r.b.marks {
		out = append(out, m)
	}
	for _, d := range r.b.dots {
		out = append(out, d)
	}
	for i := range r.b.laneLines {
		out = append(out, r.b.laneStems[i], r.b.laneLines[i], r.b.laneNames[i])
	}
	return append(out, r.b.knob)
}
func (r *tickRenderer) Layout(fyne.Size) { r.Refresh() }

const mostTicks = 51

func (r *tickRenderer) Refresh() {
	b := r.b
	places := max(b.of, 2)
	want := min(places, mostTicks)
	for len(b.marks) < want {
		b.marks = append(b.marks, canvas.NewRectangle(color.Transparent))
	}
	b.marks = b.marks[:want]
	whole := b.Size()
	size := whole.SubtractWidthHeight(0, b.lanesHeight())
	at := func(i int) float32 { return 6 + (size.Width-12)*float32(i)/float32(places-1) }
	for k, m := range b.marks {
		i := k * (places - 1) / (want - 1)
		ink, h := theme.Color(theme.ColorNameInputBorder), float32(8)
		if i < b.have {
			ink, h = theme.Color(theme.ColorNamePlaceHolder), 12
		}
		if p := fyne.NewPos(at(i)-1, size.Height-h); m.FillColor != ink || m.Position() != p || m.Size().Height != h {
			m.FillColor = ink
			m.Move(p)
			m.Resize(fyne.NewSize(2, h))
			m.Refresh()
		}
	}
	r.dots(at, size.Height)
	r.laneObjects(at, whole)
	visible(b.knob, b.have > 0)
	b.knob.Move(fyne.NewPos(at(b.at)-2, 0))
	b.knob.Resize(fyne.NewSize(5, size.Height))
	b.knob.Refresh()
	r.film(size, places)
}

// dots mark the places where something was changed.
func (r *tickRenderer) dots(at func(i int) float32, height float32) {
	b := r.b
	for len(b.dots) < len(b.told) {
		d := canvas.NewRectangle(accent)
		d.CornerRadius = 4
		b.dots = append(b.dots, d)
	}
	for k, d := range b.dots {
		visible(d, k < len(b.told))
		if k < len(b.told) {
			d.Move(fyne.NewPos(at(b.told[k])-4, height-8))
			d.Resize(fyne.NewSize(8, 8))
		}
	}
}

// film shows pictures above the ticks, as many as fit, each of the step below its middle.
func (r *tickRenderer) film(size fyne.Size, places int) {
	b := r.b
	b.lacks = false
	n := max(int((size.Width-12)/filmSide), 0)
	if b.frames == nil || b.have == 0 {
		n = 0
	}
	for len(b.film) < n {
		img := canvas.NewImageFromImage(nil)
		img.FillMode, img.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
		b.film = append(b.film, img)
	}
	b.film = b.film[:n]
	for k, img := range b.film {
		wide := (size.Width - 12) / float32(n)
		i := int(float32(places-1)*(float32(k)+0.5)/float32(n) + 0.5)
		var show image.Image
		if i < b.have {
			show = b.frames(i)
		}
		img.Move(fyne.NewPos(6+wide*float32(k), 0))
		img.Resize(fyne.NewSize(wide, filmSide))
		visible(img, show != nil)
		if show != nil && img.Image != show {
			img.Image = show
			img.Refresh()
		}
	}
}
