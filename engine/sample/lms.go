package sample

import "nirvana/engine/schedule"

// lms is the linear multistep method over sigma (k-diffusion's sample_lms): the
// Lagrange polynomial through the last four slopes, integrated over the step.
type lms struct{ continuous }

const lmsOrder = 4

func newLMS(cfg schedule.Config, o Options) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	times, sigmas := interpolated(cfg, o, newLevels(c.table))
	c.times, c.sigmas = narrow(times), narrowed(append(sigmas, 0))
	c.init = c.initSigma()
	return &lms{c}, nil
}

func (l *lms) Step(s *State, out []float32, _ Noise) error {
	i := s.Eval
	x0 := l.clean(i, s.X, out)
	s.Memory = push(s.Memory, slope(s.X, x0, l.sigmas[i]), lmsOrder)
	// a run that begins inside the schedule still gets the weights of its position in it
	n := min(i+1, lmsOrder)
	terms := []term{{1, s.X}}
	for k := 0; k < min(n, len(s.Memory)); k++ {
		terms = append(terms, term{l.coefficient(n, i, k), back(s.Memory, k)})
	}
	advance(s, sum(terms...), x0)
	return nil
}

// coefficient is the integral over the step at i of the Lagrange basis polynomial
// of the point k steps ago among the last n.
func (l *lms) coefficient(n, i, k int) float64 {
	poly := []float64{1} // by rising powers of sigma - sigmas[i]
	for j := 0; j < n; j++ {
		if j == k {
			continue
		}
		root, span := l.sigmas[i-j]-l.sigmas[i], l.sigmas[i-k]-l.sigmas[i-j]
		next := make([]float64, len(poly)+1)
		for p, c := range poly {
			next[p] -= c * root / span
			next[p+1] += c / span
		}
		poly = next
	}
	h := l.sigmas[i+1] - l.sigmas[i]
	total, power := 0.0, h
	for p, c := range poly {
		total += c * power / float64(p+1)
		power *= h
	}
	return total
}
