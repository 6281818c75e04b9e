package sample

import (
	"fmt"
	"math"
	"slices"

	"nirvana/engine/schedule"
)

// unipc is Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models"
// (2023), algorithms 5 to 8, with B(h) of bh1 or bh2. Memory[0] is the x that the step before started from, then the
// predictions, latest last; Numbers[0] is the order of that step.
type unipc struct{ solver }

func newUniPC(cfg schedule.Config, o Options) (Sampler, error) {
	if t := cfg.SolverType; !slices.Contains([]string{"bh1", "bh2", "midpoint", "heun", "logrho"}, t) {
		return nil, fmt.Errorf("solver_type %q is unknown: use bh1 or bh2", t)
	}
	s, err := newSolver(cfg, o)
	return &unipc{s}, err
}

func (u *unipc) Step(s *State, out []float32, _ Noise) error {
	i, depth := s.Eval, max(u.cfg.SolverOrder, 1)
	x0, m := u.answer(i, s.X, out, u.cfg.PredictX0)
	x, known := s.X, max(len(s.Memory)-1, 0)
	if known > 0 && !slices.Contains(u.cfg.DisableCorrector, i-1) {
		x = u.solve(s.Memory[0], s.Memory[1:], i-1, int(s.Numbers[0]), m)
	}
	answers := push(slices.Clone(s.Memory[min(1, len(s.Memory)):]), m, depth)
	order := min(depth, known+1)
	if u.cfg.LowerOrderFinal {
		order = min(order, len(u.times)-i)
	}
	s.Memory, s.Numbers = append([][]float32{x}, answers...), []float64{float64(order)}
	advance(s, u.solve(x, answers, i, order, nil), x0)
	return nil
}

// solve goes from level i to i+1, starting at x. With the network's output at the end it is the corrector, without it
// the predictor.
func (u *unipc) solve(x []float32, answers [][]float32, i, order int, end []float32) []float32 {
	a, b := u.levels[i], u.levels[i+1]
	h := b.lambda() - a.lambda()
	hh, scale, keep := h, b.s, b.a/a.a
	if u.cfg.PredictX0 {
		hh, scale, keep = -h, b.a, b.s/a.s
	}
	bh := math.Expm1(hh)
	if u.cfg.SolverType == "bh1" {
		bh = hh
	}
	rks := make([]float64, 0, order)
	for k := 1; k < order; k++ {
		rks = append(rks, (u.levels[i-k].lambda()-a.lambda())/h)
	}
	n := order - 1
	if end != nil {
		rks, n = append(rks, 1), order
	}
	rho := uniWeights(rks[:n], hh, bh)
	terms := []term{{keep, x}, {-scale * math.Expm1(hh), back(answers, 0)}}
	for k := 0; k < n; k++ {
		w, m := scale*bh*rho[k]/rks[k], end
		if k+1 < order {
			m = back(answers, k+1)
		}
		terms[1].c += w
		terms = append(terms, term{-w, m})
	}
	return sum(terms...)
}

// uniWeights are the weights of the differences, of the paper's eq. 5; for a single one 1/2, as its authors take it.
func uniWeights(rks []float64, hh, bh float64) []float64 {
	n := len(rks)
	if n == 1 {
		return []float64{0.5}
	}
	rows := make([][]float64, n)
	phi, factorial := math.Expm1(hh)/hh-1, 1.0
	for i := range rows {
		for _, r := range rks {
			rows[i] = append(rows[i], math.Pow(r, float64(i)))
		}
		rows[i] = append(rows[i], phi*factorial/bh)
		factorial *= float64(i + 2)
		phi = phi/hh - 1/factorial
	}
	return eliminated(rows)
}

// eliminated solves n equations, each a row of n factors and the right side, by
// Gauss-Jordan elimination with pivoting.
func eliminated(rows [][]float64) []float64 {
	n := len(rows)
	for c := range n {
		for r := c + 1; r < n; r++ {
			if math.Abs(rows[r][c]) > math.Abs(rows[c][c]) {
				rows[r], rows[c] = rows[c], rows[r]
			}
		}
		for r := range n {
			if r == c {
				continue
			}
			f := rows[r][c] / rows[c][c]
			for k := c; k <= n; k++ {
				rows[r][k] -= f * rows[c][k]
			}
		}
	}
	out := make([]float64, n)
	for c := range out {
		out[c] = rows[c][n] / rows[c][c]
	}
	return out
}
