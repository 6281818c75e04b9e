package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// solver is a plan of the exponential integrators: noise levels chosen first, x scaled to unit variance (or mixed as
// a flow), steps in half log-SNR.
type solver struct {
	plan
	levels []level // one an evaluation and the end
}

// newSolver plans n steps; the network's timesteps are whole.
func newSolver(cfg schedule.Config, o Options) (solver, error) {
	p, err := newPlan(cfg, o)
	if err != nil {
		return solver{}, err
	}
	s := solver{plan: p}
	l := newLevels(p.table)
	var times, sigmas []float64
	switch {
	case cfg.FlowSigmas && cfg.Karras:
		times, sigmas = s.flowKarras(l)
	case cfg.FlowSigmas:
		times, sigmas = flowWalk(cfg, o)
	default:
		times, sigmas = s.walk(l)
	}
	end := 0.0
	if cfg.FinalSigmas == "sigma_min" || cfg.FinalSigmas == "" {
		end = float64(l.sigmas[0])
		chosen := cfg.FlowSigmas || cfg.Karras || cfg.Exponential || cfg.Beta
		if chosen && (cfg.FinalSigmas == "" || cfg.Class == "UniPCMultistepScheduler") {
			end = sigmas[len(sigmas)-1] // the last level twice
		}
	}
	s.set(times, append(sigmas, end))
	for i := 1; i < len(s.times); i++ {
		if s.sigmas[i] == s.sigmas[i-1] {
			return s, fmt.Errorf("%d steps are more than %d timesteps can be divided into: use fewer", o.Steps, cfg.TrainTimesteps)
		}
	}
	return s, nil
}

func (s *solver) walk(l levels) (times, sigmas []float64) {
	lo, hi := float64(l.sigmas[0]), float64(l.sigmas[len(l.sigmas)-1])
	if sigmas, ok := spaced(s.cfg, s.opt.Steps, lo, hi); ok {
		times = l.timesOf(sigmas)
		if (s.cfg.Karras || s.cfg.Lu) && s.roundsTimes() {
			times = rounded(times)
		}
		return truncated(times), sigmas
	}
	if times = widen(s.opt.Timesteps); len(times) == 0 {
		times = s.cfg.SolverSteps(s.opt.Steps, s.last(l))
	}
	return times, schedule.At(l.sigmas, times)
}

// roundsTimes reports whether diffusers rounds the Karras timesteps; with cosine schedules, and in newer solvers, it
// truncates them.
func (s *solver) roundsTimes() bool {
	switch s.cfg.Class {
	case "DPMSolverMultistepScheduler":
		return s.cfg.BetaSchedule != "squaredcos_cap_v2"
	}
	return true
}

// last is how many timesteps have a half log-SNR of lambda_min_clipped or more.
func (s *solver) last(l levels) int {
	n := len(l.sigmas)
	if math.IsInf(s.cfg.LambdaMin, -1) {
		return n
	}
	for n > 1 && -float64(l.logs[n-1]) < s.cfg.LambdaMin {
		n--
	}
	return n
}

// flowWalk are evenly spaced flow levels from 1, shifted; the timesteps are sigma T.
func flowWalk(cfg schedule.Config, o Options) (times, sigmas []float64) {
	n, t, shift := o.Steps, float64(cfg.TrainTimesteps), cfg.FlowShift
	if cfg.DynamicShift {
		shift = math.Exp(float64(o.Mu))
	}
	alphas := schedule.Linspace(1, 1/t, n+1)
	levels, bend := alphas[:n:n], func(a float64) float64 { return schedule.FlowShift(a, shift) }
	if cfg.Class == "UniPCMultistepScheduler" {
		if len(o.Sigmas) > 0 {
			levels = widen(o.Sigmas)
		}
		if cfg.DynamicShift {
			bend = func(a float64) float64 { return schedule.DynamicShift(a, float64(o.Mu), cfg.ShiftType == "linear") }
		}
	} else {
		// the others use the same spacing one training step lower, from 1-1/T
		levels = nil
		for i := n; i > 0; i-- {
			levels = append(levels, 1-alphas[i])
		}
	}
	for _, a := range levels {
		sigmas = append(sigmas, bend(a))
	}
	stretchTo(cfg.ShiftTerminal, sigmas)
	if sigmas[0] > 1-1e-6 {
		sigmas[0] -= 1e-6 // at 1 nothing is left of x_0, and its logarithm is infinite
	}
	for _, s := range sigmas {
		times = append(times, math.Trunc(s*t))
	}
	return times, sigmas
}

// flowKarras is Karras' schedule over sigma, mixed as a flow: sigma/(1 + sigma) is its share of noise.
func (s *solver) flowKarras(l levels) (times, sigmas []float64) {
	sigmas, _ = spaced(s.cfg, s.opt.Steps, float64(l.sigmas[0]), float64(l.sigmas[len(l.sigmas)-1]))
	for i, v := range sigmas {
		sigmas[i] = v / (v + 1)
		times = append(times, math.Trunc(sigmas[i]*float64(s.cfg.TrainTimesteps)))
	}
	return times, sigmas
}

func (s *solver) set(times, sigmas []float64) {
	s.times, s.sigmas, s.levels = narrow(times), narrowed(sigmas), nil
	for _, sigma := range s.sigmas {
		if s.cfg.FlowSigmas {
			s.levels = append(s.levels, level{1 - sigma, sigma})
		} else {
			s.levels = append(s.levels, vp(sigma))
		}
	}
}

func (s *solver) Scale(dst, x []float32, _ *State) { copy(dst, x) }

func (s *solver) AddNoise(dst, x0, noise []float32, eval int) {
	l := s.levels[eval]
	copy(dst, sum(term{l.a, x0}, term{l.s, noise}))
}

// answer is the x_0 that the network's output predicts at evaluation i, bounded, and what the solver extrapolates:
// that x_0, or the noise.
func (s *solver) answer(i int, x, out []float32, data bool) (x0, m []float32) {
	l := s.levels[i]
	x0 = clean(s.cfg.Prediction, l, x, out)
	threshold := s.cfg.Thresholding && (data || s.cfg.Class != "UniPCMultistepScheduler") // whose noise diffusers does not threshold
	if threshold {
		s.bound(x0)
	}
	if data {
		return x0, clone(x0)
	}
	if threshold {
		return x0, sum(term{1 / l.s, x}, term{-l.a / l.s, x0})
	}
	return x0, noiseOf(s.cfg.Prediction, l, x, out)
}

// algorithm is the equation that DPM-Solver integrates: data or noise, ODE or SDE.
type algorithm struct{ data, sde bool }

func parseAlgorithm(name, final string) (algorithm, error) {
	switch name {
	case "dpmsolver++", "deis":
		return algorithm{data: true}, nil
	case "sde-dpmsolver++":
		return algorithm{data: true, sde: true}, nil
	case "dpmsolver", "sde-dpmsolver":
		if final == "zero" {
			return algorithm{}, fmt.Errorf("algorithm_type %s cannot end at final_sigmas_type zero: use sigma_min, or dpmsolver++", name)
		}
		return algorithm{sde: name == "sde-dpmsolver"}, nil
	}
	return algorithm{}, fmt.Errorf("algorithm_type %q is unknown: use dpmsolver++, dpmsolver, sde-dpmsolver++ or sde-dpmsolver", name)
}

// weights are the factors of x, of the derivatives D0, D1, D2 and of the noise in a solver's step. Orders 1 to 3: Lu
// et al., DPM-Solver (2022), eq. 3.3, and DPM-Solver++ (2022), eq. 9; the SDE's from appendix B of the latter.
type weights struct{ x, d0, d1, d2, noise float64 }

// coefficients are the weights from level a to b. midpoint weights D1 by half of D0, Heun exactly; the third order is
// exact too.
func (g algorithm) coefficients(a, b level, midpoint bool) weights {
	h := b.lambda() - a.lambda()
	var w weights
	switch {
	case h == 0: // the last level twice
		return weights{x: 1}
	case g.data && g.sde:
		e := -math.Expm1(-2 * h)
		w = weights{x: b.s / a.s * math.Exp(-h), d0: b.a * e, d1: b.a * (1 - e/(2*h)),
			d2: b.a * ((e-2*h)/(4*h*h) - 0.5), noise: b.s * math.Sqrt(e)}
	case g.data:
		e := math.Expm1(-h)
		w = weights{x: b.s / a.s, d0: -b.a * e, d1: b.a * (e/h + 1), d2: -b.a * ((e+h)/(h*h) - 0.5)}
	default:
		e := math.Expm1(h)
		w = weights{x: b.a / a.a, d0: -b.s * e, d1: -b.s * (e/h - 1), d2: -b.s * ((e-h)/(h*h) - 0.5)}
		if g.sde {
			w.d0, w.d1, w.d2 = 2*w.d0, 2*w.d1, 2*w.d2
			w.noise = b.s * math.Sqrt(math.Expm1(2*h))
		}
	}
	if midpoint {
		w.d1 = w.d0 / 2
	}
	return w
}
