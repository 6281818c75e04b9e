package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// tcd is strategic stochastic sampling of trajectory consistency models (Zheng et
// al., "Trajectory Consistency Distillation", 2024, algorithm 4). Eta is gamma:
// down to (1 - gamma) of the next timestep, then noised up to it.
type tcd struct {
	discrete
	final float64
}

func newTCD(cfg schedule.Config, o Options) (Sampler, error) {
	s, err := newLCM(cfg, o)
	if err != nil {
		return nil, err
	}
	l := s.(*lcm)
	return &tcd{l.discrete, l.final}, nil
}

func (c *tcd) Step(s *State, out []float32, n Noise) error {
	l := cumulated(c.ac(c.whole(s.Eval), 1))
	x0 := clean(c.cfg.Prediction, l, s.X, out)
	next, last := 0, s.Eval+1 >= len(c.times)
	if !last {
		next = c.whole(s.Eval + 1)
	}
	eta := math.Round(float64(c.opt.Eta)*1e6) / 1e6 // 0.3 as typed, without float32's error
	middle := cumulated(c.ac(int(math.Floor(float64(float32(1-eta)*float32(next)))), c.final))
	x := sum(term{middle.a, x0}, term{middle.s, noiseOf(c.cfg.Prediction, l, s.X, out)})
	if eta > 0 && !last {
		to := c.ac(next, c.final)
		r := to / (middle.a * middle.a)
		x = sum(term{math.Sqrt(r), x}, term{math.Sqrt(max(1-r, 0)), draw(n, len(x))})
	}
	advance(s, x, x0)
	return nil
}
