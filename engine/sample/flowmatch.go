package sample

import "nirvana/engine/schedule"

// flow is Euler's rule along a rectified flow (Lipman et al., "Flow Matching for Generative Modeling", 2023; Esser et
// al., Stable Diffusion 3, 2024): the network predicts the velocity, x_t = (1 - sigma) x_0 + sigma noise.
type flow struct{ plan }

func newFlow(cfg schedule.Config, o Options) (Sampler, error) {
	p, err := newPlan(cfg, o)
	if err != nil {
		return nil, err
	}
	sigmas := flowSigmas(cfg, o)
	total := float64(cfg.TrainTimesteps)
	end := 0.0
	if cfg.InvertSigmas {
		for i, s := range sigmas {
			sigmas[i] = 1 - s
		}
		end = 1
	}
	sigmas = narrowed(sigmas)
	for _, s := range sigmas {
		p.times = append(p.times, float32(s*total))
	}
	if len(o.Timesteps) > 0 && !cfg.InvertSigmas {
		p.times = clone(o.Timesteps) // unshifted, though the levels are shifted
	}
	p.sigmas = append(sigmas, end)
	return &flow{p}, nil
}

// flowSigmas are the levels of n steps without the end: evenly from the table's greatest to its least (both shifted
// already where the shift is fixed), then shifted, stretched to shift_terminal, and respaced as the configuration
// says.
func flowSigmas(cfg schedule.Config, o Options) []float64 {
	total := float64(cfg.TrainTimesteps)
	lo, hi := 1/total, 1.0
	if !cfg.DynamicShift {
		lo, hi = schedule.FlowShift(lo, cfg.Shift), schedule.FlowShift(hi, cfg.Shift)
	}
	sigmas := widen(o.Sigmas)
	for i := 0; len(o.Sigmas) == 0 && i < len(o.Timesteps); i++ {
		sigmas = append(sigmas, float64(o.Timesteps[i])/total)
	}
	if len(sigmas) == 0 {
		sigmas = schedule.Linspace(hi*total, lo*total, o.Steps)
		for i := range sigmas {
			sigmas[i] /= total
		}
	}
	for i, s := range sigmas {
		if cfg.DynamicShift {
			sigmas[i] = schedule.DynamicShift(s, float64(o.Mu), cfg.ShiftType == "linear")
		} else {
			sigmas[i] = schedule.FlowShift(s, cfg.Shift)
		}
	}
	stretchTo(cfg.ShiftTerminal, sigmas)
	if other, ok := spaced(cfg, len(sigmas), sigmas[len(sigmas)-1], sigmas[0]); ok {
		sigmas = other
	}
	return sigmas
}

// stretchTo stretches a flow's levels so that the last is end; 0: not at all.
func stretchTo(end float64, sigmas []float64) {
	n := len(sigmas) - 1
	if end <= 0 || sigmas[n] >= 1 {
		return
	}
	scale := (1 - sigmas[n]) / (1 - end)
	for i, s := range sigmas {
		sigmas[i] = 1 - (1-s)/scale
	}
}

func (f *flow) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (f *flow) AddNoise(dst, x0, noise []float32, eval int) {
	s := f.sigmas[eval]
	copy(dst, sum(term{1 - s, x0}, term{s, noise}))
}

func (f *flow) Step(s *State, out []float32, n Noise) error {
	now, next := f.sigmas[s.Eval], f.sigmas[s.Eval+1]
	x0 := sum(term{1, s.X}, term{-now, out})
	var x []float32
	if f.cfg.Stochastic {
		x = sum(term{1 - next, x0}, term{next, draw(n, len(x0))})
	} else {
		x = sum(term{1, s.X}, term{next - now, out})
	}
	advance(s, x, x0)
	return nil
}
