package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// erSDE is Cui et al., "Elucidating the Solution Space of Extended Reverse-Time SDE for Diffusion Models" (2023), the
// three-stage algorithm with the noise scale sigma (e^(sigma^0.3) + 10). Memory holds the x_0 of the step before and
// its slope.
type erSDE struct{ kwalk }

func newERSDE(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &erSDE{k}, err
}

func erScale(sigma float64) float64 { return sigma * (math.Exp(math.Pow(sigma, 0.3)) + 10) }

func (k *erSDE) Step(s *State, out []float32, n Noise) error {
	i := s.Eval
	sigma, sigmaNext, _ := k.ends(i)
	x0 := k.clean(i, s.X, out)
	old := s.Memory
	s.Memory = [][]float32{x0}
	if sigmaNext == 0 {
		advance(s, clone(x0), clone(x0))
		return nil
	}
	r := erScale(sigmaNext) / erScale(sigma)
	terms := []term{{r, s.X}, {1 - r, x0}}
	if len(old) > 0 {
		first, second := erIntegrals(sigma, sigmaNext)
		gap := sigma - k.walk[i-1]
		d := sum(term{1 / gap, x0}, term{-1 / gap, old[0]})
		s.Memory = append(s.Memory, d)
		terms = append(terms, term{sigmaNext - sigma + first*erScale(sigmaNext), d})
		if len(old) > 1 {
			gap = (sigma - k.walk[i-2]) / 2
			u := sum(term{1 / gap, d}, term{-1 / gap, old[1]})
			terms = append(terms, term{(sigmaNext-sigma)*(sigmaNext-sigma)/2 + second*erScale(sigmaNext), u})
		}
	}
	std := math.Sqrt(max(sigmaNext*sigmaNext-sigma*sigma*r*r, 0))
	terms = append(terms, term{std, draw(n, len(x0))})
	advance(s, sum(terms...), clone(x0))
	return nil
}

// erIntegrals are the integrals of 1/scale and of (sigma-from)/scale over the
// step, as sums of 200 points.
func erIntegrals(sigma, sigmaNext float64) (first, second float64) {
	const n = 200
	width := (sigma - sigmaNext) / n
	for j := range n {
		at := sigmaNext + float64(j)*width
		first += width / erScale(at)
		second += width * (at - sigma) / erScale(at)
	}
	return first, second
}
