package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// ipndm is the improved PNDM of Zhang & Chen (2023, appendix H): Adams-Bashforth from the first step on, over x = a
// x_0 + s noise with s = sin^2. Memory holds the latest four predictions.
type ipndm struct {
	plan
	levels []level
}

func newIPNDM(cfg schedule.Config, o Options) (Sampler, error) {
	p := &ipndm{plan: plan{cfg: cfg, opt: o, init: 1, order: 1}}
	for i := range o.Steps + 1 {
		turn := float32(float32(1-float64(i)/float64(o.Steps))*float32(math.Pi)) / 2
		w := float32(math.Sin(float64(turn)))
		l := level{s: float64(w * w)}
		if n := len(cfg.TrainedBetas); n > 0 {
			l.s = float64(cfg.TrainedBetas[min(i, n-1)])
		}
		b := float32(l.s)
		l.a = float64(float32(math.Sqrt(float64(1 - float32(b*b)))))
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
	s.Memory = push(s.Memory, added(float32(a.s), s.X, float32(a.a), out), 4)
	e := adamsBashforth(s.Memory)
	// at the noisiest level x_0 is a difference over 1e-8: the last bits matter, so all is in float32, as in
	// diffusers
	floor, x0 := float32(max(a.a, 1e-8)), added(1, s.X, float32(-a.s), e)
	for i := range x0 {
		x0[i] /= floor
	}
	advance(s, added(float32(b.a), x0, float32(b.s), e), x0)
	return nil
}

// adamsBashforth is the extrapolation of the latest one to four predictions on even steps.
func adamsBashforth(memory [][]float32) []float32 {
	w := [][]float32{{1}, {3, -1}, {23, -16, 5}, {55, -59, 37, -9}}[len(memory)-1]
	out := make([]float32, len(memory[0]))
	for k, c := range w {
		out = added(1, out, c, back(memory, k))
	}
	for i := range out {
		switch len(memory) {
		case 4:
			out[i] *= float32(1.0 / 24)
		case 3:
			out[i] /= 12
		case 2:
			out[i] /= 2
		}
	}
	return out
}
