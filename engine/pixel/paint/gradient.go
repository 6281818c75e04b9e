package paint

import (
	"image/color"
	"math"
)

// Gradient goes from one colour to another between two points: along the line between them, or, Radial, outwards from
// the first. Beyond its ends it is constant. Colours are interpolated premultiplied, so that they do not darken as
// they fade.
type Gradient struct {
	From, To color.NRGBA
	X0, Y0   float32
	X1, Y1   float32
	Radial   bool
}

// At is the colour at a pixel's centre.
func (g Gradient) At(x, y int) color.NRGBA {
	dx, dy := g.X1-g.X0, g.Y1-g.Y0
	px, py := float32(x)+0.5-g.X0, float32(y)+0.5-g.Y0
	length := dx*dx + dy*dy
	t := float32(1)
	switch {
	case length == 0:
	case g.Radial:
		t = float32(math.Sqrt(float64((px*px + py*py) / length)))
	default:
		t = (px*dx + py*dy) / length
	}
	return mixed(g.From, g.To, min(max(t, 0), 1))
}

func mixed(a, b color.NRGBA, t float32) color.NRGBA {
	wa, wb := float32(a.A)*(1-t), float32(b.A)*t
	whole := wa + wb
	if whole <= 0 {
		return color.NRGBA{}
	}
	c := func(x, y uint8) uint8 { return uint8((float32(x)*wa+float32(y)*wb)/whole + 0.5) }
	return color.NRGBA{c(a.R, b.R), c(a.G, b.G), c(a.B, b.B), uint8(whole + 0.5)}
}
