package pixel

import (
	"image"
	"math"
)

// signed is the distance in px to the mask's edge (its border at 128), positive inside. The edge is half-way between
// the pixels on its two sides.
func signed(m *Mask) []float32 {
	out := Distance(m, true)
	for i, d := range Distance(m, false) {
		if d > 0 {
			out[i] = 0.5 - d
		} else {
			out[i] -= 0.5
		}
	}
	return out
}

// Feather softens the mask's edge over px on each side: a Gaussian in the distance from it, two standard deviations
// wide, that reaches 0 and 255 at the ends.
func Feather(m *Mask, px int) *Mask {
	if px <= 0 {
		return m
	}
	out := image.NewGray(m.Rect)
	for i, d := range signed(m) {
		out.Pix[i] = round8(softStep(float64(d), float64(px)))
	}
	return out
}

// softStep is the Gaussian's integral from -px to px, stretched to 0..1.
func softStep(d, px float64) float64 {
	if d <= -px {
		return 0
	}
	if d >= px {
		return 1
	}
	const ends = 2 // standard deviations
	return 0.5 + math.Erf(d/px*ends/math.Sqrt2)/math.Erf(ends/math.Sqrt2)/2
}

// Fade is the alpha of a result under a mask: 0 outside, rising inside over feather px to the mask's own value, and
// above 0 everywhere there.
func Fade(m *Mask, feather int) *Mask {
	out := image.NewGray(m.Rect)
	copy(out.Pix, m.Pix)
	if feather <= 0 {
		return out
	}
	for i, d := range Distance(m, true) {
		if v := m.Pix[i]; v != 0 {
			out.Pix[i] = max(uint8(float32(v)*smooth(d/float32(feather+1))+0.5), 1)
		}
	}
	return out
}
