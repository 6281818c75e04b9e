package pixel

import "image"

// smooth goes from 0 to 1 with three derivatives zero at both ends: light blended into darkness is visible from the
// first per cent on, so a steeper start would show as an edge.
func smooth(x float32) float32 {
	x = min(max(x, 0), 1)
	return x * x * x * x * (35 + x*(-84+x*(70-20*x)))
}

// matchReach is how far from the mask Match looks at surroundings, px.
const matchReach = 24

// Match shifts the made picture's colours so that their mean agrees with the base's in the kept surroundings of the
// mask: a decoder's slight change of tone would show as a patch. It returns made itself where nothing is kept nearby.
func Match(made, base *image.RGBA, m *Mask) *image.RGBA {
	d := Distance(m, false)
	var sum [3]float64
	n := 0
	for i, v := range d {
		if v == 0 || v > matchReach || base.Pix[4*i+3] != 255 || made.Pix[4*i+3] != 255 {
			continue
		}
		for c := 0; c < 3; c++ {
			sum[c] += float64(base.Pix[4*i+c]) - float64(made.Pix[4*i+c])
		}
		n++
	}
	if n < 16 {
		return made
	}
	out := image.NewRGBA(made.Rect)
	copy(out.Pix, made.Pix)
	for c := 0; c < 3; c++ {
		shift := sum[c] / float64(n)
		for i := c; i < len(out.Pix); i += 4 {
			a := float64(out.Pix[i-c+3]) // premultiplied
			out.Pix[i] = uint8(min(max(float64(out.Pix[i])+shift*a/255+0.5, 0), a))
		}
	}
	return out
}
