package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// deis is Zhang & Chen, "Fast Sampling of Diffusion Models with Exponential Integrator" (2023), log-rho multistep of
// orders 1 to 3: the noise is extrapolated as a polynomial in log sigma. Memory holds the latest noises.
type deis struct{ solver }

func newDEIS(cfg schedule.Config, o Options) (Sampler, error) {
	s, err := newSolver(cfg, o)
	s.endAgain()
	return &deis{s}, err
}

// endAgain ends a flow's levels with the last one once more, as diffusers' DEIS and SA-Solver do: their last step
// changes nothing.
func (s *solver) endAgain() {
	if n := len(s.levels); s.cfg.FlowSigmas && n > 1 {
		s.levels[n-1], s.sigmas[n-1] = s.levels[n-2], s.sigmas[n-2]
	}
}

func (d *deis) Step(s *State, out []float32, _ Noise) error {
	i, depth := s.Eval, max(d.cfg.SolverOrder, 1)
	a, b := d.levels[i], d.levels[i+1]
	x0, _ := d.answer(i, s.X, out, true)
	s.Memory = push(s.Memory, sum(term{1 / a.s, s.X}, term{-a.a / a.s, x0}), depth)
	n := len(d.times)
	order := min(depth, len(s.Memory))
	if d.cfg.LowerOrderFinal && n < 15 {
		order = min(order, n-i)
	}
	rho := make([]float64, order)
	for k := range rho {
		rho[k] = d.levels[i-k].s / d.levels[i-k].a
	}
	terms := []term{{b.a / a.a, s.X}}
	for k := range rho {
		terms = append(terms, term{b.a * deisWeight(rho, k, b.s/b.a), back(s.Memory, k)})
	}
	advance(s, sum(terms...), x0)
	return nil
}

// deisWeight integrates the Lagrange polynomial in log rho that is 1 at rho[k]
// and 0 at the others, from rho[0] to the step's end.
func deisWeight(rho []float64, k int, end float64) float64 {
	var f func(t float64) float64
	b := math.Log(rho[k])
	switch len(rho) {
	case 1:
		return end - rho[0]
	case 2:
		c := math.Log(rho[1-k])
		f = func(t float64) float64 { return t * (math.Log(t) - c - 1) / (b - c) }
	default:
		c, d := math.Log(rho[(k+1)%3]), math.Log(rho[(k+2)%3])
		f = func(t float64) float64 {
			l := math.Log(t)
			return t * ((l-c)*(l-d) - (l - c) - (l - d) + 2) / ((b - c) * (b - d))
		}
	}
	return f(end) - f(rho[0])
}
