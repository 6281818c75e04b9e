package random

import "math"

// blockSize is how many uniform numbers torch's vectorised path converts to normal ones at a time.
const blockSize = 16

// boxMuller converts 16 uniform numbers to normal ones in place; numbers j and j+8 are a pair.
func boxMuller(d *[blockSize]float32) {
	const twoPi = float32(2 * math.Pi)
	for j := 0; j < blockSize/2; j++ {
		r := sqrt32(float32(-2 * log32(1-d[j])))
		sin, cos := sincos32(twoPi * d[j+8])
		d[j], d[j+8] = r*cos, r*sin
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// fma32 is a*b + c with one rounding. The product of two float32 is exact in float64; where the float64 sum is
// halfway between two float32 and was itself rounded, it is moved by one bit towards the exact sum.
func fma32(a, b, c float32) float32 {
	p, q := float64(float64(a)*float64(b)), float64(c)
	s := p + q
	bits := math.Float64bits(s)
	if bits&(1<<29-1) != 1<<28 {
		return float32(s)
	}
	part := s - p
	switch lost := (p - (s - part)) + (q - part); {
	case lost == 0:
	case lost > 0 == (s > 0):
		bits++
	default:
		bits--
	}
	return float32(math.Float64frombits(bits))
}

// log32 is the natural logarithm of a normal x > 0 by the polynomial of Cephes' logf, with fused multiply-add as AVX2
// code has it.
func log32(x float32) float32 {
	bits := math.Float32bits(x)
	e := float32(int32(bits>>23) - 126)
	m := math.Float32frombits(bits&0x7fffff | 0x3f000000)
	t := m - 1
	if m < 0.707106781186547524 {
		e--
		t += m
	}
	z := t * t
	p := float32(7.0376836292e-2)
	for _, c := range [...]float32{-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1} {
		p = fma32(p, t, c)
	}
	p = float32(p * t)
	p = fma32(p, z, float32(e*-2.12194440e-4))
	p = fma32(-z, 0.5, p)
	return fma32(e, 0.693359375, t+p)
}

// sincos32 is sine and cosine of x >= 0 by Cephes' sinf and cosf, with fused multiply-add.
func sincos32(x float32) (sin, cos float32) {
	q := (int32(float32(x*1.27323954473516)) + 1) &^ 1
	y := float32(q)
	x = fma32(y, -0.78515625, x)
	x = fma32(y, -2.4187564849853515625e-4, x)
	x = fma32(y, -3.77489497744594108e-8, x)
	z := float32(x * x)

	c := fma32(2.443315711809948e-5, z, -1.388731625493765e-3)
	c = fma32(c, z, 4.166664568298827e-2)
	c = fma32(float32(c*z), z, -float32(z*0.5)) + 1

	s := fma32(-1.9515295891e-4, z, 8.3321608736e-3)
	s = fma32(s, z, -1.6666654611e-1)
	s = fma32(float32(s*z), x, x)

	sin, cos = s, c
	if q&2 != 0 {
		sin, cos = c, s
	}
	if q&4 != 0 {
		sin = -sin
	}
	if (q-2)&4 == 0 {
		cos = -cos
	}
	return sin, cos
}
