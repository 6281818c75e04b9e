package pixel

import (
	"image"
	"math"
)

// faint is the greatest opacity, of 255, that counts as transparent away from the drawing: 12 %. Decoders leave up to
// 30 in a picture's corners, where a convolution sees more of its padding than of the picture, at any number of
// steps.
const faint = 30

// reach is how far a soft edge extends from pixels above faint, px.
const reach = 3

// FromOpacity is the picture of [4, height, width] in -1 to 1: three channels that show it on white, and its opacity,
// -1 transparent. The white is removed from the colours, so no rim of it shows on other grounds. Pixels up to faint
// that are not at an edge become transparent.
func FromOpacity(v []float32, width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	n := width * height
	unit := func(x float32) float64 { return float64(min(max(x/2+0.5, 0), 1)) }
	alpha := make([]uint8, n)
	for i := range n {
		alpha[i] = uint8(math.RoundToEven(unit(v[3*n+i]) * 255))
	}
	clearFaint(alpha, width)
	for i := range n {
		a := float64(alpha[i]) / 255
		for c := range 3 {
			own := unit(v[c*n+i]) - (1 - a) // premultiplied
			img.Pix[4*i+c] = uint8(math.RoundToEven(min(max(own, 0), a) * 255))
		}
		img.Pix[4*i+3] = alpha[i]
	}
	return img
}

// clearFaint clears pixels of at most faint with nothing more opaque within reach.
func clearFaint(alpha []uint8, width int) {
	near := make([]bool, len(alpha))
	for i, a := range alpha {
		near[i] = a > faint
	}
	height := len(alpha) / max(width, 1)
	for y := range height {
		spread(near[y*width:], 1, width)
	}
	for x := range width {
		spread(near[x:], width, height)
	}
	for i := range alpha {
		if !near[i] {
			alpha[i] = 0
		}
	}
}

// spread sets values within reach of set ones, among n that are stride apart.
func spread(near []bool, stride, n int) {
	onwards(near, 0, stride, n)
	onwards(near, (n-1)*stride, -stride, n)
}

func onwards(near []bool, at, step, n int) {
	for left := 0; n > 0; at, n = at+step, n-1 {
		switch {
		case near[at]:
			left = reach
		case left > 0:
			near[at], left = true, left-1
		}
	}
}
