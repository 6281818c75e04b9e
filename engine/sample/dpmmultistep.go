package sample

import "nirvana/engine/schedule"

// dpmMultistep is DPM-Solver and DPM-Solver++ as a multistep method, of the first to
// third order, of the ODE and of the SDE (Lu et al., "DPM-Solver++: Fast Solver for
// Guided Sampling of Diffusion Probabilistic Models", 2022, algorithm 2).
type dpmMultistep struct {
	solver
	algorithm
}

func newDPMMultistep(cfg schedule.Config, o Options) (Sampler, error) {
	g, err := parseAlgorithm(cfg.Algorithm, cfg.FinalSigmas)
	if err != nil {
		return nil, err
	}
	s, err := newSolver(cfg, o)
	if err != nil {
		return nil, err
	}
	return &dpmMultistep{s, g}, nil
}

// orderAt is the order of the step at evaluation i with known predictions in memory.
func (c multistep) orderAt(i, n, known int) int {
	last := i == n-1 && (c.eulerAtFinal || c.lowerOrderFinal && n < 15 || c.endsAtZero)
	second := i == n-2 && c.lowerOrderFinal && n < 15
	switch {
	case c.order == 1 || known < 2 || last:
		return 1
	case c.order == 2 || known < 3 || second:
		return 2
	}
	return 3
}

// multistep is how the order falls at both ends of a run.
type multistep struct {
	order                                     int
	lowerOrderFinal, eulerAtFinal, endsAtZero bool
}

func newMultistep(cfg schedule.Config) multistep {
	return multistep{max(cfg.SolverOrder, 1), cfg.LowerOrderFinal, cfg.EulerAtFinal, cfg.FinalSigmas == "zero"}
}

func (d *dpmMultistep) Step(s *State, out []float32, n Noise) error {
	x0, m := d.answer(s.Eval, s.X, out, d.data)
	c := newMultistep(d.cfg)
	s.Memory = push(s.Memory, m, c.order)
	var z []float32
	if d.sde {
		z = draw(n, len(s.X))
	}
	order := c.orderAt(s.Eval, len(d.times), len(s.Memory))
	advance(s, d.step(s, order, z), x0)
	return nil
}

// step is one step of the given order; z is the SDE's noise.
func (d *dpmMultistep) step(s *State, order int, z []float32) []float32 {
	i := s.Eval
	a, b := d.levels[i], d.levels[i+1]
	sdeNoise := d.sde && !d.data // which has no third order of its own
	if a == b {
		order = 1 // nothing to extrapolate over
	}
	w := d.coefficients(a, b, d.cfg.SolverType != "heun" && (order == 2 || sdeNoise))
	terms := []term{{w.x, s.X}, {w.d0, back(s.Memory, 0)}}
	if order > 1 {
		h := b.lambda() - a.lambda()
		terms = append(terms, differences(s.Memory, order, w, a.lambda(), h, func(k int) float64 { return d.levels[i-k].lambda() })...)
	}
	if z != nil {
		terms = append(terms, term{w.noise, z})
	}
	return sum(terms...)
}

// differences are the terms of the first and second divided differences of the predictions in memory; lambda(k) is
// the half log-SNR k evaluations ago, now the present one.
func differences(memory [][]float32, order int, w weights, now, h float64, lambda func(k int) float64) []term {
	m0, m1 := back(memory, 0), back(memory, 1)
	r0 := (now - lambda(1)) / h
	if order == 2 {
		return []term{{w.d1 / r0, m0}, {-w.d1 / r0, m1}}
	}
	m2 := back(memory, 2)
	r1 := (lambda(1) - lambda(2)) / h
	// D1 = p (m0-m1) + q (m1-m2), D2 = u (m0-m1) + v (m1-m2)
	p, q := (1+r0/(r0+r1))/r0, -r0/(r0+r1)/r1
	u, v := 1/(r0+r1)/r0, -1/(r0+r1)/r1
	first, second := w.d1*p+w.d2*u, w.d1*q+w.d2*v
	return []term{{first, m0}, {second - first, m1}, {-second, m2}}
}
