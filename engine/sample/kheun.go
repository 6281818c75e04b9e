package sample

import "nirvana/engine/schedule"

// kHeun is the second-order sampler of Karras et al. (2022, algorithm 2). Between its two evaluations Memory holds
// the x and x_0 that the step began with.
type kHeun struct{ kwalk }

func newKHeun(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newChurned(cfg, o, atEnd)
	return &kHeun{k}, err
}

// atEnd: Heun evaluates the step's end too, unless that is 0.
func atEnd(_, sigmaNext float64) []float64 {
	if sigmaNext == 0 {
		return nil
	}
	return []float64{sigmaNext}
}

func (k *kHeun) Step(s *State, out []float32, n Noise) error {
	sigma, sigmaNext, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	if phase == 0 {
		s.Memory = [][]float32{s.X, x0}
		advance(s, toward(s.X, x0, sigma, sigmaNext), clone(x0))
		k.open(s, n) // the last step has no second evaluation
		return nil
	}
	advance(s, heunEnd(s, x0, sigma, sigmaNext), x0)
	s.Memory = nil
	k.open(s, n)
	return nil
}

// heunEnd averages the slopes at both ends of the step.
func heunEnd(s *State, x0 []float32, sigma, sigmaNext float64) []float32 {
	x, first, h := s.Memory[0], s.Memory[1], (sigmaNext-sigma)/2
	return sum(term{1 + h/sigma, x}, term{-h / sigma, first}, term{h / sigmaNext, s.X}, term{-h / sigmaNext, x0})
}

// kDPM2 is DPM-Solver-2 in Karras' terms: the slope at the geometric middle for the whole step (Crowson,
// k-diffusion). Memory holds x before the step.
type kDPM2 struct {
	kwalk
	ancestor bool
}

func newKDPM2nd(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newChurned(cfg, o, middle)
	return &kDPM2{k, false}, err
}

func newKDPM2ndAncestral(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, func(sigma, sigmaNext float64) []float64 {
		sigmaDown, _ := ancestral(sigma, sigmaNext, o.ancestral())
		return middle(sigma, sigmaDown)
	})
	return &kDPM2{k, true}, err
}

func (k *kDPM2) Step(s *State, out []float32, n Noise) error {
	sigma, sigmaNext, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	sigmaDown, sigmaUp := sigmaNext, 0.0
	if k.ancestor {
		sigmaDown, sigmaUp = ancestral(sigma, sigmaNext, k.eta)
	}
	if phase == 0 {
		s.Memory = [][]float32{s.X}
		next := sigmaDown
		if m := middle(sigma, sigmaDown); m != nil {
			next = m[0]
		}
		advance(s, toward(s.X, x0, sigma, next), x0)
		return nil
	}
	mid := k.sigmas[s.Eval]
	c := (sigmaDown - sigma) / mid
	terms := []term{{1, s.Memory[0]}, {c, s.X}, {-c, x0}}
	if k.ancestor {
		terms = append(terms, term{sigmaUp * k.churn.noise(), k.noise(n, len(x0), sigma, sigmaNext)})
	}
	s.Memory = nil
	advance(s, sum(terms...), x0)
	if !k.ancestor {
		k.open(s, n)
	}
	return nil
}
