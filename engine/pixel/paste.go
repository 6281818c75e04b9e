package pixel

import (
	"image"
	"math"
)

// Paste lays a made picture over the base through the mask, with an edge that
// fades over feather px inside the mask, mixed in linear light. Where the mask
// is 0 the base stays byte for byte. All three have the same size.
func Paste(base, made *image.RGBA, m *Mask, feather int) *image.RGBA {
	out := image.NewRGBA(base.Rect)
	copy(out.Pix, base.Pix)
	var d []float32
	if feather > 0 {
		d = Distance(m, true)
	}
	w := base.Rect.Dx()
	for i := 0; i < w*base.Rect.Dy(); i++ {
		a := float32(m.Pix[i/w*m.Stride+i%w]) / 255
		if a == 0 {
			continue
		}
		if d != nil {
			a *= smooth(d[i] / float32(feather+1))
		}
		from, to := made.Pix[4*i:4*i+4], out.Pix[4*i:4*i+4]
		if a >= 1 || to[3] == 0 { // nothing lies under it
			copy(to, from)
			continue
		}
		for c := 0; c < 3; c++ {
			to[c] = encodeLight(decodeLight[to[c]]*(1-a) + decodeLight[from[c]]*a)
		}
		to[3] = uint8(float32(to[3])*(1-a) + float32(from[3])*a + 0.5)
	}
	return out
}

// smooth is the smoothstep of 0..1.
func smooth(x float32) float32 {
	x = min(max(x, 0), 1)
	return x * x * (3 - 2*x)
}

// decodeLight is sRGB to linear light.
var decodeLight = func() (t [256]float32) {
	for i := range t {
		v := float64(i) / 255
		if v <= 0.04045 {
			t[i] = float32(v / 12.92)
		} else {
			t[i] = float32(math.Pow((v+0.055)/1.055, 2.4))
		}
	}
	return t
}()

func encodeLight(v float32) uint8 {
	x := float64(min(max(v, 0), 1))
	if x <= 0.0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	return uint8(x*255 + 0.5)
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
		if v == 0 || v > matchReach || base.Pix[4*i+3] != 255 {
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
			out.Pix[i] = uint8(min(max(float64(out.Pix[i])+shift+0.5, 0), 255))
		}
	}
	return out
}
