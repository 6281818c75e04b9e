package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// heun corrects every Euler step by the slope at its end (Karras et al., 2022, algorithm 1), two evaluations a step
// except the last. Memory holds x and the slope between the two.
type heun struct{ continuous }

func newHeun(cfg schedule.Config, o Options) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	times, sigmas := interpolated(cfg, o, newLevels(c.table))
	c.times = narrow(twice(times))
	c.sigmas = narrowed(append(twice(sigmas), 0))
	c.order = 2
	c.init = c.initSigma()
	return &heun{c}, nil
}

// twice is x with every entry except the first repeated.
func twice(x []float64) []float64 {
	return append(x[:1:1], repeated(x[1:], 2)...)
}

func (h *heun) Step(s *State, out []float32, _ Noise) error {
	i := s.Eval
	second := len(s.Memory) > 0
	sigma := h.sigmas[i]
	if second && i+1 < len(h.sigmas) && h.sigmas[i+1] == 0 && sigma == 0 {
		sigma = math.SmallestNonzeroFloat32
	}
	x0 := cleanSigma(h.cfg.Prediction, sigma, s.X, out)
	if h.cfg.ClipSample {
		clip(x0, h.cfg.ClipRange)
	}
	d := slope(s.X, x0, sigma)
	if !second {
		x := added(1, s.X, float32(h.sigmas[i+1])-float32(sigma), d)
		if h.sigmas[i+1] != 0 {
			s.Memory = [][]float32{s.X, d}
		}
		advance(s, x, x0)
		return nil
	}
	mean := added(0.5, s.Memory[1], 0.5, d)
	x := added(1, s.Memory[0], float32(sigma)-float32(h.sigmas[i-1]), mean)
	s.Memory = nil
	advance(s, x, x0)
	return nil
}
