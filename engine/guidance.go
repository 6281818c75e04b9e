package engine

import "math"

// guide is classifier-free guidance, u + scale (c - u), into c
// (Ho & Salimans, 2022, in the form that the field uses).
func guide(c, u []float32, scale float32) {
	for i := range c {
		c[i] = u[i] + scale*(c[i]-u[i])
	}
}

// guideImage is InstructPix2Pix's: none + image (picture - none) + text (full - picture),
// into full (Brooks et al., 2023, equation 3).
func guideImage(full, picture, none []float32, text, image float32) {
	for i := range full {
		full[i] = none[i] + text*(full[i]-picture[i]) + image*(picture[i]-none[i])
	}
}

// rescale brings the guided prediction's deviation, image by image, towards the
// prompt's own (Lin et al., 2023, section 3.4). phi 0 leaves it alone.
func rescale(guided, text []float32, images int, phi float32) {
	n := len(guided) / images
	for i := 0; i < images; i++ {
		g, t := guided[i*n:(i+1)*n], text[i*n:(i+1)*n]
		f := phi*float32(deviation(t)/deviation(g)) + (1 - phi)
		for j := range g {
			g[j] *= f
		}
	}
}

// deviation is the unbiased standard deviation.
func deviation(v []float32) float64 {
	var sum, square float64
	for _, x := range v {
		sum += float64(x)
	}
	mean := sum / float64(len(v))
	for _, x := range v {
		square += (float64(x) - mean) * (float64(x) - mean)
	}
	return math.Sqrt(square / float64(len(v)-1))
}

// guidanceAt is the scale at evaluation i of n: the curve's where one is given
// (stretched over the run), 1 outside the interval.
func (r Request) guidanceAt(i, n int, own float32) float32 {
	g := or(r.Guidance, own)
	if k := len(r.GuidanceCurve); k > 0 {
		at := 0.0
		if n > 1 {
			at = float64(i) / float64(n-1) * float64(k-1)
		}
		j := min(int(at), k-1)
		f := float32(at - float64(j))
		g = r.GuidanceCurve[j]*(1-f) + r.GuidanceCurve[min(j+1, k-1)]*f
	}
	share := float32(i) / float32(n)
	if share < r.GuidanceFrom || share >= or(r.GuidanceUntil, 1) {
		return 1
	}
	return g
}
