package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// consistency is multistep sampling of consistency models (Song et al., "Consistency Models", 2023, algorithm 1):
// every evaluation predicts x_0, which is noised to the next level of Karras' schedule.
type consistency struct{ plan }

func newConsistency(cfg schedule.Config, o Options) (Sampler, error) {
	c := consistency{plan{cfg: cfg, opt: o, init: cfg.SigmaMax, order: 1}}
	hi, lo := math.Pow(cfg.SigmaMax, 1/cfg.Rho), math.Pow(cfg.SigmaMin, 1/cfg.Rho)
	ramp := make([]float64, o.Steps)
	for i := range ramp {
		ramp[i] = float64(i * (cfg.TrainTimesteps / o.Steps))
	}
	if len(o.Timesteps) > 0 {
		ramp = reversed(widen(o.Timesteps)) // timestep 0 is the noisiest level
	}
	for _, t := range ramp {
		share := t / float64(max(cfg.TrainTimesteps-1, 1))
		sigma := float64(float32(math.Pow(hi+share*(lo-hi), cfg.Rho)))
		c.sigmas = append(c.sigmas, sigma)
		c.times = append(c.times, float32(250*math.Log(sigma+1e-44)))
	}
	c.sigmas = append(c.sigmas, float64(float32(cfg.SigmaMin)))
	return &c, nil
}

func (c *consistency) Scale(dst, x []float32, s *State) {
	sigma, data := c.sigmas[s.Eval], c.cfg.SigmaData
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+data*data), x}))
}

func (c *consistency) AddNoise(dst, x0, noise []float32, eval int) {
	copy(dst, sum(term{1, x0}, term{c.sigmas[eval], noise}))
}

func (c *consistency) Step(s *State, out []float32, n Noise) error {
	sigma, data, least := c.sigmas[s.Eval], c.cfg.SigmaData, c.cfg.SigmaMin
	above := sigma - least
	skip := data * data / (above*above + data*data)
	keep := above * data / math.Sqrt(sigma*sigma+data*data)
	x0 := sum(term{keep, out}, term{skip, s.X})
	if c.cfg.ClipDenoised {
		clip(x0, 1)
	}
	x := clone(x0)
	if len(c.times) > 1 {
		to := min(max(c.sigmas[s.Eval+1], least), c.cfg.SigmaMax)
		x = sum(term{1, x0}, term{math.Sqrt(max(to*to-least*least, 0)) * c.cfg.SNoise, draw(n, len(x0))})
	}
	advance(s, x, x0)
	return nil
}
