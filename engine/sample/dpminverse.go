package sample

import (
	"fmt"
	"math"
	"slices"

	"nirvana/engine/schedule"
)

// dpmInverse is the multistep DPM-Solver walked backwards, from a picture to the noise that
// gives it (Lu et al., "DPM-Solver++", 2022, algorithm 2; Mokady et al., "Null-text
// Inversion", 2023, section 3.2).
type dpmInverse struct{ dpmMultistep }

func newDPMInverse(cfg schedule.Config, o Options) (Sampler, error) {
	g, err := parseAlgorithm(cfg.Algorithm, "sigma_min")
	if err != nil {
		return nil, err
	}
	p, err := newPlan(cfg, o)
	if err != nil {
		return nil, err
	}
	d := &dpmInverse{dpmMultistep{solver{plan: p}, g}}
	times, sigmas := d.rising(newLevels(p.table))
	if len(times) < o.Steps {
		return nil, fmt.Errorf("%d steps are more than %d timesteps can be divided into: use fewer", o.Steps, cfg.TrainTimesteps)
	}
	d.set(times, sigmas)
	return d, nil
}

// rising are the steps' timesteps, without repetition, their levels, and the last level.
func (d *dpmInverse) rising(l levels) (times, sigmas []float64) {
	n, last := d.opt.Steps, d.last(l)
	hi := float64(l.sigmas[last-1])
	if chosen, ok := spaced(d.cfg, n, float64(l.sigmas[len(l.sigmas)-1]), float64(l.sigmas[0])); ok { // from end to end in the other direction
		sigmas = chosen
		if times = l.timesOf(sigmas); d.cfg.Karras {
			times = rounded(times)
		}
		times, hi = truncated(times), sigmas[n-1]
	} else if d.cfg.FlowSigmas {
		times, sigmas = flowWalk(d.cfg, d.opt) // falling: diffusers does not reverse a flow's levels
		hi = sigmas[n-1]
	} else {
		times = d.timesteps(last)
		sigmas = schedule.At(l.sigmas, times)
	}
	return slices.Compact(times), append(sigmas, hi)
}

// timesteps are those of the forward walk shifted by one towards 0.
func (d *dpmInverse) timesteps(last int) []float64 {
	n := d.opt.Steps
	out := make([]float64, n)
	switch d.cfg.Spacing {
	case "leading":
		for i := range out {
			out[i] = float64(i*(last/(n+1)) + d.cfg.Offset)
		}
	case "trailing":
		return reversed(schedule.Trailing(last, d.cfg.TrainTimesteps, n))
	default:
		all := schedule.Linspace(0, float64(last-1), n+1)
		for i := range out {
			out[i] = math.RoundToEven(all[i])
		}
	}
	return out
}

func (d *dpmInverse) Step(s *State, out []float32, n Noise) error {
	x0, m := d.answer(s.Eval, s.X, out, d.data)
	c := newMultistep(d.cfg)
	c.endsAtZero = false // it ends at the noisiest level
	s.Memory = push(s.Memory, m, c.order)
	var z []float32
	if d.sde {
		z = draw(n, len(s.X))
	}
	advance(s, d.step(s, c.orderAt(s.Eval, len(d.times), len(s.Memory)), z), x0)
	return nil
}
