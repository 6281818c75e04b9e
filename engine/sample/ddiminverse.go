package sample

import (
	"fmt"

	"nirvana/engine/schedule"
)

// ddimInverse walks DDIM backwards, from a picture to the noise that gives it
// (Mokady et al., "Null-text Inversion", 2023, section 3.2).
type ddimInverse struct{ discrete }

func newDDIMInverse(cfg schedule.Config, o Options) (Sampler, error) {
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	d.at(reversed(cfg.Steps(o.Steps, true)))
	if cfg.Prediction == schedule.Sample && cfg.AlphaToOne && d.whole(0) < cfg.TrainTimesteps/o.Steps {
		return nil, fmt.Errorf("inversion starts without noise, so prediction_type sample tells it none: use a model that predicts epsilon or v")
	}
	return &ddimInverse{d}, nil
}

func (d *ddimInverse) Step(s *State, out []float32, _ Noise) error {
	first := 1.0
	if !d.cfg.AlphaToOne {
		first = d.ac(0, 1)
	}
	t := d.whole(s.Eval)
	now := cumulated(d.ac(min(t-d.cfg.TrainTimesteps/d.opt.Steps, d.cfg.TrainTimesteps-1), first))
	next := cumulated(d.ac(t, first))
	x0, e := clean(d.cfg.Prediction, now, s.X, out), noiseOf(d.cfg.Prediction, now, s.X, out)
	if d.cfg.ClipSample {
		clip(x0, d.cfg.ClipRange)
	}
	advance(s, sum(term{next.a, x0}, term{next.s, e}), x0)
	return nil
}
