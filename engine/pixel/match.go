package pixel

import "image"

// smooth goes from 0 to 1 with three derivatives zero at both ends: light mixed
// into darkness shows from the first per cent on, so that an edge that begins
// less gently is seen.
func smooth(x float32) float32 {
	x = min(max(x, 0), 1)
	return x * x * x * x * (35 + x*(-84+x*(70-20*x)))
}

// matchReach is how far from the mask the surroundings count for Match, px.
const matchReach = 24

// Match shifts the made picture's colours so that, where both show the kept
// surroundings of the mask, they agree in the mean: a decoder's slight change of
// tone would else show as a patch. The made picture itself where nothing is kept nearby.
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
