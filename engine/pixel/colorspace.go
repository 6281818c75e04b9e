package pixel

import (
	"encoding/binary"
	"image"
	"math"
)

// colorSpace is a space of three primaries, from PNG's cHRM, gAMA and cICP chunks.
type colorSpace struct {
	primaries [8]float64 // x, y of white, red, green, blue
	light     func(float64) float64
	unknown   bool // not one that can be converted
}

// Primaries of ITU-T H.273, by their code there.
var primariesOf = map[byte][8]float64{
	1:  {0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060}, // BT.709, sRGB
	5:  {0.3127, 0.3290, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060}, // BT.601, 625 lines
	6:  {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070}, // BT.601, 525 lines
	9:  {0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046}, // BT.2020
	11: {0.3140, 0.3510, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}, // DCI-P3
	12: {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}, // Display P3
}

// lightOf is the linear light of a code value, by the transfer characteristics of H.273; nil: unknown.
func lightOf(code byte) func(float64) float64 {
	switch code {
	case 1, 6, 14, 15: // BT.709's camera curve
		return func(v float64) float64 {
			if v < 0.081 {
				return v / 4.5
			}
			return math.Pow((v+0.099)/1.099, 1/0.45)
		}
	case 4:
		return gammaLight(2.2)
	case 5:
		return gammaLight(2.8)
	case 8:
		return gammaLight(1)
	case 13:
		return srgbLight
	}
	return nil // PQ and HLG among them: light brighter than white cannot be shown in sRGB
}

func gammaLight(g float64) func(float64) float64 {
	return func(v float64) float64 { return math.Pow(v, g) }
}

func srgbLight(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func srgbCode(light float64) float64 {
	light = min(max(light, 0), 1)
	if light <= 0.0031308 {
		return light * 12.92
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

// colorChunks are PNG's, the first of which counts: cICP, (iCCP,) sRGB, cHRM with gAMA.
type colorChunks struct {
	cicp, chrm []byte
	gamma      float64
	srgb       bool
}

func (c *colorChunks) take(name string, body []byte) {
	switch {
	case name == "cICP" && len(body) == 4:
		c.cicp = body
	case name == "cHRM" && len(body) == 32:
		c.chrm = body
	case name == "gAMA" && len(body) == 4:
		c.gamma = float64(binary.BigEndian.Uint32(body)) / 100000
	case name == "sRGB":
		c.srgb = true
	}
}

// space is the colour space; nil for sRGB.
func (c *colorChunks) space() *colorSpace {
	if c.cicp != nil {
		s := &colorSpace{light: lightOf(c.cicp[1])}
		var known bool
		s.primaries, known = primariesOf[c.cicp[0]]
		s.unknown = !known || s.light == nil || c.cicp[2] != 0 || c.cicp[3] != 1
		return s.unlessSRGB()
	}
	if c.srgb || c.gamma == 0 && c.chrm == nil {
		return nil
	}
	s := &colorSpace{primaries: primariesOf[1], light: srgbLight}
	if c.chrm != nil {
		for i := range s.primaries {
			s.primaries[i] = float64(binary.BigEndian.Uint32(c.chrm[4*i:])) / 100000
		}
	}
	if c.gamma > 0 && math.Abs(c.gamma*2.2-1) > 0.05 { // near 1/2.2 sRGB's curve is meant
		s.light = gammaLight(min(max(1/c.gamma, 0.1), 10))
	}
	return s.unlessSRGB()
}

func (s *colorSpace) unlessSRGB() *colorSpace {
	if s.unknown || math.Abs(s.light(0.2)-srgbLight(0.2)) > 1e-6 {
		return s
	}
	for i, v := range primariesOf[1] {
		if math.Abs(s.primaries[i]-v) > 0.002 {
			return s
		}
	}
	return nil
}

// conversion converts to sRGB, adapting the white to D65 by Bradford's method; nil for impossible primaries.
func (s *colorSpace) conversion() conversion {
	if s.unknown {
		return nil
	}
	from, ok := toXYZ(s.primaries)
	back, _ := toXYZ(primariesOf[1])
	m := inverse(back).times(adaptation(s.primaries[0], s.primaries[1])).times(from)
	for _, v := range m {
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return func(r, g, b float64) (float64, float64, float64) {
		x, y, z := m.apply(s.light(r), s.light(g), s.light(b))
		return srgbCode(x), srgbCode(y), srgbCode(z)
	}
}

// matrix is 3 x 3, row by row.
type matrix [9]float64

func (m matrix) apply(x, y, z float64) (float64, float64, float64) {
	return m[0]*x + m[1]*y + m[2]*z, m[3]*x + m[4]*y + m[5]*z, m[6]*x + m[7]*y + m[8]*z
}

func (m matrix) times(n matrix) (out matrix) {
	for i := range out {
		for k := range 3 {
			out[i] += m[i/3*3+k] * n[3*k+i%3]
		}
	}
	return out
}

func inverse(m matrix) matrix {
	c := func(a, b, d, e int) float64 { return m[a]*m[b] - m[d]*m[e] }
	out := matrix{c(4, 8, 5, 7), c(2, 7, 1, 8), c(1, 5, 2, 4), c(5, 6, 3, 8), c(0, 8, 2, 6), c(2, 3, 0, 5), c(3, 7, 4, 6), c(1, 6, 0, 7), c(0, 4, 1, 3)}
	det := m[0]*out[0] + m[1]*out[3] + m[2]*out[6]
	for i := range out {
		out[i] /= det
	}
	return out
}

// toXYZ is the matrix of primaries; false for impossible ones.
func toXYZ(p [8]float64) (matrix, bool) {
	var m matrix
	for i := range 3 {
		x, y := p[2+2*i], p[3+2*i]
		if y == 0 {
			return m, false
		}
		m[i], m[3+i], m[6+i] = x/y, 1, (1-x-y)/y
	}
	if p[1] == 0 {
		return m, false
	}
	r, g, b := inverse(m).apply(p[0]/p[1], 1, (1-p[0]-p[1])/p[1])
	for i, k := range [3]float64{r, g, b} {
		m[i], m[3+i], m[6+i] = m[i]*k, m[3+i]*k, m[6+i]*k
	}
	return m, true
}

// adaptation adapts a white to D65 (Lindbloom, "Chromatic Adaptation": Bradford's cones).
func adaptation(x, y float64) matrix {
	cones := matrix{0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296}
	r, g, b := cones.apply(x/y, 1, (1-x-y)/y)
	white := primariesOf[1]
	r2, g2, b2 := cones.apply(white[0]/white[1], 1, (1-white[0]-white[1])/white[1])
	return inverse(cones).times(matrix{r2 / r, 0, 0, 0, g2 / g, 0, 0, 0, b2 / b}).times(cones)
}

// conversion converts colours in 0 to 1 to sRGB.
type conversion func(r, g, b float64) (float64, float64, float64)

// isNothing reports whether it changes all colours by less than half an 8-bit step.
func (f conversion) isNothing() bool {
	const grid = 8
	for i := range (grid + 1) * (grid + 1) * (grid + 1) {
		r, g, b := float64(i%(grid+1))/grid, float64(i/(grid+1)%(grid+1))/grid, float64(i/(grid+1)/(grid+1))/grid
		x, y, z := f(r, g, b)
		if max(math.Abs(x-r), math.Abs(y-g), math.Abs(z-b)) > 0.5/255 {
			return false
		}
	}
	return true
}

// over converts a straight picture in place, with a cache of recent colours.
func (f conversion) over(img image.Image) {
	type seen struct {
		from, to [3]uint16
		is       bool
	}
	const places = 1 << 16
	known := make([]seen, places)
	get, set := reader(img), writer(img)
	code := func(v float64) uint16 { return uint16(min(max(v, 0), 1)*0xffff + 0.5) }
	n := img.Bounds().Dx() * img.Bounds().Dy()
	for i := range n {
		p := get(i)
		from := [3]uint16(p[:3])
		k := &known[(uint32(p[0])*0x9e3779b1^uint32(p[1])*0x85ebca6b^uint32(p[2])*0xc2b2ae35)>>16&(places-1)]
		if !k.is || k.from != from {
			r, g, b := f(float64(p[0])/0xffff, float64(p[1])/0xffff, float64(p[2])/0xffff)
			*k = seen{from, [3]uint16{code(r), code(g), code(b)}, true}
		}
		copy(p[:3], k.to[:])
		set(i, p)
	}
}
