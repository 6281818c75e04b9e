package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// dpmAdaptive is DPM-Solver-12 and -23's adaptive step size (Lu et al., "DPM-Solver", 2022, appendix C) at orders 2
// and 3, its length chosen by a PID controller (Söderlind, "Digital filters in adaptive time-stepping", 2003), as in
// k-diffusion: a step is tried in log sigma, and repeated with a shorter one where the two orders differ too much.
// The number of steps is only a plan: strength takes the first level from it.
//
// Memory holds x before the step, the lower order's x of the step before it and the noises of the step; Numbers hold
// the controller.
type dpmAdaptive struct{ kwalk }

// The tolerances and the first step's length of k-diffusion and AUTOMATIC1111.
const (
	adaptiveRelative = 0.05
	adaptiveAbsolute = 0.0078
	adaptiveFirst    = 0.05
	adaptiveSafety   = 0.81
	adaptiveTrials   = 2000 // bounds a run
)

func newDPMAdaptive(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, nil)
	if err == nil && len(o.Sigmas) == 0 { // it goes to the end of the table, whatever the schedule
		k.lo = float64(k.table.Sigmas()[0])
	}
	return &dpmAdaptive{k}, err
}

// controller is the run's state: minus log sigma, the length to try next, the inverse errors of the last trial and of
// the two steps accepted before it, and the number of trials.
type controller struct{ at, length, error, before, earlier, trials float64 }

func (k *dpmAdaptive) controller(s *State) controller {
	if len(s.Numbers) < 6 {
		return controller{at: float64(minusLog(k.walk[min(s.Begin, len(k.walk)-2)])), length: adaptiveFirst}
	}
	n := s.Numbers
	return controller{n[0], n[1], n[2], n[3], n[4], n[5]}
}

func (c controller) numbers() []float64 {
	return []float64{c.at, c.length, c.error, c.before, c.earlier, c.trials}
}

// propose takes the error of a trial, scales the length and reports whether the step is accepted. Of the controller's
// three gains only the integral's is not 0.
func (c *controller) propose(err, order float64) bool {
	c.error = 1 / (err + 1e-8)
	if c.trials == 0 {
		c.before, c.earlier = c.error, c.error
	}
	c.trials++
	factor := 1 + math.Atan(math.Pow(c.error, 1/order)-1)
	c.length *= factor
	if factor < adaptiveSafety {
		return false
	}
	c.before, c.earlier = c.error, c.before
	return true
}

// end is where the run ends: minus the logarithm of the lowest level.
func (k *dpmAdaptive) end() float64 { return float64(minusLog(k.lo)) }

// next is where the step under trial ends, in float32 as in k-diffusion.
func (k *dpmAdaptive) next(c controller) float64 {
	return math.Min(k.end(), float64(float32(c.at)+float32(c.length)))
}

// step is the level that the step under trial comes from, where it goes and ends, and its noise.
func (k *dpmAdaptive) step(c controller) (from, down, to, up float64) {
	from, to = float64(exp32(-float32(c.at))), float64(exp32(-float32(k.next(c))))
	down, _ = ancestral(from, to, k.eta)
	down = max(down, k.lo)
	return from, down, to, math.Sqrt(max(to*to-down*down, 0))
}

// level is the noise level of the next evaluation.
func (k *dpmAdaptive) level(s *State) float64 {
	from, down, _, _ := k.step(k.controller(s))
	if phase := k.phase(s); phase > 0 {
		return partWay(from, down, float64(phase)/3)
	}
	return from
}

func (k *dpmAdaptive) phase(s *State) int { return max(len(s.Memory)-2, 0) }

func (k *dpmAdaptive) At(s *State) (timestep, sigma float32) {
	if k.Done(s) {
		return 0, float32(k.lo)
	}
	l := k.level(s)
	return float32(schedule.Timestep(l, newLevels(k.table).logs)), float32(l)
}

func (k *dpmAdaptive) renoise(dst, x0, noise []float32, s *State) {
	level := k.level(s)
	if k.Done(s) {
		level = k.lo
	}
	copy(dst, sum(term{1, x0}, term{level, noise}))
}

func (k *dpmAdaptive) Done(s *State) bool {
	return k.phase(s) == 0 && k.controller(s).at >= k.end()-1e-5
}

// Expect implements Free: the first steps, which are short, count for longer ones.
func (k *dpmAdaptive) Expect(s *State) int {
	done := s.Eval - s.Begin
	if k.Done(s) {
		return done
	}
	c := k.controller(s)
	more := math.Ceil((k.end() - c.at) / math.Max(c.length, 0.7))
	return done + max(int(more), 1)*3 - k.phase(s)
}

func (k *dpmAdaptive) Scale(dst, x []float32, s *State) {
	sigma := k.level(s)
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+1), x}))
}

func (k *dpmAdaptive) Step(s *State, out []float32, n Noise) error {
	c, sigma, phase := k.controller(s), k.level(s), k.phase(s)
	x0 := cleanSigma(k.cfg.Prediction, sigma, s.X, out)
	from, down, to, up := k.step(c)
	switch len(s.Memory) {
	case 0:
		s.Memory = [][]float32{s.X, s.X}
	case 1: // after an accepted step: its lower order's x
		s.Memory = [][]float32{s.X, s.Memory[0]}
	}
	s.Memory = append(s.Memory, slope(s.X, x0, sigma))
	x, eps := s.Memory[0], s.Memory[2:]
	next := dpmStage(x, eps, from, down, 3)
	if phase == 2 {
		low, end := dpmSecond(x, eps, from, down, 1.0/3), k.next(c)
		if c.propose(disagreement(low, next, s.Memory[1]), k.order()) {
			c.at, s.Memory = end, [][]float32{low}
			if up > 0 {
				next = sum(term{1, next}, term{up * k.churn.noise(), k.noise(n, len(next), from, to)})
			}
		} else {
			next, s.Memory = x, s.Memory[1:2]
		}
		if c.trials > adaptiveTrials || !(c.length > 1e-9) {
			return fmt.Errorf("DPM adaptive finds no step short enough at sigma %.3g: choose another sampler", from)
		}
	}
	s.Numbers = c.numbers()
	advance(s, next, x0)
	return nil
}

// order is the error's order in the step's length: the solver's third, less with noise.
func (k *dpmAdaptive) order() float64 {
	if k.eta > 0 {
		return 1.5
	}
	return 3
}

// disagreement is the root mean square of the difference over the tolerance: up to 1 a step is accepted.
func disagreement(low, high, before []float32) float64 {
	total := 0.0
	for i := range low {
		size := math.Max(math.Abs(float64(low[i])), math.Abs(float64(before[i])))
		d := float64(low[i]-high[i]) / math.Max(adaptiveAbsolute, adaptiveRelative*size)
		total += d * d
	}
	return math.Sqrt(total / float64(len(low)))
}
