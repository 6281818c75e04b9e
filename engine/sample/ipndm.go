package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// ipndm is the improved PNDM of Zhang & Chen (2023, appendix H): Adams-Bashforth
// from the first step on, over x = a x_0 + s noise with s = sin^2. The memory is
// the latest four answers.
type ipndm struct {
	plan
	levels []level
}

func newIPNDM(cfg schedule.Config, o Options) (Sampler, error) {
	p := &ipndm{plan: plan{cfg: cfg, opt: o, init: 1, order: 1}}
	for i := range o.Steps + 1 {
		w := math.Sin(math.Pi / 2 * (1 - float64(i)/float64(o.Steps)))
		l := level{s: float64(float32(w * w))}
		if n := len(cfg.TrainedBetas); n > 0 {
			l.s = float64(cfg.TrainedBetas[min(i, n-1)])
		}
		l.a = math.Sqrt(1 - l.s*l.s)
		p.levels, p.sigmas = append(p.levels, l), append(p.sigmas, l.s)
		if i < o.Steps {
			p.times = append(p.times, float32(math.Atan2(l.s, l.a)/math.Pi*2))
		}
	}
	return p, nil
}

func (p *ipndm) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (p *ipndm) AddNoise(dst, x0, noise []float32, eval int) {
	l := p.levels[min(eval, len(p.levels)-1)]
	copy(dst, sum(term{l.a, x0}, term{l.s, noise}))
}

func (p *ipndm) Step(s *State, out []float32, _ Noise) error {
	a, b := p.levels[s.Eval], p.levels[s.Eval+1]
	s.Memory = push(s.Memory, sum(term{a.s, s.X}, term{a.a, out}), 4)
	var terms []term
	for k, c := range adamsBashforth[len(s.Memory)-1] {
		terms = append(terms, term{c, back(s.Memory, k)})
	}
	e, floor := sum(terms...), max(a.a, 1e-8)
	x0 := sum(term{1 / floor, s.X}, term{-a.s / floor, e})
	advance(s, sum(term{b.a, x0}, term{b.s, e}), x0)
	return nil
}

// adamsBashforth are the weights of the latest one to four answers on even steps.
var adamsBashforth = [4][]float64{
	{1},
	{3.0 / 2, -1.0 / 2},
	{23.0 / 12, -16.0 / 12, 5.0 / 12},
	{55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24},
}
