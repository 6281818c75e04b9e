package sample

import "nirvana/engine/schedule"

// flowHeun is Heun's method (Karras et al., 2022, algorithm 2) over a rectified flow x = (1-sigma) x_0 + sigma noise,
// whose network predicts noise - x_0 (Esser et al., 2024). Between the two evaluations of a step Memory holds its x
// and the slope at its start.
type flowHeun struct{ plan }

func newFlowHeun(cfg schedule.Config, o Options) (Sampler, error) {
	f := &flowHeun{plan{cfg: cfg, opt: o, init: 1, order: 2}}
	n := float64(cfg.TrainTimesteps)
	// diffusers shifts the least level twice: once in the training schedule, once here
	least := float64(float32(schedule.FlowShift(1/n, cfg.Shift)))
	walk := schedule.Linspace(1, least, o.Steps)
	for i, s := range walk {
		walk[i] = schedule.FlowShift(s, cfg.Shift)
	}
	for i, s := range narrowed(walk) {
		times := 2
		if i == 0 {
			times = 1
		}
		for range times {
			f.sigmas = append(f.sigmas, s)
			f.times = append(f.times, float32(s)*float32(n))
		}
	}
	f.sigmas = append(f.sigmas, 0)
	return f, nil
}

func (f *flowHeun) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (f *flowHeun) AddNoise(dst, x0, noise []float32, eval int) {
	s := f.sigmas[eval]
	copy(dst, sum(term{1 - s, x0}, term{s, noise}))
}

func (f *flowHeun) Step(s *State, out []float32, _ Noise) error {
	i, second := s.Eval, s.Eval%2 == 1
	x0 := sum(term{1, s.X}, term{-f.sigmas[i], out})
	if !second {
		// the last step has no second evaluation
		x := sum(term{1, s.X}, term{f.sigmas[i+1] - f.sigmas[i], out})
		s.Memory = [][]float32{s.X, clone(out)}
		advance(s, x, x0)
		return nil
	}
	h := (f.sigmas[i] - f.sigmas[i-1]) / 2
	x := sum(term{1, s.Memory[0]}, term{h, s.Memory[1]}, term{h, out})
	s.Memory = nil
	advance(s, x, x0)
	return nil
}
