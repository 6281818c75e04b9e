package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// ddim is the implicit sampler (Song et al., "Denoising Diffusion Implicit
// Models", 2020, eq. 12): without noise at eta 0, as DDPM at eta 1.
type ddim struct {
	discrete
	final float64
}

func newDDIM(cfg schedule.Config, o Options) (Sampler, error) {
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	d.at(cfg.Steps(o.Steps, true))
	s := &ddim{discrete: d, final: 1}
	if !cfg.AlphaToOne {
		s.final = s.ac(0, 1)
	}
	return s, nil
}

func (d *ddim) Step(s *State, out []float32, n Noise) error { return d.StepPlus(s, out, out, n) }

func (d *ddim) StepPlus(s *State, out, uncond []float32, n Noise) error {
	t := d.whole(s.Eval)
	now := d.ac(t, 1)
	next := d.ac(t-d.cfg.TrainTimesteps/d.opt.Steps, d.final)
	l := cumulated(now)
	x0 := clean(d.cfg.Prediction, l, s.X, out)
	eps := uncond
	if d.cfg.Prediction != schedule.Epsilon {
		eps = noiseOf(d.cfg.Prediction, l, s.X, uncond)
	}
	d.bound(x0)
	eta := float64(d.opt.Eta)
	std := eta * math.Sqrt(d.variance(t, t-d.cfg.TrainTimesteps/d.opt.Steps))
	x := sum(term{math.Sqrt(next), x0}, term{math.Sqrt(max(1-next-std*std, 0)), eps})
	if eta > 0 {
		x = sum(term{1, x}, term{std, draw(n, len(x))})
	}
	advance(s, x, x0)
	return nil
}

// variance is that of the noise in the step from timestep t to next at eta 1 (eq. 16, squared).
func (d *ddim) variance(t, next int) float64 {
	now, then := d.ac(t, 1), d.ac(next, d.final)
	return (1 - then) / (1 - now) * (1 - now/then)
}
