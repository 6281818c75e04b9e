package composite

import (
	"math"
	"math/rand/v2"
	"testing"
)

// obvious composes one pixel in doubles as the W3C's Compositing and Blending Level 1 writes it down, straight colour
// in and out.
func obvious(m Mode, b, s [4]float64) (out [4]float64) {
	ab, as := b[3], s[3]
	fa, fb := 1.0, 1-as // Porter and Duff's factors
	mix := func(c int) float64 { return s[c] }
	lum := func(c [4]float64) float64 { return 0.3*c[0] + 0.59*c[1] + 0.11*c[2] }
	sat := func(c [4]float64) float64 {
		return math.Max(c[0], math.Max(c[1], c[2])) - math.Min(c[0], math.Min(c[1], c[2]))
	}
	clip := func(c [4]float64) [4]float64 {
		l, n, x := lum(c), math.Min(c[0], math.Min(c[1], c[2])), math.Max(c[0], math.Max(c[1], c[2]))
		for i := 0; i < 3; i++ {
			v := c[i]
			if n < 0 {
				v = l + (v-l)*l/(l-n)
			}
			c[i] = v
		}
		for i := 0; i < 3; i++ {
			if x > 1 {
				c[i] = l + (c[i]-l)*(1-l)/(x-l)
			}
		}
		return c
	}
	setLum := func(c [4]float64, l float64) [4]float64 {
		d := l - lum(c)
		return clip([4]float64{c[0] + d, c[1] + d, c[2] + d})
	}
	setSat := func(c [4]float64, v float64) (o [4]float64) {
		n, x := math.Min(c[0], math.Min(c[1], c[2])), math.Max(c[0], math.Max(c[1], c[2]))
		for i := 0; i < 3 && x > n; i++ {
			o[i] = (c[i] - n) / (x - n) * v
		}
		return o
	}
	hard := func(b, s float64) float64 {
		if s <= 0.5 {
			return b * 2 * s
		}
		return b + (2*s - 1) - b*(2*s-1)
	}
	var all *[4]float64
	whole := func(c [4]float64) { all = &c }
	switch m {
	case Multiply:
		mix = func(c int) float64 { return b[c] * s[c] }
	case Screen:
		mix = func(c int) float64 { return 1 - (1-b[c])*(1-s[c]) }
	case Overlay:
		mix = func(c int) float64 { return hard(s[c], b[c]) }
	case Darken:
		mix = func(c int) float64 { return math.Min(b[c], s[c]) }
	case Lighten:
		mix = func(c int) float64 { return math.Max(b[c], s[c]) }
	case ColorDodge:
		mix = func(c int) float64 {
			switch {
			case b[c] == 0:
				return 0
			case s[c] == 1:
				return 1
			}
			return math.Min(1, b[c]/(1-s[c]))
		}
	case ColorBurn:
		mix = func(c int) float64 {
			switch {
			case b[c] == 1:
				return 1
			case s[c] == 0:
				return 0
			}
			return 1 - math.Min(1, (1-b[c])/s[c])
		}
	case HardLight:
		mix = func(c int) float64 { return hard(b[c], s[c]) }
	case SoftLight:
		mix = func(c int) float64 {
			if s[c] <= 0.5 {
				return b[c] - (1-2*s[c])*b[c]*(1-b[c])
			}
			d := math.Sqrt(b[c])
			if b[c] <= 0.25 {
				d = ((16*b[c]-12)*b[c] + 4) * b[c]
			}
			return b[c] + (2*s[c]-1)*(d-b[c])
		}
	case Difference:
		mix = func(c int) float64 { return math.Abs(b[c] - s[c]) }
	case Color:
		whole(setLum(s, lum(b)))
	case Luminosity:
		whole(setLum(b, lum(s)))
	case Hue:
		whole(setLum(setSat(s, sat(b)), lum(b)))
	case Saturation:
		whole(setLum(setSat(b, sat(s)), lum(b)))
	case Plus:
		fa, fb = 1, 1
	case DestinationIn:
		fa, fb = 0, as
	case DestinationOut:
		fa, fb = 0, 1-as
	case SourceAtop:
		fa, fb = ab, 1-as
	case DestinationAtop:
		fa, fb = 1-ab, as
	}
	if all != nil {
		mix = func(c int) float64 { return all[c] }
	}
	out[3] = math.Min(as*fa+ab*fb, 1)
	for c := 0; c < 3 && out[3] > 0; c++ {
		mixed := s[c]
		if m >= Multiply && m <= Saturation {
			mixed = (1-ab)*s[c] + ab*mix(c)
		}
		out[c] = math.Min(as*fa*mixed+ab*fb*b[c], 1) / out[3]
	}
	return out
}

// Every mode is the W3C's formula, for extreme and for any colours, whole and partly transparent.
func TestModesAreTheirFormulas(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 7))
	ends := []uint8{0, 1, 63, 64, 127, 128, 254, 255}
	any := func() uint8 {
		if r.IntN(3) > 0 {
			return ends[r.IntN(len(ends))]
		}
		return uint8(r.IntN(256))
	}
	for _, m := range Modes() {
		for range 20000 {
			var b, s [4]uint8
			for c := range b {
				b[c], s[c] = any(), any()
			}
			var bf, sf [4]float64
			under := make([]float32, 4)
			for c := range bf {
				bf[c], sf[c] = float64(b[c])/255, float64(s[c])/255
			}
			for c := 0; c < 3; c++ {
				under[c] = float32(bf[c] * bf[3])
			}
			under[3] = float32(bf[3])
			opacity := float64(any()) / 255
			sf[3] *= opacity
			Row(under, s[:], m, float32(opacity))
			want, got := obvious(m, bf, sf), make([]uint8, 4)
			Premultiplied(got, under)
			for c := range got {
				w := want[c] * want[3]
				if c == 3 {
					w = want[3]
				}
				// A dodge or a burn divides by next to nothing, where a float's last bit is seen.
				if math.Abs(float64(got[c])-255*w) > 0.5+0.01 && math.Abs(float64(under[c])-w) > 1e-3 {
					t.Fatalf("%v of %v (opacity %.3f) over %v: channel %d is %d, not %.3f", m, s, opacity, b, c, got[c], 255*w)
				}
			}
		}
	}
}

// A group of one layer is that layer.
func TestGroupOfOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, m := range Modes() {
		for range 500 {
			from, a, b, group := make([]uint8, 4), make([]float32, 4), make([]float32, 4), make([]float32, 4)
			for c := range from {
				from[c] = uint8(r.IntN(256))
			}
			a[3] = r.Float32()
			for c := range 3 {
				a[c] = a[3] * r.Float32()
			}
			copy(b, a)
			Row(a, from, m, 0.5)
			Row(group, from, Normal, 1)
			Group(b, group, m, 0.5)
			for c := range a {
				if math.Abs(float64(a[c]-b[c])) > 1e-4 {
					t.Fatalf("%v: %v in a group gives %v, without %v", m, from, b, a)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, m := range Modes() {
		if back, ok := ModeOf(m.String()); !ok || back != m {
			t.Errorf("%d is called %q, which is %d", m, m, back)
		}
	}
	if _, ok := ModeOf("krita:dissolve"); ok {
		t.Error("an operation of Krita's own is taken for one of the baseline")
	}
}
