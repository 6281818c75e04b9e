package sample

import "nirvana/engine/schedule"

// kEuler is Euler's rule over a named schedule (Karras et al., 2022, algorithm 2 without correction), with ancestral
// noise where eta is set.
type kEuler struct {
	kwalk
	ancestor bool
}

func newKEuler(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newChurned(cfg, o, nil)
	return &kEuler{k, false}, err
}

func newKEulerAncestral(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &kEuler{k, true}, err
}

func (k *kEuler) Step(s *State, out []float32, n Noise) error { return k.StepPlus(s, out, nil, n) }

func (k *kEuler) StepPlus(s *State, out, uncond []float32, n Noise) error {
	sigma, sigmaNext, _ := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	sigmaDown, sigmaUp := sigmaNext, 0.0
	if k.ancestor {
		sigmaDown, sigmaUp = ancestral(sigma, sigmaNext, k.eta)
	}
	if uncond != nil {
		uncond = k.clean(s.Eval, s.X, uncond)
	}
	x := onward(s.X, x0, uncond, sigma, sigmaDown)
	if k.ancestor && sigmaNext > 0 {
		x = sum(term{1, x}, term{sigmaUp * k.churn.noise(), k.noise(n, len(x), sigma, sigmaNext)})
	}
	advance(s, x, x0)
	if !k.ancestor {
		k.open(s, n)
	}
	return nil
}

// kLMS is the linear multistep method of order 4 over the slopes (x - x_0)/sigma, which Memory holds (Crowson,
// k-diffusion).
type kLMS struct{ kwalk }

func newKLMS(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &kLMS{k}, err
}

func (k *kLMS) Step(s *State, out []float32, _ Noise) error {
	i := s.Eval
	x0 := k.clean(i, s.X, out)
	s.Memory = push(s.Memory, sum(term{1 / k.walk[i], s.X}, term{-1 / k.walk[i], x0}), 4)
	terms, order := []term{{1, s.X}}, len(s.Memory)
	points := make([]float64, order)
	for j := range points {
		points[j] = k.walk[i-j]
	}
	for j := range points {
		c := integral(lagrange(points, j), k.walk[i], k.walk[i+1])
		terms = append(terms, term{c, back(s.Memory, j)})
	}
	advance(s, sum(terms...), x0)
	return nil
}

// integral of a polynomial, its constant first.
func integral(poly []float64, from, to float64) float64 {
	total, a, b := 0.0, from, to
	for d, c := range poly {
		total += c * (b - a) / float64(d+1)
		a, b = a*from, b*to
	}
	return total
}
