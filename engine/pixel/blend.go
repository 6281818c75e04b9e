package pixel

import (
	"image"
	"math"
)

// linear is the linear light, 0 to 1, of an 8-bit sRGB value (IEC 61966-2-1).
var linear = func() (t [256]float32) {
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

// encoded is the 8-bit sRGB value of linear light, by a table of 4096 steps in its square root.
var encoded = func() (t [4097]uint8) {
	for i := range t {
		v := float64(i) / 4096
		v *= v
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t[i] = round8(v)
	}
	return t
}()

func encode(light float32) uint8 {
	return encoded[int(math.Sqrt(float64(min(max(light, 0), 1)))*4096+0.5)]
}

// Blend lays top over a picture of the same size by alpha, in linear light. Where alpha is 0 the result is the
// picture's byte for byte, where it is 255 top's. Transparent pixels below have no colour to blend with.
func Blend(under, top *image.RGBA, alpha *Mask) *image.RGBA { return blend(under, top, alpha, true) }

// BlendCutOut is Blend over a picture that was cut out: pixels that are transparent below are so on purpose, and top
// fades into them.
func BlendCutOut(under, top *image.RGBA, alpha *Mask) *image.RGBA {
	return blend(under, top, alpha, false)
}

func blend(under, top *image.RGBA, alpha *Mask, absent bool) *image.RGBA {
	out := image.NewRGBA(under.Rect)
	copy(out.Pix, under.Pix)
	for i, a := range alpha.Pix {
		to, from := out.Pix[4*i:4*i+4:4*i+4], top.Pix[4*i:4*i+4:4*i+4]
		switch {
		case a == 0:
		case a == 255 || absent && to[3] == 0:
			copy(to, from)
		default:
			mix(to, from, float32(a)/255)
		}
	}
	return out
}

// mix blends a premultiplied colour by the share a into another; transparent colours do not count.
func mix(to, from []uint8, a float32) {
	part := a * float32(from[3]) / 255
	rest := float32(to[3]) / 255 * (1 - a)
	whole := part + rest
	if whole == 0 {
		return
	}
	for c := 0; c < 3; c++ {
		v := encode((linear[straight(from, c)]*part + linear[straight(to, c)]*rest) / whole)
		to[c] = uint8(float32(v)*whole + 0.5)
	}
	to[3] = uint8(whole*255 + 0.5)
}

// straight is one channel of a premultiplied colour, divided by its alpha.
func straight(p []uint8, c int) uint8 {
	switch p[3] {
	case 0:
		return 0
	case 255:
		return p[c]
	}
	return uint8(min(int(p[c])*255/int(p[3]), 255))
}
