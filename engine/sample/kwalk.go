package sample

import (
	"math"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// kwalk is what k-diffusion's samplers share: the noise levels of a run, chosen by name, and the level of every
// evaluation. The classes are named after the functions, sample_euler and so on; the numbers are AUTOMATIC1111's.
type kwalk struct {
	continuous
	walk       []float64 // noise levels, the end included
	from       []float64 // each step's level with its churn
	points     []point   // one an evaluation
	eta        float64   // of ancestral and SDE samplers: 1 is all the noise
	brownian   bool      // noise by time, not by order of drawing
	lo, hi     float64   // ends of the Brownian motion
	seed       uint64
	solverHeun bool
	churn      Churn
}

// point is one evaluation: its step, and its index within the step.
type point struct {
	step, phase int
}

// between returns the levels inside a step that are evaluated too.
type between func(sigma, sigmaNext float64) []float64

// newKWalk plans a run over cfg.Schedule (the sampler's own where that is empty), or over the given levels.
func newKWalk(cfg schedule.Config, o Options, inside between) (kwalk, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return kwalk{}, err
	}
	if err := o.Churn.check(); err != nil {
		return kwalk{}, err
	}
	k := kwalk{continuous: c, walk: widen(o.Sigmas), eta: o.ancestral(), brownian: o.traits.brownian, seed: o.Seed, churn: o.Churn}
	if len(k.walk) == 0 {
		if k.walk, err = namedWalk(cfg, o, c.table); err != nil {
			return kwalk{}, err
		}
	}
	k.churn.Amount = 0
	k.along(k.walk)
	k.plot(inside)
	return k, nil
}

// along sets the levels of the walk.
func (k *kwalk) along(walk []float64) {
	k.walk = narrowed(walk)
	k.from = append([]float64(nil), k.walk[:len(k.walk)-1]...)
}

// newChurned is a kwalk whose steps begin at levels raised by the churn.
func newChurned(cfg schedule.Config, o Options, inside between) (kwalk, error) {
	k, err := newKWalk(cfg, o, inside)
	if err != nil || o.Churn.Amount == 0 {
		return k, err
	}
	k.churn.Amount = o.Churn.Amount
	for i, sigma := range k.from {
		k.from[i] = sigma * (1 + k.churn.gamma(sigma, len(k.from)))
	}
	k.from = narrowed(k.from)
	k.plot(inside)
	return k, nil
}

// open adds the next step's churn to x.
func (k *kwalk) open(s *State, n Noise) {
	if s.Eval >= len(k.points) || k.points[s.Eval].phase > 0 || k.churn.Amount == 0 {
		return
	}
	i := k.points[s.Eval].step
	z := draw(n, len(s.X)) // at every step, whether it is used or not: later draws depend on it
	if from, raised := k.walk[i], k.from[i]; raised > from {
		s.X = sum(term{1, s.X}, term{k.churn.noise() * math.Sqrt(raised*raised-from*from), z})
	}
}

// AddNoise noises to the level at which the step begins, before its churn.
func (k *kwalk) AddNoise(dst, x0, noise []float32, eval int) {
	level := k.sigmas[eval]
	if p := k.points[eval]; p.phase == 0 {
		level = k.walk[p.step]
	}
	copy(dst, sum(term{1, x0}, term{level, noise}))
}

// renoise noises to the level with its churn, which an open state has.
func (k *kwalk) renoise(dst, x0, noise []float32, s *State) {
	if s.Eval < len(k.points) {
		k.continuous.AddNoise(dst, x0, noise, s.Eval)
	} else {
		copy(dst, x0)
	}
}

// namedWalk is the run's levels over the named schedule.
func namedWalk(cfg schedule.Config, o Options, t *schedule.Table) ([]float64, error) {
	if !o.traits.spareLevel {
		return schedule.SigmasNamed(cfg.Schedule, o.Steps, t)
	}
	walk, err := schedule.SigmasNamed(cfg.Schedule, o.Steps+1, t)
	if err != nil || len(walk) < 3 {
		return walk, err
	}
	return append(walk[:len(walk)-2], walk[len(walk)-1]), nil
}

// plot places the evaluations along the levels.
func (k *kwalk) plot(inside between) {
	l := newLevels(k.table)
	k.sigmas, k.points, k.order = nil, nil, 1
	k.lo, k.hi = math.Inf(1), 0
	for i, from := range k.from {
		at := []float64{from}
		if inside != nil {
			at = append(at, inside(from, k.walk[i+1])...)
		}
		k.order = max(k.order, len(at))
		for phase, sigma := range at {
			k.sigmas = append(k.sigmas, sigma)
			k.points = append(k.points, point{i, phase})
		}
	}
	for _, s := range k.walk {
		if k.hi = max(k.hi, s); s > 0 {
			k.lo = min(k.lo, s)
		}
	}
	k.times = narrow(l.timesOf(k.sigmas))
	k.sigmas = append(k.sigmas, k.walk[len(k.walk)-1])
	k.init = k.walk[0]
}

// ends are the levels of the step that an evaluation belongs to, and its phase.
func (k *kwalk) ends(eval int) (sigma, sigmaNext float64, phase int) {
	p := k.points[eval]
	return k.from[p.step], k.walk[p.step+1], p.phase
}

// noise is for the step between two levels.
func (k *kwalk) noise(n Noise, size int, sigma, sigmaNext float64) []float32 {
	if !k.brownian {
		return draw(n, size)
	}
	z := make([]float32, size)
	random.NewBrownian(k.seed, k.lo, k.hi, size).Noise(z, sigma, sigmaNext)
	return z
}

// toward is Euler's rule: x moved along the line through it and x0 to the level to.
func toward(x, x0 []float32, sigma, sigmaNext float64) []float32 {
	return sum(term{sigmaNext / sigma, x}, term{1 - sigmaNext/sigma, x0})
}

// middle is the level halfway in log sigma; none where the step ends at 0.
func middle(sigma, sigmaNext float64) []float64 {
	if sigmaNext == 0 {
		return nil
	}
	return []float64{math.Sqrt(sigma) * math.Sqrt(sigmaNext)}
}
