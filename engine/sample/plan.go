package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// plan is what all samplers share: the timesteps and noise levels, computed once.
type plan struct {
	cfg    schedule.Config
	opt    Options
	table  *schedule.Table
	times  []float32 // one an evaluation
	sigmas []float64 // one an evaluation and the end
	init   float64
	order  int
}

func newPlan(cfg schedule.Config, o Options) (plan, error) {
	t, err := cfg.Table()
	return plan{cfg: cfg, opt: o, table: t, init: 1, order: 1}, err
}

func (p *plan) Timesteps() []float32  { return p.times }
func (p *plan) InitSigma() float32    { return float32(p.init) }
func (p *plan) Order() int            { return p.order }
func (p *plan) LearnedVariance() bool { return false }
func (p *plan) Done(s *State) bool    { return s.Eval >= len(p.times) }

// Sigmas are never infinite, so that they can be shown.
func (p *plan) Sigmas() []float32 { return narrow(p.sigmas) }

// ac is alphas_cumprod at an integer timestep, final below 0.
func (p *plan) ac(t int, final float64) float64 {
	if t < 0 {
		return final
	}
	return float64(p.table.AlphasCumprod[min(t, len(p.table.AlphasCumprod)-1)])
}

// whole is the integer timestep of evaluation i.
func (p *plan) whole(i int) int { return int(p.times[i]) }

// advance sets the state's next x and predicted x_0.
func advance(s *State, x, x0 []float32) {
	s.X, s.X0 = x, x0
	s.Eval++
}

// discrete is a plan over integer timesteps; x is scaled to unit variance.
type discrete struct{ plan }

func newDiscrete(cfg schedule.Config, o Options) (discrete, error) {
	p, err := newPlan(cfg, o)
	return discrete{p}, err
}

// at sets the timesteps, and the noise levels that belong to them.
func (d *discrete) at(times []float64) {
	d.times, d.sigmas = narrow(times), nil
	for _, t := range times {
		ts := min(max(int(t), 0), len(d.table.AlphasCumprod)-1)
		d.sigmas = append(d.sigmas, float64(d.table.Sigma(ts)))
	}
	d.sigmas = append(d.sigmas, 0)
}

func (d *discrete) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (d *discrete) AddNoise(dst, x0, noise []float32, eval int) {
	l := cumulated(d.ac(d.whole(eval), 1))
	copy(dst, sum(term{l.a, x0}, term{l.s, noise}))
}

// continuous is a plan over noise levels; x = x_0 + sigma noise, not scaled.
type continuous struct{ plan }

func newContinuous(cfg schedule.Config, o Options) (continuous, error) {
	p, err := newPlan(cfg, o)
	return continuous{p}, err
}

func (c *continuous) Scale(dst, x []float32, s *State) {
	sigma := c.sigmas[s.Eval]
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+1), x}))
}

func (c *continuous) AddNoise(dst, x0, noise []float32, eval int) {
	copy(dst, sum(term{1, x0}, term{c.sigmas[eval], noise}))
}

func (c *continuous) clean(i int, x, out []float32) []float32 {
	return cleanSigma(c.cfg.Prediction, c.sigmas[i], x, out)
}

// initSigma is the standard deviation of x_T: leading spacing does not start at the noisiest level, so there it is
// that of x_0 + sigma noise.
func (c *continuous) initSigma() float64 {
	hi := 0.0
	for _, s := range c.sigmas {
		hi = max(hi, s)
	}
	if c.cfg.Spacing == "leading" {
		return math.Sqrt(hi*hi + 1)
	}
	return hi
}

// levels are the noise levels of one table in both directions, and its logarithms.
type levels struct {
	sigmas []float32 // rising
	logs   []float32
}

func newLevels(t *schedule.Table) levels {
	s := t.Sigmas()
	return levels{s, schedule.Logs(s)}
}

// spaced chooses n sigmas in the configuration's spacing (Karras, exponential, beta) between lo and hi; ok is false
// where it has none.
func spaced(cfg schedule.Config, n int, lo, hi float64) (sigmas []float64, ok bool) {
	if cfg.SigmaMin > 0 {
		lo = cfg.SigmaMin
	}
	if cfg.SigmaMax > 0 {
		hi = cfg.SigmaMax
	}
	switch {
	case cfg.Karras:
		return schedule.Karras(n, lo, hi, 7), true
	case cfg.Exponential:
		return schedule.Exponential(n, lo, hi), true
	case cfg.Beta:
		return schedule.BetaSigmas(n, lo, hi, 0.6, 0.6), true
	case cfg.Lu:
		return schedule.LuLambdas(n, lo, hi), true
	}
	return nil, false
}

// steps are the run's own timesteps, or those of the configuration's spacing.
func (o Options) steps(cfg schedule.Config, whole bool) []float64 {
	if len(o.Timesteps) > 0 {
		return widen(o.Timesteps)
	}
	return cfg.Steps(o.Steps, whole)
}

// timesOf are the fractional timesteps of sigmas.
func (l levels) timesOf(sigmas []float64) []float64 {
	out := make([]float64, len(sigmas))
	for i, s := range sigmas {
		out[i] = schedule.Timestep(s, l.logs)
	}
	return out
}

// interpolated is the Euler family's schedule: timesteps by the spacing and the noise levels at them, or noise levels
// of another spacing and their timesteps. The last level, 0, is not included.
func interpolated(cfg schedule.Config, o Options, l levels) (times, sigmas []float64) {
	n := o.Steps
	times = o.steps(cfg, false)
	if cfg.Interpolation == "log_linear" {
		sigmas = schedule.Exponential(n+1, float64(l.sigmas[0]), float64(l.sigmas[len(l.sigmas)-1]))
	} else {
		sigmas = schedule.At(l.sigmas, times)
	}
	if other, ok := spaced(cfg, n, sigmas[len(sigmas)-1], sigmas[0]); ok {
		sigmas, times = other, l.timesOf(other)
	}
	return times, sigmas
}
