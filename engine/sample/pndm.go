package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// pndm is the pseudo linear multistep method (Liu et al., "Pseudo Numerical Methods for Diffusion Models on
// Manifolds", 2022), started by three pseudo Runge-Kutta steps of four evaluations or, with skip_prk_steps, by
// evaluating the second timestep twice. Memory is the history, then cur (the sample that a step of several
// evaluations began with) and sum (of the Runge-Kutta outputs).
type pndm struct {
	discrete
	final float64
	prk   int // evaluations of the Runge-Kutta start
}

func newPNDM(cfg schedule.Config, o Options) (Sampler, error) {
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	s := &pndm{discrete: d, final: 1}
	if !cfg.AlphaToOne {
		s.final = s.ac(0, 1)
	}
	falling := cfg.Steps(o.Steps, true)
	n := len(falling)
	var times []float64
	switch {
	case cfg.SkipPRK && n > 1:
		times = append(append(times, falling[:2]...), falling[1:]...)
	case cfg.SkipPRK || n < 4:
		times = falling
	default:
		times = s.start(falling[:4])
		s.prk = len(times)
		times = append(times, falling[3:]...)
	}
	s.at(times)
	return s, nil
}

// start are the timesteps of three Runge-Kutta steps: each at its own, twice halfway, at the next.
func (p *pndm) start(first []float64) []float64 {
	var out []float64
	half := float64(p.cfg.TrainTimesteps / p.opt.Steps / 2)
	for i := 0; i < 3; i++ {
		middle := first[i+1] + half
		out = append(out, first[i], middle, middle, first[i+1])
	}
	return out
}

func (p *pndm) Step(s *State, out []float32, _ Noise) error {
	if s.Eval-s.Begin < p.prk {
		p.stepPRK(s, out)
	} else {
		p.stepPLMS(s, out)
	}
	return nil
}

// recall splits State.Memory.
func (p *pndm) recall(s *State) (history [][]float32, cur, sum []float32) {
	if n := len(s.Memory); n >= 2 {
		return s.Memory[:n-2], s.Memory[n-2], s.Memory[n-1]
	}
	return nil, nil, nil
}

func (p *pndm) remember(s *State, history [][]float32, cur, sum []float32) {
	s.Memory = append(append([][]float32(nil), history...), cur, sum)
}

func (p *pndm) stepPRK(s *State, out []float32) {
	count := s.Eval - s.Begin
	history, cur, total := p.recall(s)
	stride := p.cfg.TrainTimesteps / p.opt.Steps
	if count%2 == 0 {
		stride /= 2
	} else {
		stride = 0
	}
	next := p.whole(s.Eval) - stride
	t := p.whole(count / 4 * 4)
	x0 := clean(p.cfg.Prediction, cumulated(p.ac(p.whole(s.Eval), 1)), s.X, out)
	slope := out
	switch count % 4 {
	case 0:
		total = sum(term{1.0 / 6, out})
		history, cur = push(history, clone(out), 4), clone(s.X)
	case 1, 2:
		total = sum(term{1, total}, term{1.0 / 3, out})
	case 3:
		slope, total = sum(term{1, total}, term{1.0 / 6, out}), nil
	}
	x := p.transfer(cur, slope, t, next)
	p.remember(s, history, cur, total)
	advance(s, x, x0)
}

func (p *pndm) stepPLMS(s *State, out []float32) {
	count := s.Eval - s.Begin
	history, cur, _ := p.recall(s)
	stride := p.cfg.TrainTimesteps / p.opt.Steps
	t := p.whole(s.Eval)
	next := t - stride
	x0 := clean(p.cfg.Prediction, cumulated(p.ac(t, 1)), s.X, out)
	if count == 1 {
		t, next = t+stride, t
	} else {
		history = push(history, clone(out), 4)
	}
	from, slope := s.X, out
	switch n := len(history); {
	case n == 1 && count == 0:
		cur = clone(s.X)
	case n == 1 && count == 1:
		slope = sum(term{0.5, out}, term{0.5, back(history, 0)})
		from, cur = cur, nil
	default:
		slope = adams(history)
	}
	x := p.transfer(from, slope, t, next)
	p.remember(s, history, cur, nil)
	advance(s, x, x0)
}

// adams is the Adams-Bashforth mean of the last one to four slopes.
func adams(h [][]float32) []float32 {
	switch len(h) {
	case 1:
		return sum(term{1, h[0]})
	case 2:
		return sum(term{1.5, back(h, 0)}, term{-0.5, back(h, 1)})
	case 3:
		return sum(term{23. / 12, back(h, 0)}, term{-16. / 12, back(h, 1)}, term{5. / 12, back(h, 2)})
	}
	return sum(term{55. / 24, back(h, 0)}, term{-59. / 24, back(h, 1)}, term{37. / 24, back(h, 2)}, term{-9. / 24, back(h, 3)})
}

// transfer is eq. 9 of the paper: x at timestep next, of x at t and the noise there.
func (p *pndm) transfer(x, out []float32, t, next int) []float32 {
	a, b := p.ac(t, 1), p.ac(next, p.final)
	if p.cfg.Prediction == schedule.V {
		out = sum(term{math.Sqrt(a), out}, term{math.Sqrt(1 - a), x})
	}
	d := a*math.Sqrt(1-b) + math.Sqrt(a*(1-a)*b)
	return sum(term{math.Sqrt(b / a), x}, term{-(b - a) / d, out})
}
