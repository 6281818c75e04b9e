package engine

import (
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/sample"
)

// guide is classifier-free guidance, c <- u + scale (c - u) (Ho & Salimans, 2022, in diffusers' form).
func guide(c, u []float32, scale float32) {
	for i := range c {
		c[i] = u[i] + scale*(c[i]-u[i])
	}
}

// guideImage is InstructPix2Pix's guidance, full <- none + image (picture - none) + text (full - picture) (Brooks et
// al., 2023, equation 3).
func guideImage(full, picture, none []float32, text, image float32) {
	for i := range full {
		full[i] = none[i] + text*(full[i]-picture[i]) + image*(picture[i]-none[i])
	}
}

// perpNeg is guidance away from a negative prompt u, only as far as it is perpendicular to the prompt's own direction
// (Armandpour et al., "Re-imagine the Negative Prompt Algorithm", 2023, equation 5): c <- e + scale (d - weight n'),
// with d = c - e and n' the part of u - e that is perpendicular to d, image by image. e is the prediction for an
// empty prompt.
func perpNeg(c, u, e []float32, images int, scale, weight float32) {
	n := len(c) / images
	for i := 0; i < images; i++ {
		c, u, e := c[i*n:(i+1)*n], u[i*n:(i+1)*n], e[i*n:(i+1)*n]
		var along, length float64
		for j := range c {
			d := float64(c[j] - e[j])
			along += d * float64(u[j]-e[j])
			length += d * d
		}
		share := float32(0)
		if length > 0 {
			share = float32(along / length)
		}
		for j := range c {
			d := c[j] - e[j]
			c[j] = e[j] + scale*(d-weight*(u[j]-e[j]-share*d))
		}
	}
}

// rescale scales the guided prediction's standard deviation, image by image, towards that of the conditional
// prediction (Lin et al., 2023, section 3.4); phi 0 to 1.
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

// keepNorm scales rows of the guided prediction to the norm of the conditional prediction's.
func keepNorm(guided, text []float32, width int) {
	for i := 0; i < len(guided); i += width {
		g := guided[i : i+width]
		n := norm(g)
		if n == 0 {
			continue
		}
		f := float32(norm(text[i:i+width]) / n)
		for j := range g {
			g[j] *= f
		}
	}
}

// norm is the Euclidean norm.
func norm(v []float32) float64 {
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
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

// PlusGuidance is the default lambda of CFG++, about as strong as a guidance scale of 7.5.
const PlusGuidance = 0.6

// guidanceOr is the request's guidance scale, or the model's own.
func (r Request) guidanceOr(own float32) float32 {
	if r.NoGuidance {
		return 0
	}
	return or(r.Guidance, own)
}

// guidanceAt is the scale at evaluation i of n, from the curve where one is given (stretched over the run); off
// outside the interval.
func (r Request) guidanceAt(i, n int, own float32) (scale float32, on bool) {
	if r.CFGPlusPlus {
		own = PlusGuidance
	}
	g := r.guidanceOr(own)
	if len(r.GuidanceCurve) > 0 {
		g = curveAt(r.GuidanceCurve, i, n)
	}
	share := float32(i) / float32(n)
	if share < r.GuidanceFrom || share >= or(r.GuidanceUntil, 1) {
		return 1, false
	}
	return g, r.CFGPlusPlus || g > 1
}

// guidance is the scale of the present evaluation, and whether the unconditional row is needed. Networks with
// distilled guidance take the scale as an input; TrueGuidance is the scale of classifier-free guidance in addition.
func (r *run) guidance() (scale float32, on bool) {
	req := r.request
	if r.model.traits.DistilledGuidance {
		return req.TrueGuidance, req.TrueGuidance > 1 && !req.NoNegative
	}
	scale, on = req.guidanceAt(r.done(), r.of(), r.model.facts.Guidance)
	if !req.CFGPlusPlus {
		scale += r.model.traits.GuidanceOffset
	}
	return scale, on && r.model.facts.Guided
}

// checkGuidance refuses variants of guidance that the sampler or the model does not support.
func (p *plan) checkGuidance() error {
	req := p.request
	if !(req.PerpNeg >= 0 && req.PerpNeg <= 100) {
		return fault.Settings.Errorf("a Perp-Neg weight of %g is not possible: use 0 (off) to 100", req.PerpNeg)
	}
	if !req.CFGPlusPlus && req.PerpNeg == 0 {
		return nil
	}
	if p.model.traits.PictureGuided {
		return fault.Settings.Errorf("%s is guided by a picture too, which CFG++ and Perp-Neg do not support: leave them out", p.model.facts.Name)
	}
	if !req.CFGPlusPlus {
		return nil
	}
	if _, ok := p.sampler.(sample.PlusPlus); !ok {
		return fault.Settings.Errorf("CFG++ goes with the samplers DDIM, Euler and Euler a: choose one of them")
	}
	if p.model.traits.DistilledGuidance {
		return fault.Settings.Errorf("%s has distilled guidance, which CFG++ does not apply to: leave it out", p.model.facts.Name)
	}
	return nil
}
