package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// dpmpp2S is DPM-Solver++(2S) with ancestral noise (Lu et al., "DPM-Solver++", 2022, algorithm 1). Memory holds x
// before the step.
type dpmpp2S struct{ kwalk }

func newDPMPP2S(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, func(sigma, sigmaNext float64) []float64 {
		sigmaDown, _ := ancestral(sigma, sigmaNext, o.ancestral())
		return middle(sigma, sigmaDown)
	})
	return &dpmpp2S{k}, err
}

func (k *dpmpp2S) Step(s *State, out []float32, n Noise) error {
	sigma, sigmaNext, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	sigmaDown, sigmaUp := ancestral(sigma, sigmaNext, k.eta)
	if m := middle(sigma, sigmaDown); phase == 0 && m != nil {
		s.Memory = [][]float32{s.X}
		advance(s, toward(s.X, x0, sigma, m[0]), x0)
		return nil
	}
	x := s.X
	if phase == 1 {
		x = s.Memory[0]
	}
	x = toward(x, x0, sigma, sigmaDown)
	if sigmaNext > 0 {
		x = sum(term{1, x}, term{sigmaUp * k.churn.noise(), k.noise(n, len(x), sigma, sigmaNext)})
	}
	s.Memory = nil
	advance(s, x, x0)
	return nil
}

// dpmppSDE is DPM-Solver++ (SDE) with a midpoint (Lu et al., 2022; Crowson's stochastic form), its noise from a
// Brownian motion over sigma. Memory holds x before the step.
type dpmppSDE struct{ kwalk }

func newDPMPPSDE(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, func(sigma, sigmaNext float64) []float64 {
		if sigmaNext == 0 {
			return nil
		}
		return []float64{halfway(sigma, sigmaNext)}
	})
	return &dpmppSDE{k}, err
}

func (k *dpmppSDE) Step(s *State, out []float32, n Noise) error {
	sigma, sigmaNext, phase := k.ends(s.Eval)
	x0 := k.clean(s.Eval, s.X, out)
	if sigmaNext == 0 {
		advance(s, x0, clone(x0))
		return nil
	}
	x := s.X
	if phase == 0 {
		s.Memory = [][]float32{x}
		sigmaNext = halfway(sigma, sigmaNext)
	} else {
		x, s.Memory, sigmaNext = s.Memory[0], nil, throughLog(sigmaNext)
	}
	sigmaDown, sigmaUp := ancestral(sigma, sigmaNext, k.eta)
	advance(s, sum(term{1, toward(x, x0, sigma, sigmaDown)}, term{sigmaUp * k.churn.noise(), k.noise(n, len(x), throughLog(sigma), sigmaNext)}), x0)
	return nil
}

// dpmpp2M is DPM-Solver++(2M) (Lu et al., 2022, algorithm 2). Memory holds the x_0 of the step before.
type dpmpp2M struct{ kwalk }

func newDPMPP2M(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &dpmpp2M{k}, err
}

func (k *dpmpp2M) Step(s *State, out []float32, _ Noise) error {
	i := s.Eval
	sigma, sigmaNext, _ := k.ends(i)
	x0 := k.clean(i, s.X, out)
	keep := sigmaNext / sigma
	terms := []term{{keep, s.X}, {1 - keep, x0}}
	if len(s.Memory) > 0 && sigmaNext > 0 {
		r := math.Log(k.walk[i-1]/sigma) / math.Log(sigma/sigmaNext)
		w := (1 - keep) / (2 * r)
		terms[1].c += w
		terms = append(terms, term{-w, s.Memory[0]})
	}
	s.Memory = [][]float32{x0}
	advance(s, sum(terms...), clone(x0))
	return nil
}

// dpmpp2MSDE is DPM-Solver++(2M) SDE, midpoint or Heun (Lu et al., 2022, section 5; Crowson). Memory holds the x_0 of
// the step before.
type dpmpp2MSDE struct{ kwalk }

func newDPMPP2MSDE(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &dpmpp2MSDE{k}, err
}

func newDPMPP2MSDEHeun(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	k.solverHeun = true
	return &dpmpp2MSDE{k}, err
}

func (k *dpmpp2MSDE) Step(s *State, out []float32, n Noise) error {
	i := s.Eval
	sigma, sigmaNext, _ := k.ends(i)
	x0 := k.clean(i, s.X, out)
	old := s.Memory
	s.Memory = [][]float32{x0}
	if sigmaNext == 0 {
		advance(s, clone(x0), clone(x0))
		return nil
	}
	h := math.Log(sigma / sigmaNext)
	all := h + k.eta*h
	gain := -math.Expm1(-all)
	terms := []term{{sigmaNext / sigma * math.Exp(-k.eta*h), s.X}, {gain, x0}}
	if len(old) > 0 {
		w := 0.5 * gain
		if k.solverHeun {
			w = gain/-all + 1
		}
		w *= h / math.Log(k.walk[i-1]/sigma)
		terms[1].c += w
		terms = append(terms, term{-w, old[0]})
	}
	if k.eta > 0 {
		std := sigmaNext * math.Sqrt(-math.Expm1(-2*k.eta*h))
		terms = append(terms, term{std * k.churn.noise(), k.noise(n, len(x0), sigma, sigmaNext)})
	}
	advance(s, sum(terms...), clone(x0))
	return nil
}

// dpmpp3MSDE is DPM-Solver++(3M) SDE (Crowson, k-diffusion, after Lu et al., 2022). Memory holds the x_0 of the two
// steps before, latest last.
type dpmpp3MSDE struct{ kwalk }

func newDPMPP3MSDE(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	return &dpmpp3MSDE{k}, err
}

func (k *dpmpp3MSDE) Step(s *State, out []float32, n Noise) error {
	i := s.Eval
	sigma, sigmaNext, _ := k.ends(i)
	x0 := k.clean(i, s.X, out)
	s.Memory = push(s.Memory, x0, 3)
	if sigmaNext == 0 {
		advance(s, clone(x0), clone(x0))
		return nil
	}
	h := math.Log(sigma / sigmaNext)
	all := h * (k.eta + 1)
	phi2 := math.Expm1(-all)/all + 1
	w := weights{d1: phi2, d2: -(phi2/all - 0.5)}
	terms := []term{{math.Exp(-all), s.X}, {-math.Expm1(-all), x0}}
	if order := len(s.Memory); order > 1 {
		lambda := func(b int) float64 { return -math.Log(k.walk[i-b]) }
		terms = append(terms, differences(s.Memory, order, w, lambda(0), h, lambda)...)
	}
	if k.eta > 0 {
		std := sigmaNext * math.Sqrt(-math.Expm1(-2*h*k.eta))
		terms = append(terms, term{std * k.churn.noise(), k.noise(n, len(x0), sigma, sigmaNext)})
	}
	advance(s, sum(terms...), clone(x0))
	return nil
}
