package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// scoreSDE is predictor-corrector sampling of the variance-exploding SDE (Song et al., "Score-Based Generative
// Modeling through Stochastic Differential Equations", 2021, algorithms 2 and 4): some Langevin corrections at a
// level, then a step down to the next. The network predicts the score from the noise level.
type scoreSDE struct {
	plan
	walk     []float64 // noise levels by the continuous time of each step
	discrete []float64 // evenly spaced in log, rising: where the steps go
	at       []int     // each step's index in discrete
}

func newScoreSDE(cfg schedule.Config, o Options) (Sampler, error) {
	if !(cfg.SigmaMin > 0 && cfg.SigmaMax > cfg.SigmaMin) || cfg.CorrectSteps < 0 || cfg.CorrectSteps > 100 {
		return nil, fmt.Errorf("sigma_min %g, sigma_max %g and correct_steps %d are not possible", cfg.SigmaMin, cfg.SigmaMax, cfg.CorrectSteps)
	}
	c := &scoreSDE{plan: plan{cfg: cfg, opt: o, init: cfg.SigmaMax, order: cfg.CorrectSteps + 1}}
	// in float32 throughout, as in diffusers: a last bit of a time is six of a level
	lo, hi := float32(math.Log(cfg.SigmaMin)), float32(math.Log(cfg.SigmaMax))
	for _, l := range schedule.Linspace32(lo, hi, o.Steps) {
		c.discrete = append(c.discrete, float64(exp32(l)))
	}
	for _, t := range schedule.Linspace32(1, float32(cfg.SamplingEps), o.Steps) {
		power := float32(math.Pow(cfg.SigmaMax/cfg.SigmaMin, float64(t)))
		sigma := float64(float32(cfg.SigmaMin) * power)
		c.walk, c.at = append(c.walk, sigma), append(c.at, int(t*float32(o.Steps-1)))
		for range c.order {
			c.sigmas, c.times = append(c.sigmas, sigma), append(c.times, float32(sigma))
		}
	}
	c.sigmas = append(c.sigmas, 0)
	return c, nil
}

func (c *scoreSDE) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (c *scoreSDE) AddNoise(dst, x0, noise []float32, eval int) {
	copy(dst, sum(term{1, x0}, term{c.sigmas[eval], noise}))
}

func (c *scoreSDE) Step(s *State, out []float32, n Noise) error {
	i, z := s.Eval/c.order, draw(n, len(s.X))
	x0 := sum(term{1, s.X}, term{c.walk[i] * c.walk[i], out})
	if s.Eval%c.order < c.cfg.CorrectSteps {
		r := c.cfg.SNR * c.norm(z) / c.norm(out)
		advance(s, sum(term{1, s.X}, term{2 * r * r, out}, term{2 * r, z}), x0)
		return nil
	}
	sigma, sigmaNext := c.discrete[c.at[i]], 0.0
	if c.at[i] > 0 {
		sigmaNext = c.discrete[c.at[i]-1]
	}
	diffusion := math.Sqrt(sigma*sigma - sigmaNext*sigmaNext)
	mean := sum(term{1, s.X}, term{diffusion * diffusion, out})
	x := sum(term{1, mean}, term{diffusion, z})
	if s.Eval+1 == len(c.times) {
		x = mean // the last step's noise would stay in the picture
	}
	advance(s, x, x0)
	return nil
}

// norm is the pictures' mean length as vectors.
func (c *scoreSDE) norm(x []float32) float64 {
	per, total := len(x)/c.opt.Shape[0], 0.0
	for i := 0; i+per <= len(x); i += per {
		square := 0.0
		for _, v := range x[i : i+per] {
			square += float64(v) * float64(v)
		}
		total += math.Sqrt(square)
	}
	return total / float64(c.opt.Shape[0])
}
