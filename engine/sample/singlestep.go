package sample

import "nirvana/engine/schedule"

// singlestep is DPM-Solver and DPM-Solver++ as a singlestep method (Lu et al., DPM-Solver, 2022, appendix D.3): steps
// are grouped by up to three, and each group's last starts from the x that the group began with. Memory holds that x,
// then the predictions.
type singlestep struct {
	solver
	algorithm
	orders []int // of each evaluation
}

func newSinglestep(cfg schedule.Config, o Options) (Sampler, error) {
	if cfg.FinalSigmas == "zero" && (cfg.Algorithm == "dpmsolver" || cfg.Algorithm == "sde-dpmsolver") {
		cfg.FinalSigmas = "sigma_min"
	}
	g, err := parseAlgorithm(cfg.Algorithm, cfg.FinalSigmas)
	if err != nil {
		return nil, err
	}
	cfg.Spacing = "linspace"
	s, err := newSolver(cfg, o)
	if err != nil {
		return nil, err
	}
	d := &singlestep{solver: s, algorithm: g}
	n, order := len(d.times), min(max(cfg.SolverOrder, 1), 3)
	low := cfg.LowerOrderFinal || n%order != 0 || cfg.FinalSigmas == "zero"
	d.orders = groups(n, order, low)
	if cfg.FinalSigmas == "zero" {
		d.orders[n-1] = 1
	}
	return d, nil
}

// groups are the orders of n steps: 1, 2, 3 repeated, lower where the last group would be incomplete, or where low
// asks for first order at the end.
func groups(n, order int, low bool) []int {
	var out []int
	count := func(times int, orders ...int) {
		for range times {
			out = append(out, orders...)
		}
	}
	switch {
	case order == 1:
		count(n, 1)
	case order == 2 && !low:
		count(n/2, 1, 2)
	case order == 2 && n%2 == 0:
		count(n/2-1, 1, 2)
		count(2, 1)
	case order == 2:
		count(n/2, 1, 2)
		count(1, 1)
	case !low:
		count(n/3, 1, 2, 3)
	case n%3 == 0:
		count(n/3-1, 1, 2, 3)
		count(1, 1, 2, 1)
	case n%3 == 1:
		count(n/3, 1, 2, 3)
		count(1, 1)
	default:
		count(n/3, 1, 2, 3)
		count(1, 1, 2)
	}
	return out
}

func (d *singlestep) Step(s *State, out []float32, n Noise) error {
	i := s.Eval
	x0, m := d.answer(i, s.X, out, d.data)
	order := min(d.orders[i], i-s.Begin+1)
	// After a start within a group only as many predictions as there are.
	var begin []float32
	var answers [][]float32
	if len(s.Memory) > 0 {
		begin, answers = s.Memory[0], s.Memory[1:]
	}
	answers = push(answers, m, 3)
	if order == 1 || begin == nil {
		begin = s.X
	}
	var z []float32
	if d.sde {
		z = draw(n, len(s.X))
	}
	x := d.step(i, order, begin, answers, z)
	s.Memory = append([][]float32{clone(begin)}, answers...)
	advance(s, x, x0)
	return nil
}

// step goes from the start of the group, order-1 evaluations ago, to the next level.
func (d *singlestep) step(i, order int, begin []float32, m [][]float32, z []float32) []float32 {
	first := i - order + 1
	a, b := d.levels[first], d.levels[i+1]
	w := d.coefficients(a, b, d.cfg.SolverType != "heun" && order < 3)
	base := m[len(m)-order]
	terms := []term{{w.x, begin}, {w.d0, base}}
	h := b.lambda() - a.lambda()
	switch {
	case order == 2:
		r0 := (d.levels[i].lambda() - a.lambda()) / h
		terms = append(terms, term{w.d1 / r0, back(m, 0)}, term{-w.d1 / r0, back(m, 1)})
	case order == 3:
		terms = append(terms, d.third(i, h, w, m)...)
	}
	if z != nil {
		terms = append(terms, term{w.noise, z})
	}
	return sum(terms...)
}

// third are the derivative terms of the third order: midpoint uses D1 of the last point alone, Heun both differences.
func (d *singlestep) third(i int, h float64, w weights, m [][]float32) []term {
	m0, m1, m2 := back(m, 2), back(m, 1), back(m, 0)
	l := d.levels[i-2].lambda()
	near, far := (d.levels[i-1].lambda()-l)/h, (d.levels[i].lambda()-l)/h
	if d.cfg.SolverType != "heun" {
		return []term{{w.d1 / far, m2}, {-w.d1 / far, m0}}
	}
	// D1 = (far A - near B)/(far - near), D2 = 2 (B - A)/(far - near), A = (m1-m0)/near, B = (m2-m0)/far
	span := far - near
	a := (w.d1*far - 2*w.d2) / span / near
	b := (2*w.d2 - w.d1*near) / span / far
	return []term{{a, m1}, {b, m2}, {-a - b, m0}}
}
