package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// lcm is the sampler of latent consistency models (Luo et al., "Latent Consistency Models", 2023, algorithm 3): every
// evaluation predicts x_0, which is noised to the next timestep.
type lcm struct {
	discrete
	final float64
}

// consistencySteps are the timesteps of LCM and TCD: a subset of the training schedule's original_inference_steps, of
// which strength leaves the last.
func consistencySteps(cfg schedule.Config, o Options) ([]float64, error) {
	strength := float64(o.Strength)
	if strength == 0 {
		strength = 1
	}
	if own := widen(o.Timesteps); len(own) > 0 {
		return own[max(len(own)-int(float64(len(own))*strength+1e-6), 0):], nil
	}
	all := cfg.OriginalSteps
	if all < 1 || all > cfg.TrainTimesteps {
		return nil, fmt.Errorf("original_inference_steps %d is outside 1 to %d", all, cfg.TrainTimesteps)
	}
	k := cfg.TrainTimesteps / all
	n := int(math.Floor(float64(all)*strength + 1e-6))
	if o.Steps > n {
		return nil, fmt.Errorf("%d steps are more than the %d that strength %g leaves of original_inference_steps %d: use fewer", o.Steps, n, strength, all)
	}
	out := make([]float64, o.Steps)
	for i := range out {
		at := int(math.Floor(float64(i) * float64(n) / float64(o.Steps)))
		out[i] = float64((n-at)*k - 1)
	}
	return out, nil
}

func newLCM(cfg schedule.Config, o Options) (Sampler, error) {
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	times, err := consistencySteps(cfg, o)
	if err != nil {
		return nil, err
	}
	d.at(times)
	s := &lcm{discrete: d, final: 1}
	if !cfg.AlphaToOne {
		s.final = s.ac(0, 1)
	}
	return s, nil
}

func (l *lcm) Step(s *State, out []float32, n Noise) error {
	const data = 0.5 // sigma_data of the boundary condition
	t := float64(l.times[s.Eval]) * l.cfg.TimestepScaling
	skip := data * data / (t*t + data*data)
	keep := t / math.Sqrt(t*t+data*data)
	x0 := clean(l.cfg.Prediction, cumulated(l.ac(l.whole(s.Eval), 1)), s.X, out)
	l.bound(x0)
	x := sum(term{keep, x0}, term{skip, s.X})
	x0 = clone(x)
	if next := s.Eval + 1; next < len(l.times) {
		b := cumulated(l.ac(l.whole(next), l.final))
		x = sum(term{b.a, x}, term{b.s, draw(n, len(x))})
	}
	advance(s, x, x0)
	return nil
}
