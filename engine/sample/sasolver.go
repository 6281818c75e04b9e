package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// saSolver is Xue et al., "SA-Solver: Stochastic Adams Solver for Fast Sampling of Diffusion Models" (2023),
// algorithm 1: a stochastic Adams-Bashforth predictor and an Adams-Moulton corrector, tau being 1 for timesteps 200
// to 800 and 0 outside. Memory[0] and [1] are x and noise of the step before, then the predictions, latest last;
// Numbers[0] is the next corrector's order.
type saSolver struct{ solver }

func newSASolver(cfg schedule.Config, o Options) (Sampler, error) {
	if a := cfg.Algorithm; a != "data_prediction" && a != "noise_prediction" {
		return nil, fmt.Errorf("algorithm_type %q is unknown: use data_prediction or noise_prediction", a)
	}
	if p, c := cfg.PredictorOrder, cfg.CorrectorOrder; p < 1 || p > 3 || c < 1 || c > 4 {
		return nil, fmt.Errorf("predictor_order %d and corrector_order %d are not possible: use 1 to 3 and 1 to 4", p, c)
	}
	s, err := newSolver(cfg, o)
	s.endAgain()
	return &saSolver{s}, err
}

func (a *saSolver) data() bool { return a.cfg.Algorithm == "data_prediction" }

// AddNoise uses the timestep, a whole one, and not the level as the other solvers do: the two differ where the levels
// are not the table's.
func (a *saSolver) AddNoise(dst, x0, noise []float32, eval int) {
	ac := float64(a.table.AlphasCumprod[int(a.times[eval])])
	copy(dst, sum(term{math.Sqrt(ac), x0}, term{math.Sqrt(1 - ac), noise}))
}

// tau is the share of stochasticity at a timestep.
func (a *saSolver) tau(eval int) float64 {
	if t := a.times[eval]; t >= 200 && t <= 800 {
		return 1
	}
	return 0
}

func (a *saSolver) Step(s *State, out []float32, n Noise) error {
	i, left := s.Eval, len(a.times)-s.Eval
	depth := max(a.cfg.PredictorOrder, a.cfg.CorrectorOrder-1)
	x0, m := a.answer(i, s.X, out, a.data())
	x, known := s.X, max(len(s.Memory)-2, 0)
	var answers [][]float32
	if known > 0 {
		answers = append(answers, s.Memory[2:]...)
		// the corrector looks back from the level that is being corrected
		x = a.solve(s.Memory[0], s.Memory[1], append(answers[:known:known], m), i-1, i, int(s.Numbers[0]), a.tau(i-1))
	}
	answers = push(answers, m, depth)
	p, c := a.cfg.PredictorOrder, a.cfg.CorrectorOrder
	if a.cfg.LowerOrderFinal {
		p, c = min(p, left), min(c, left+1)
	}
	z := draw(n, len(x))
	next := a.solve(x, z, answers, i, i, min(p, known+1), a.tau(i))
	s.Memory = append([][]float32{x, z}, answers...)
	s.Numbers = []float64{float64(min(c, known+2))}
	advance(s, next, x0)
	return nil
}

// solve goes from level i to i+1 with the predictions at levels newest, newest-1, ...
func (a *saSolver) solve(x, z []float32, answers [][]float32, i, newest, order int, tau float64) []float32 {
	from, to := a.levels[i], a.levels[i+1]
	l0, l1 := from.lambda(), to.lambda()
	h, t := l1-l0, 1+tau*tau
	lambdas := make([]float64, order)
	for k := range lambdas {
		lambdas[k] = a.levels[newest-k].lambda()
	}
	g := a.integrals(lambdas, l0, l1, tau)
	if a.data() && order == 2 {
		gap := h // between the two levels: of the step itself, or of the one before
		if newest == i {
			gap = l0 - a.levels[i-1].lambda()
		}
		e := math.Exp(t*l1) * (h*h/2 - (h*t-1+math.Exp(-t*h))/(t*t)) / gap
		g[0], g[1] = g[0]+e, g[1]-e
	}
	terms := []term{{to.a / from.a, x}, {tau * to.s * math.Sqrt(math.Expm1(2*h)), z}}
	scale := -t * to.a
	if a.data() {
		terms[0].c = math.Exp(-tau*tau*h) * to.s / from.s
		terms[1].c = to.s * math.Sqrt(-math.Expm1(-2*tau*tau*h))
		scale = t * to.s * math.Exp(-tau*tau*l1)
	}
	for k, c := range g {
		terms = append(terms, term{scale * c, back(answers, k)})
	}
	return sum(terms...)
}

// integrals are of the Lagrange polynomials times the exponential, over the step
// (the paper's eq. 14 and 17).
func (a *saSolver) integrals(lambdas []float64, from, to, tau float64) []float64 {
	out := make([]float64, len(lambdas))
	for k := range lambdas {
		for degree, c := range lagrange(lambdas, k) {
			out[k] += c * a.moment(degree, from, to, tau)
		}
	}
	return out
}

// lagrange are the coefficients, constant first, of the polynomial that is 1 at
// point k and 0 at the others.
func lagrange(points []float64, k int) []float64 {
	out := []float64{1}
	for j, p := range points {
		if j == k {
			continue
		}
		next := make([]float64, len(out)+1)
		for d, c := range out {
			next[d] -= c * p / (points[k] - p)
			next[d+1] += c / (points[k] - p)
		}
		out = next
	}
	return out
}

// moment integrates l^n e^(w l) by parts; w is 1+tau^2 for data and -1 for noise.
func (a *saSolver) moment(n int, from, to, tau float64) float64 {
	w := -1.0
	if a.data() {
		w = 1 + tau*tau
	}
	at := func(l float64) float64 {
		v, c := 0.0, 1.0
		for k := n; k >= 0; k-- {
			v += c * math.Pow(l, float64(k))
			c *= -float64(k) / w
		}
		return v * math.Exp(w*l) / w
	}
	return at(to) - at(from)
}
