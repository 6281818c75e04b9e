package sample

import (
	"math"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// dpmSDE is k-diffusion's DPM++ SDE (sample_dpmpp_sde with eta 1 and r 1/2; the solver of Lu et al., DPM-Solver++,
// 2022, as a stochastic singlestep method): two evaluations a step, both with noise of one Brownian motion. Memory
// holds the x that the step began with and the x_0 predicted there.
type dpmSDE struct {
	continuous
	from []float64 // each step's level, and 0
	seed uint64
}

func newDPMSDE(cfg schedule.Config, o Options) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	l := newLevels(c.table)
	times, sigmas := interpolated(cfg, o, l)
	d := &dpmSDE{continuous: c, seed: o.Seed}
	if cfg.NoiseSeed != nil {
		d.seed = *cfg.NoiseSeed
	}
	d.from = narrowed(append(sigmas, 0))
	for i, t := range times {
		if i > 0 {
			d.times = append(d.times, float32(schedule.Timestep(d.middle(i-1), l.logs)))
		}
		d.times = append(d.times, float32(t))
	}
	d.sigmas = append(twice(d.from[:len(times)]), 0)
	d.order = 2
	d.init = d.initSigma()
	return d, nil
}

// middle is halfway through step i in log sigma.
func (d *dpmSDE) middle(i int) float64 {
	if d.from[i+1] == 0 {
		return 0
	}
	return halfway(d.from[i], d.from[i+1])
}

func (d *dpmSDE) level(s *State) float64 {
	if len(s.Memory) > 0 {
		return d.middle(s.Eval / 2)
	}
	return d.from[s.Eval/2]
}

func (d *dpmSDE) Scale(dst, x []float32, s *State) {
	sigma := d.level(s)
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+1), x}))
}

func (d *dpmSDE) Step(s *State, out []float32, _ Noise) error {
	i, sigma := s.Eval/2, d.level(s)
	x0 := cleanSigma(d.cfg.Prediction, sigma, s.X, out)
	switch {
	case d.from[i+1] == 0:
		advance(s, clone(x0), x0)
	case len(s.Memory) == 0:
		s.Memory = [][]float32{s.X, clone(x0)}
		advance(s, d.step(s.X, x0, d.from[i], d.middle(i)), x0)
	default:
		begin := s.Memory[0]
		s.Memory = nil
		advance(s, d.step(begin, x0, d.from[i], throughLog(d.from[i+1])), x0)
	}
	return nil
}

// step goes from x at one level to below another by the exponential rule, and up to it by the motion.
func (d *dpmSDE) step(x, x0 []float32, sigma, sigmaNext float64) []float32 {
	sigmaDown, sigmaUp := ancestral(sigma, sigmaNext, 1)
	z := make([]float32, len(x))
	lo, hi := d.from[len(d.from)-2], d.from[0]
	random.NewBrownian(d.seed, lo, hi, len(x)).Noise(z, throughLog(sigma), sigmaNext)
	r := sigmaDown / sigma
	return sum(term{r, x}, term{1 - r, x0}, term{sigmaUp, z})
}

// The motion is rough, so the last bits of a level matter: levels are those of k-diffusion and diffusers, which
// compute them from minus the logarithm of sigma in float32.

// throughLog is a level computed through its float32 logarithm.
func throughLog(sigma float64) float64 { return float64(exp32(-minusLog(sigma))) }

// halfway is the level halfway between two in that logarithm.
func halfway(sigma, sigmaNext float64) float64 {
	t, next := minusLog(sigma), minusLog(sigmaNext)
	return float64(exp32(-(t + (next-t)/2)))
}

func minusLog(sigma float64) float32 { return float32(-math.Log(sigma)) }

func exp32(t float32) float32 { return float32(math.Exp(float64(t))) }
