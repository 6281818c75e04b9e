package sample

import (
	"math"
	"strings"

	"nirvana/engine/schedule"
)

// ddpm is ancestral sampling of the reverse process (Ho et al., "Denoising
// Diffusion Probabilistic Models", 2020, eq. 7), with the learned variance of
// Nichol & Dhariwal (2021, eq. 15).
type ddpm struct{ discrete }

func newDDPM(cfg schedule.Config, o Options) (Sampler, error) {
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	d.at(o.steps(cfg, true))
	return &ddpm{d}, nil
}

func (d *ddpm) LearnedVariance() bool { return strings.HasPrefix(d.cfg.Variance, "learned") }

// next is the timestep after evaluation i, -1 at the end.
func (d *ddpm) next(i int) int {
	if i+1 < len(d.times) {
		return d.whole(i + 1)
	}
	return -1
}

func (d *ddpm) Step(s *State, out []float32, n Noise) error {
	t := d.whole(s.Eval)
	now, before := d.ac(t, 1), d.ac(d.next(s.Eval), 1)
	alpha, beta := d.share(t, d.next(s.Eval))
	left, leftBefore := oneMinus(now), oneMinus(before)
	out, learned := d.split(out, len(s.X))
	x0 := clean(d.cfg.Prediction, cumulated(now), s.X, out)
	d.bound(x0)
	x := sum(term{math.Sqrt(before) * beta / left, x0}, term{math.Sqrt(alpha) * leftBefore / left, s.X})
	if t > 0 {
		d.stir(x, draw(n, len(x)), learned, beta, d.posterior(t, d.next(s.Eval)))
	}
	advance(s, x, x0)
	return nil
}

// share is the share of x_next's variance that is left at t, and beta, the variance added between.
func (d *ddpm) share(t, next int) (alpha, beta float64) {
	if next == t-1 && d.cfg.Class == "UnCLIPScheduler" {
		beta = float64(d.table.Betas[t])
		return oneMinus(beta), beta
	}
	alpha = float64(float32(d.ac(t, 1)) / float32(d.ac(next, 1)))
	return alpha, oneMinus(alpha)
}

// posterior is the variance of x_next given x_t and x_0 (Ho et al., 2020, eq. 7).
func (d *ddpm) posterior(t, next int) float64 {
	_, beta := d.share(t, next)
	return max(oneMinus(d.ac(next, 1))/oneMinus(d.ac(t, 1))*beta, 1e-20)
}

// oneMinus is 1-x in float32, as diffusers computes it, which near 1 differs from double precision.
func oneMinus(x float64) float64 { return float64(1 - float32(x)) }

// split separates each picture's variance channels from the others.
func (d *ddpm) split(out []float32, size int) (mean, variance []float32) {
	if len(out) != 2*size {
		return out, nil
	}
	per := size / d.opt.Shape[0]
	for i := 0; i < len(out); i += 2 * per {
		mean = append(mean, out[i:i+per]...)
		variance = append(variance, out[i+per:i+2*per]...)
	}
	return mean, variance
}

// stir adds the step's noise: with the posterior's variance, with beta, or with the learned one.
func (d *ddpm) stir(x, noise, learned []float32, beta, posterior float64) {
	lo, hi := math.Log(posterior), math.Log(beta)
	for i, z := range noise {
		std := math.Sqrt(posterior)
		switch {
		case learned != nil && d.cfg.Variance == "learned":
			std = math.Sqrt(float64(learned[i]))
		case learned != nil && d.cfg.Variance == "learned_range":
			f := (float64(learned[i]) + 1) / 2
			std = math.Exp((f*hi + (1-f)*lo) / 2)
		case strings.HasPrefix(d.cfg.Variance, "fixed_large"):
			std = math.Sqrt(beta)
		}
		x[i] += float32(std * float64(z))
	}
}
