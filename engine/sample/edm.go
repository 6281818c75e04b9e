package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// edm is the preconditioning of Karras et al. (2022, eq. 7 and table 1) over their schedule; the network's timestep
// is log(sigma)/4.
type edm struct{ plan }

func newEDM(cfg schedule.Config, o Options) (edm, error) {
	e := edm{plan{cfg: cfg, opt: o, init: math.Sqrt(cfg.SigmaMax*cfg.SigmaMax + 1), order: 1}}
	if !(cfg.SigmaMin > 0 && cfg.SigmaMax > cfg.SigmaMin && cfg.SigmaData > 0) {
		return e, fmt.Errorf("sigma_min %g, sigma_max %g and sigma_data %g are not possible: they are above 0, and sigma_min is less than sigma_max", cfg.SigmaMin, cfg.SigmaMax, cfg.SigmaData)
	}
	if cfg.Prediction != schedule.Epsilon && cfg.Prediction != schedule.V {
		return e, fmt.Errorf("prediction_type %q is not possible: use epsilon or v_prediction", cfg.Prediction)
	}
	sigmas := schedule.Karras(o.Steps, cfg.SigmaMin, cfg.SigmaMax, cfg.Rho)
	if cfg.SigmaSchedule == "exponential" {
		sigmas = schedule.Exponential(o.Steps, cfg.SigmaMin, cfg.SigmaMax)
		if o.Steps == 1 {
			sigmas[0] = cfg.SigmaMin // diffusers counts from that end
		}
	}
	e.sigmas = narrowed(sigmas)
	for _, s := range e.sigmas {
		e.times = append(e.times, float32(math.Log(s)/4))
	}
	end := 0.0
	if cfg.FinalSigmas == "sigma_min" {
		end = e.sigmas[len(e.sigmas)-1]
		if cfg.Class == "EDMDPMSolverMultistepScheduler" {
			end = float64(float32(cfg.SigmaMin))
		}
	}
	e.sigmas = append(e.sigmas, end)
	return e, nil
}

func (e *edm) Scale(dst, x []float32, s *State) {
	sigma, data := e.sigmas[s.Eval], e.cfg.SigmaData
	copy(dst, sum(term{1 / math.Sqrt(sigma*sigma+data*data), x}))
}

func (e *edm) AddNoise(dst, x0, noise []float32, eval int) {
	copy(dst, sum(term{1, x0}, term{e.sigmas[eval], noise}))
}

// clean is the preconditioned x_0.
func (e *edm) clean(i int, x, out []float32) []float32 { return e.cleanAt(e.sigmas[i], x, out) }

func (e *edm) cleanAt(s float64, x, out []float32) []float32 {
	d := e.cfg.SigmaData
	c := s * d / math.Sqrt(s*s+d*d)
	if e.cfg.Prediction == schedule.V {
		c = -c
	}
	x0 := sum(term{d * d / (s*s + d*d), x}, term{c, out})
	if e.cfg.Thresholding {
		e.bound(x0)
	}
	return x0
}

// edmEuler is Euler's rule over it.
type edmEuler struct{ edm }

func newEDMEuler(cfg schedule.Config, o Options) (Sampler, error) {
	e, err := newEDM(cfg, o)
	return &edmEuler{e}, err
}

func (e *edmEuler) Step(s *State, out []float32, n Noise) error {
	from := churned(e.opt.Churn, e.sigmas[s.Eval], len(e.sigmas)-1, s, n)
	x0 := e.cleanAt(from, s.X, out)
	r := e.sigmas[s.Eval+1] / from
	advance(s, sum(term{r, s.X}, term{1 - r, x0}), x0)
	return nil
}

// edmDPM is DPM-Solver++ over it: the solver at levels x_0 + sigma noise.
type edmDPM struct {
	edm
	dpm dpmMultistep
}

func newEDMDPM(cfg schedule.Config, o Options) (Sampler, error) {
	e, err := newEDM(cfg, o)
	if err != nil {
		return nil, err
	}
	g, err := parseAlgorithm(cfg.Algorithm, cfg.FinalSigmas)
	if err != nil || !g.data {
		return nil, fmt.Errorf("algorithm_type %q is not possible: use dpmsolver++ or sde-dpmsolver++", cfg.Algorithm)
	}
	d := dpmMultistep{solver{plan: e.plan}, g}
	for _, s := range e.sigmas {
		d.levels = append(d.levels, level{1, s})
	}
	return &edmDPM{e, d}, nil
}

func (e *edmDPM) Step(s *State, out []float32, n Noise) error {
	x0 := e.clean(s.Eval, s.X, out)
	c := newMultistep(e.cfg)
	s.Memory = push(s.Memory, x0, c.order)
	var z []float32
	if e.dpm.sde {
		z = draw(n, len(s.X))
	}
	order := c.orderAt(s.Eval, len(e.times), len(s.Memory))
	advance(s, e.dpm.step(s, order, z), clone(x0))
	return nil
}
