package sample

import (
	"math"
	"slices"

	"nirvana/engine/schedule"
)

// level is the factors of x_t = a x_0 + s noise.
type level struct{ a, s float64 }

// vp is the level for sigma, scaled to unit variance: a = 1/sqrt(sigma^2+1).
func vp(sigma float64) level {
	a := 1 / math.Sqrt(sigma*sigma+1)
	return level{a, sigma * a}
}

// cumulated is the level for an alphas_cumprod.
func cumulated(ac float64) level { return level{math.Sqrt(ac), math.Sqrt(1 - ac)} }

// lambda is the half log-SNR.
func (l level) lambda() float64 { return math.Log(l.a) - math.Log(l.s) }

// clean is the x_0 that a network's output predicts at level l.
func clean(p schedule.Prediction, l level, x, out []float32) []float32 {
	switch p {
	case schedule.Sample:
		return clone(out)
	case schedule.V:
		return sum(term{l.a, x}, term{-l.s, out})
	case schedule.Flow:
		return sum(term{1, x}, term{-l.s, out})
	}
	x0 := make([]float32, len(x))
	for i, v := range x { // the difference first: where a is 0 it becomes infinite, and can still be clipped
		x0[i] = float32((float64(v) - l.s*float64(out[i])) / l.a)
	}
	return x0
}

// noiseOf is the noise that a network's output predicts at level l.
func noiseOf(p schedule.Prediction, l level, x, out []float32) []float32 {
	switch p {
	case schedule.Sample:
		return sum(term{1 / l.s, x}, term{-l.a / l.s, out})
	case schedule.V:
		return sum(term{l.a, out}, term{l.s, x})
	case schedule.Flow:
		return sum(term{1, x}, term{1 - l.s, out})
	}
	return clone(out)
}

// cleanSigma is clean where x is not scaled, x = x_0 + sigma noise (Karras et al., 2022). It is a small difference of
// large numbers, so it is in float32 as in diffusers.
func cleanSigma(p schedule.Prediction, sigma float64, x, out []float32) []float32 {
	switch p {
	case schedule.Sample:
		return clone(out)
	case schedule.V:
		return added(float32(1/(sigma*sigma+1)), x, float32(-sigma/math.Sqrt(sigma*sigma+1)), out)
	}
	return added(1, x, float32(-sigma), out)
}

// bound limits a predicted x_0 to the picture's range as the configuration says: dynamic thresholding (Saharia et
// al., 2022) or plain clipping.
func (p *plan) bound(x0 []float32) {
	switch {
	case p.cfg.Thresholding:
		per := len(x0) / p.opt.Shape[0]
		for i := 0; i+per <= len(x0); i += per {
			threshold(x0[i:i+per], p.cfg.ThresholdRatio, p.cfg.SampleMax)
		}
	case p.cfg.ClipSample:
		clip(x0, p.cfg.ClipRange)
	}
}

func clip(x []float32, r float32) {
	for i, v := range x {
		x[i] = min(max(v, -r), r)
	}
}

// threshold clips one picture at the ratio-quantile of its absolute values, clamped to 1 to most (most wins where it
// is below 1), and divides by it.
func threshold(x []float32, ratio float64, most float32) {
	abs := make([]float32, len(x))
	for i, v := range x {
		abs[i] = max(v, -v)
	}
	slices.Sort(abs)
	at := ratio * float64(len(abs)-1)
	lo := int(at)
	hi := min(lo+1, len(abs)-1)
	s := abs[lo] + (abs[hi]-abs[lo])*float32(at-float64(lo))
	s = min(max(s, 1), most)
	for i, v := range x {
		x[i] = min(max(v, -s), s) / s
	}
}
