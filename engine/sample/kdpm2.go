package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// kdpm2 is DPM-Solver-2 over sigma (Karras et al., 2022, algorithm 2 without churn;
// k-diffusion's sample_dpm_2): the slope halfway in log sigma carries the whole
// step. With ancestral set the step goes below the next level and noise is
// added up to it. Memory holds the x that the step began with.
type kdpm2 struct {
	continuous
	ancestral bool
	// from, middle and down are each step's level, the one halfway to down, and where the step goes.
	from, middle, down, up []float64
}

func newKDPM2(cfg schedule.Config, o Options) (Sampler, error) { return makeKDPM2(cfg, o, false) }
func newKDPM2Ancestral(cfg schedule.Config, o Options) (Sampler, error) {
	return makeKDPM2(cfg, o, true)
}

func makeKDPM2(cfg schedule.Config, o Options, isAncestral bool) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	l := newLevels(c.table)
	times, sigmas := interpolated(cfg, o, l)
	if cfg.Karras {
		times = rounded(times)
	}
	k := &kdpm2{continuous: c, ancestral: isAncestral}
	k.from = narrowed(append(sigmas, 0))
	for i := range sigmas {
		down, up := k.from[i+1], 0.0
		if isAncestral {
			down, up = ancestral(k.from[i], k.from[i+1], 1)
		}
		middle := 0.0
		if down > 0 {
			middle = math.Exp((math.Log(k.from[i]) + math.Log(down)) / 2)
		}
		k.middle, k.down, k.up = append(k.middle, middle), append(k.down, down), append(k.up, up)
	}
	if cfg.Karras {
		times = rounded(times)
	}
	for i, t := range times {
		if i > 0 {
			k.times = append(k.times, float32(schedule.Timestep(k.middle[i-1], l.logs)))
		}
		k.times = append(k.times, float32(t))
	}
	k.sigmas = append(twice(sigmas), 0, 0, 0) // diffusers' table has the end three times
	k.sigmas = narrowed(k.sigmas)
	k.order = 2
	k.init = k.initSigma()
	return k, nil
}

// Scale uses the level of the evaluation, which is halfway at every second one.
func (k *kdpm2) Scale(dst, x []float32, s *State) {
	sigma := k.level(s)
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+1), x}))
}

func (k *kdpm2) level(s *State) float64 {
	if len(s.Memory) > 0 {
		return k.middle[s.Eval/2]
	}
	return k.from[s.Eval/2]
}

func (k *kdpm2) Step(s *State, out []float32, n Noise) error {
	i, sigma := s.Eval/2, k.level(s)
	x0 := cleanSigma(k.cfg.Prediction, sigma, s.X, out)
	from, to := s.X, k.middle[i]
	step := to - sigma
	second := len(s.Memory) > 0
	if second {
		from, step = s.Memory[0], k.down[i]-k.from[i]
	} else if to == 0 {
		step = -sigma
	}
	x := added(1, from, float32(step), slope(s.X, x0, sigma))
	switch {
	case !second && k.middle[i] > 0:
		s.Memory = [][]float32{s.X}
	case second:
		s.Memory = nil
		if k.ancestral {
			x = added(1, x, float32(k.up[i]), draw(n, len(x)))
		}
	}
	advance(s, x, x0)
	return nil
}
