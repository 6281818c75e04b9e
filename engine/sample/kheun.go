package sample

import "nirvana/engine/schedule"

// kHeun is the second-order sampler of Karras et al. (2022, algorithm 2). Between
// its two evaluations the memory is the x and x_0 that the step began with.
type kHeun struct{ kwalk }

func newKHeun(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newChurned(cfg, o, atEnd)
	return &kHeun{k}, err
}

// atEnd: Heun evaluates the step's end too, unless it is 0.
func atEnd(_, to float64) []float64 {
	if to == 0 {
		return nil
	}
	return []float64{to}
}

func (k *kHeun) Step(s *State, out []float32, n Noise) error {
	from, to, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	if phase == 0 {
		s.Memory = [][]float32{s.X, x0}
		advance(s, toward(s.X, x0, from, to), clone(x0))
		k.open(s, n) // the last step has no second evaluation
		return nil
	}
	advance(s, heunEnd(s, x0, from, to), x0)
	s.Memory = nil
	k.open(s, n)
	return nil
}

// heunEnd takes the mean of the slopes at both ends of the step.
func heunEnd(s *State, x0 []float32, from, to float64) []float32 {
	x, first, h := s.Memory[0], s.Memory[1], (to-from)/2
	return sum(term{1 + h/from, x}, term{-h / from, first}, term{h / to, s.X}, term{-h / to, x0})
}

// kDPM2 is DPM-Solver-2 in Karras' terms: the slope in the geometric middle for
// the whole step (Crowson, k-diffusion). The memory is x before the step.
type kDPM2 struct {
	kwalk
	ancestor bool
}

func newKDPM2nd(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newChurned(cfg, o, middle)
	return &kDPM2{k, false}, err
}

func newKDPM2ndAncestral(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, func(from, to float64) []float64 {
		down, _ := ancestral(from, to, o.ancestral())
		return middle(from, down)
	})
	return &kDPM2{k, true}, err
}

func (k *kDPM2) Step(s *State, out []float32, n Noise) error {
	from, to, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	down, up := to, 0.0
	if k.ancestor {
		down, up = ancestral(from, to, k.eta)
	}
	if phase == 0 {
		s.Memory = [][]float32{s.X}
		next := down
		if m := middle(from, down); m != nil {
			next = m[0]
		}
		advance(s, toward(s.X, x0, from, next), x0)
		return nil
	}
	mid := k.sigmas[s.Eval]
	c := (down - from) / mid
	terms := []term{{1, s.Memory[0]}, {c, s.X}, {-c, x0}}
	if k.ancestor {
		terms = append(terms, term{up * k.churn.noise(), k.noise(n, len(x0), from, to)})
	}
	s.Memory = nil
	advance(s, sum(terms...), x0)
	if !k.ancestor {
		k.open(s, n)
	}
	return nil
}
