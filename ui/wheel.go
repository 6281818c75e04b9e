package ui

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// wheel is a ring of hues around a square of one hue's saturation (to the right) and value (upwards).
type wheel struct {
	widget.BaseWidget
	raster  *canvas.Raster
	h, s, v float64 // hue 0 to 360, the others 0 to 1
	ring    bool    // the ring is being dragged, not the square
	held    bool
	chosen  func(color.NRGBA)
}

func newWheel(chosen func(color.NRGBA)) *wheel {
	w := &wheel{chosen: chosen}
	w.raster = canvas.NewRaster(w.draw)
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer implements fyne.Widget.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.raster) }

// MinSize is large enough to choose a colour.
func (w *wheel) MinSize() fyne.Size { return fyne.NewSize(168, 168) }

// Shares of the wheel's radius.
const (
	ringOuter  = 0.98
	ringInner  = 0.80
	squareHalf = 0.54 // its corners stay inside the ring
)

// set shows a colour. A grey has no hue, and black no saturation: those are unchanged then.
func (w *wheel) set(c color.NRGBA) {
	h, s, v := hsv(c)
	if s == 0 || v == 0 {
		h = w.h
	}
	if v == 0 {
		s = w.s
	}
	if c == rgbOf(w.h, w.s, w.v) || h == w.h && s == w.s && v == w.v {
		return
	}
	w.h, w.s, w.v = h, s, v
	w.raster.Refresh()
}

func (w *wheel) draw(width, height int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	r := float64(min(width, height)) / 2
	if r < 1 {
		return out
	}
	mark := func(x, y, px, py float64) bool { return math.Abs(math.Hypot(px-x, py-y)-5*r/84) < 1.2*r/84 }
	sin, cos := math.Sincos(w.h * math.Pi / 180)
	hx, hy := (ringOuter+ringInner)/2*r*cos, (ringOuter+ringInner)/2*r*sin
	sx, sy := (2*w.s-1)*squareHalf*r, (1-2*w.v)*squareHalf*r
	beside := color.NRGBAModel.Convert(theme.Color(theme.ColorNameForeground)).(color.NRGBA)
	for y := range height {
		for x := range width {
			px, py := float64(x)+0.5-float64(width)/2, float64(y)+0.5-float64(height)/2
			c := w.at(px/r, py/r, r)
			if mark(hx, hy, px, py) || mark(sx, sy, px, py) {
				c = opposite(c, beside)
			}
			out.SetNRGBA(x, y, c)
		}
	}
	return out
}

// at is the wheel's colour at a position, in shares of its radius r px.
func (w *wheel) at(x, y, r float64) color.NRGBA {
	d := math.Hypot(x, y)
	if max(math.Abs(x), math.Abs(y)) <= squareHalf {
		return rgbOf(w.h, (x/squareHalf+1)/2, (1-y/squareHalf)/2)
	}
	c := rgbOf(math.Mod(math.Atan2(y, x)*180/math.Pi+360, 360), 1, 1)
	c.A = uint8(255 * min(max(min((ringOuter-d)*r, (d-ringInner)*r)+0.5, 0), 1)) // one pixel of anti-aliasing
	return c
}

// opposite is black on light colours and white on dark ones, and another colour beside them, where nothing is drawn.
func opposite(c, beside color.NRGBA) color.NRGBA {
	if c.A == 0 {
		return beside
	}
	if 3*int(c.R)+6*int(c.G)+int(c.B) > 1280 {
		return color.NRGBA{0, 0, 0, 255}
	}
	return color.NRGBA{255, 255, 255, 255}
}

// MouseDown grabs the ring or the square.
func (w *wheel) MouseDown(e *desktop.MouseEvent) {
	x, y := w.place(e.Position)
	w.ring, w.held = math.Hypot(x, y) > (ringInner+squareHalf)/2 && max(math.Abs(x), math.Abs(y)) > squareHalf, true
	w.follow(e.Position)
}

// MouseUp releases it.
func (w *wheel) MouseUp(*desktop.MouseEvent) { w.held = false }

// Dragged follows the pointer.
func (w *wheel) Dragged(e *fyne.DragEvent) { w.follow(e.Position) }

// DragEnd releases it.
func (w *wheel) DragEnd() { w.held = false }

// place is a position relative to the centre, in shares of the radius.
func (w *wheel) place(p fyne.Position) (x, y float64) {
	s := w.Size()
	r := float64(min(s.Width, s.Height)) / 2
	return (float64(p.X) - float64(s.Width)/2) / r, (float64(p.Y) - float64(s.Height)/2) / r
}

func (w *wheel) follow(p fyne.Position) {
	if !w.held {
		return
	}
	x, y := w.place(p)
	if w.ring {
		w.h = math.Mod(math.Atan2(y, x)*180/math.Pi+360, 360)
	} else {
		w.s, w.v = min(max((x/squareHalf+1)/2, 0), 1), min(max((1-y/squareHalf)/2, 0), 1)
	}
	w.raster.Refresh()
	w.chosen(rgbOf(w.h, w.s, w.v))
}

// hsv is a colour's hue 0 to 360, saturation and value 0 to 1.
func hsv(c color.NRGBA) (h, s, v float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	v = max(r, g, b)
	d := v - min(r, g, b)
	if d == 0 {
		return 0, 0, v
	}
	switch v {
	case r:
		h = math.Mod((g-b)/d+6, 6)
	case g:
		h = (b-r)/d + 2
	default:
		h = (r-g)/d + 4
	}
	return 60 * h, d / v, v
}

// rgbOf is hsv's inverse.
func rgbOf(h, s, v float64) color.NRGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+h/60, 6)
		return uint8(255*(v-v*s*max(0, min(k, 4-k, 1))) + 0.5)
	}
	return color.NRGBA{channel(5), channel(3), channel(1), 255}
}
