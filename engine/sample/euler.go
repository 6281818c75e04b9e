package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// euler follows the probability flow by Euler's rule (Karras et al.,
// "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, algorithm 1).
type euler struct{ continuous }

// churned adds Karras' churn as diffusers does: after the network is called, whose output is taken for one at the
// raised level. It returns the raised level.
func churned(c Churn, sigma float64, steps int, s *State, n Noise) float64 {
	gamma := c.gamma(sigma, steps)
	if gamma <= 0 {
		return sigma
	}
	raised := sigma * (1 + gamma)
	s.X = sum(term{1, s.X}, term{c.noise() * math.Sqrt(raised*raised-sigma*sigma), draw(n, len(s.X))})
	return raised
}

func newEuler(cfg schedule.Config, o Options) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	l := newLevels(c.table)
	times, sigmas := interpolated(cfg, o, l)
	end := 0.0
	if cfg.FinalSigmas == "sigma_min" {
		end = float64(l.sigmas[0])
	}
	c.sigmas = narrowed(append(sigmas, end))
	if len(o.Sigmas) > 0 {
		c.sigmas = widen(o.Sigmas)
		times = l.timesOf(c.sigmas[:len(c.sigmas)-1])
	}
	if cfg.TimestepType == "continuous" && cfg.Prediction == schedule.V {
		for i := range times {
			times[i] = 0.25 * math.Log(c.sigmas[i])
		}
	}
	c.times = narrow(times)
	c.init = c.initSigma()
	return &euler{c}, nil
}

func (e *euler) Step(s *State, out []float32, n Noise) error { return e.StepPlus(s, out, nil, n) }

func (e *euler) StepPlus(s *State, out, uncond []float32, n Noise) error {
	from := churned(e.opt.Churn, e.sigmas[s.Eval], len(e.sigmas)-1, s, n)
	x0 := e.cleanChurned(s, from, out)
	if uncond != nil {
		uncond = e.cleanChurned(s, from, uncond)
	}
	advance(s, onward(s.X, x0, uncond, from, e.sigmas[s.Eval+1]), x0)
	return nil
}

// cleanChurned is x_0 from an x that was raised to the level from: a v-prediction is converted at the level of the
// call.
func (e *euler) cleanChurned(s *State, from float64, out []float32) []float32 {
	if e.cfg.Prediction == schedule.Epsilon {
		return cleanSigma(e.cfg.Prediction, from, s.X, out)
	}
	return e.clean(s.Eval, s.X, out)
}

// eulerAncestral steps below the next level by Euler's rule and adds noise up to it
// (k-diffusion's sample_euler_ancestral).
type eulerAncestral struct{ continuous }

func newEulerAncestral(cfg schedule.Config, o Options) (Sampler, error) {
	c, err := newContinuous(cfg, o)
	if err != nil {
		return nil, err
	}
	times, sigmas := interpolated(cfg, o, newLevels(c.table))
	c.sigmas, c.times = narrowed(append(sigmas, 0)), narrow(times)
	c.init = c.initSigma()
	return &eulerAncestral{c}, nil
}

// ancestral splits a step between two levels into the level to go down to and the noise to add. In float32 as in
// diffusers: down is a difference of nearly equal numbers.
func ancestral(sigma, sigmaNext, eta float64) (sigmaDown, sigmaUp float64) {
	if sigma == 0 {
		return 0, 0
	}
	f, t := float32(sigma)*float32(sigma), float32(sigmaNext)*float32(sigmaNext)
	u := min(float32(sigmaNext), float32(eta)*sqrt32(max(t*(f-t)/f, 0)))
	return float64(sqrt32(max(t-float32(u*u), 0))), float64(u)
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func (e *eulerAncestral) Step(s *State, out []float32, n Noise) error {
	return e.StepPlus(s, out, nil, n)
}

func (e *eulerAncestral) StepPlus(s *State, out, uncond []float32, n Noise) error {
	x0 := e.clean(s.Eval, s.X, out)
	sigma, sigmaNext := e.sigmas[s.Eval], e.sigmas[s.Eval+1]
	sigmaDown, sigmaUp := ancestral(sigma, sigmaNext, 1)
	if uncond != nil {
		uncond = e.clean(s.Eval, s.X, uncond)
	}
	x := onward(s.X, x0, uncond, sigma, sigmaDown)
	advance(s, added(1, x, float32(sigmaUp), draw(n, len(x))), x0)
	return nil
}
