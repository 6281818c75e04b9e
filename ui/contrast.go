package ui

import (
	"image"
	"image/color"

	"nirvana/app"
)

// tint is a mask's colour for a picture, computed once.
type tint struct {
	of    *image.RGBA
	asked color.NRGBA
	color color.NRGBA
}

// contrasting is the mask's colour: the user's, or, where that is the default and the picture is similar to it, the
// preset colour that differs most from the picture.
func (w *Window) contrasting(asked color.NRGBA, picture *image.RGBA) color.NRGBA {
	if t := w.tint; t.of == picture && t.asked == asked {
		return t.color
	}
	w.tint = tint{picture, asked, asked}
	if mean, ok := meanColor(picture); ok && asked == app.DefaultSettings().MaskColor && apart(asked, mean) < 150 {
		for _, c := range maskColors[:5] { // the others are greys
			if apart(c, mean) > apart(w.tint.color, mean) {
				w.tint.color = c
			}
		}
	}
	return w.tint.color
}

// meanColor is the mean of the opaque pixels of a picture, from some hundreds of them; false where there are none.
func meanColor(img *image.RGBA) (color.NRGBA, bool) {
	if img == nil {
		return color.NRGBA{}, false
	}
	const across = 24
	var sum [3]int
	n := 0
	for i := range across * across {
		x, y := img.Rect.Min.X+(2*(i%across)+1)*img.Rect.Dx()/(2*across), img.Rect.Min.Y+(2*(i/across)+1)*img.Rect.Dy()/(2*across)
		if c := img.RGBAAt(x, y); c.A == 255 {
			sum[0], sum[1], sum[2], n = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), n+1
		}
	}
	if n == 0 {
		return color.NRGBA{}, false
	}
	return color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}, true
}

// apart is how different two colours are, the sum over their channels.
func apart(a, b color.NRGBA) int {
	off := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return off(a.R, b.R) + off(a.G, b.G) + off(a.B, b.B)
}
