package random

import "math"

// Slerp fills dst with the noise at a share t of the way from a to b along the great circle through them (Shoemake,
// "Animating rotation with quaternion curves", 1985), which keeps its standard deviation; between parallel noises
// along the straight line. t is 0 to 1: 0 is a, 1 is b. dst may be a or b.
func Slerp(dst, a, b []float32, t float64) {
	var aa, bb, ab float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		aa += x * x
		bb += y * y
		ab += x * y
	}
	p, q := 1-t, t
	cos := ab / math.Sqrt(aa*bb)
	if math.Abs(cos) < 0.9995 {
		angle := math.Acos(cos)
		p, q = math.Sin(p*angle)/math.Sin(angle), math.Sin(q*angle)/math.Sin(angle)
	}
	for i := range dst {
		dst[i] = float32(p*float64(a[i]) + q*float64(b[i]))
	}
}
