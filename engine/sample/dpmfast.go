package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// dpmFast is DPM-Solver-fast (Lu et al., "DPM-Solver", 2022, section 3.4): a given number of evaluations, in steps of
// order 3 over even lengths of log sigma, the last of lower order. With ancestral noise (Crowson, k-diffusion; as in
// AUTOMATIC1111) a step goes lower and noise is added up to its end. Memory holds x before the step and the noises in
// it.
type dpmFast struct{ kwalk }

func newDPMFast(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	if err != nil {
		return nil, err
	}
	if len(o.Sigmas) == 0 { // it goes from end to end of the table, whatever the schedule
		all := k.table.Sigmas()
		k.lo, k.hi = float64(all[0]), float64(all[len(all)-1])
	}
	m := o.Steps/3 + 1
	k.along(schedule.Exponential(m+1, k.lo, k.hi))
	step := -1
	k.plot(func(sigma, sigmaNext float64) []float64 {
		step++
		sigmaNext, _ = k.ancestral(sigma, sigmaNext)
		order := 3
		if o.Steps%3 == 0 {
			order = min(3, m-step)
		} else if step == m-1 {
			order = o.Steps % 3
		}
		if order == 3 {
			return []float64{partWay(sigma, sigmaNext, 1.0/3), partWay(sigma, sigmaNext, 2.0/3)}
		}
		return middle(sigma, sigmaNext)[:order-1]
	})
	return &dpmFast{k}, nil
}

// ancestral is the level that a step goes down to, not below the last level, and the noise up from it.
func (k *kwalk) ancestral(sigma, sigmaNext float64) (sigmaDown, sigmaUp float64) {
	sigmaDown, _ = ancestral(sigma, sigmaNext, k.eta)
	sigmaDown = max(sigmaDown, k.walk[len(k.walk)-1])
	return sigmaDown, math.Sqrt(max(sigmaNext*sigmaNext-sigmaDown*sigmaDown, 0))
}

// partWay is the level at a share r of the step in log sigma.
func partWay(sigma, sigmaNext, r float64) float64 { return sigma * math.Pow(sigmaNext/sigma, r) }

func (k *dpmFast) Step(s *State, out []float32, n Noise) error {
	i := s.Eval
	sigma, sigmaNext, phase := k.ends(i)
	x0 := k.clean(i, s.X, out)
	if phase == 0 {
		s.Memory = [][]float32{s.X}
	}
	s.Memory = append(s.Memory, slope(s.X, x0, k.sigmas[i]))
	order := phase + 1
	for j := i + 1; j < len(k.points) && k.points[j].phase > 0; j++ {
		order++
	}
	sigmaDown, sigmaUp := k.ancestral(sigma, sigmaNext)
	x := dpmStage(s.Memory[0], s.Memory[1:], sigma, sigmaDown, order)
	if order == phase+1 {
		s.Memory = nil
		if k.eta > 0 {
			x = sum(term{1, x}, term{sigmaUp * k.churn.noise(), draw(n, len(x))})
		}
	}
	advance(s, x, x0)
	return nil
}

// dpmStage is the next point of DPM-Solver-1, -2 or -3 (Lu et al., 2022,
// algorithms 1 and 2) with the noises known so far; with all of them it is the
// step's end.
func dpmStage(x []float32, eps [][]float32, sigma, sigmaNext float64, order int) []float32 {
	h := math.Log(sigma / sigmaNext)
	r1, known := 1.0/3, len(eps)
	if order == 2 {
		r1 = 0.5
	}
	switch {
	case known == order && order == 1:
		return sum(term{1, x}, term{-sigmaNext * math.Expm1(h), eps[0]})
	case known == 1:
		return sum(term{1, x}, term{-partWay(sigma, sigmaNext, r1) * math.Expm1(r1*h), eps[0]})
	case known == order && order == 2:
		return dpmSecond(x, eps, sigma, sigmaNext, r1)
	case known == 2:
		const r2 = 2.0 / 3
		at := partWay(sigma, sigmaNext, r2)
		a, b := -at*math.Expm1(r2*h), -at*(r2/r1)*(math.Expm1(r2*h)/(r2*h)-1)
		return sum(term{1, x}, term{a - b, eps[0]}, term{b, eps[1]})
	}
	const r2 = 2.0 / 3
	a, b := -sigmaNext*math.Expm1(h), -sigmaNext/r2*(math.Expm1(h)/h-1)
	return sum(term{1, x}, term{a - b, eps[0]}, term{b, eps[2]})
}

// dpmSecond is the end of DPM-Solver-2 whose second noise was found at the share r of the step.
func dpmSecond(x []float32, eps [][]float32, sigma, sigmaNext, r float64) []float32 {
	e := -sigmaNext * math.Expm1(math.Log(sigma/sigmaNext))
	return sum(term{1, x}, term{e - e/(2*r), eps[0]}, term{e / (2 * r), eps[1]})
}
