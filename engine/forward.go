package engine

import (
	"context"
	"image"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/schedule"
)

// Forward is the forward process at every timestep: x_t = Signal x_0 + Noise times Gaussian noise, and Betas the variance that
// the step from x_t-1 to x_t adds (Ho et al., 2020, equations 2 and 4).
type Forward struct{ Signal, Noise, Betas []float32 }

// AlphaBar is the share of x_0's variance left in x_t.
func (f Forward) AlphaBar(t int) float64 { return float64(f.Signal[t]) * float64(f.Signal[t]) }

// SNR is the ratio of the variances of signal and noise; +Inf without noise.
func (f Forward) SNR(t int) float64 {
	return f.AlphaBar(t) / (float64(f.Noise[t]) * float64(f.Noise[t]))
}

// BetaSchedules are the names that NamedForward knows.
var BetaSchedules = []string{"linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"}

// NamedForward is the process of a schedule with its usual range: linear 0.0001 to 0.02 (Ho et al., 2020), scaled_linear 0.00085 to
// 0.012 (Rombach et al., 2022), squaredcos_cap_v2 (Nichol & Dhariwal, 2021), sigmoid, over n timesteps.
func NamedForward(name string, n int) (Forward, error) {
	c := schedule.Config{Class: "DDPMScheduler"}
	c.TrainTimesteps, c.BetaSchedule, c.BetaStart, c.BetaEnd = n, name, 0.0001, 0.02
	if name == "scaled_linear" {
		c.BetaStart, c.BetaEnd = 0.00085, 0.012
	}
	if n < 1 || n > 1<<16 {
		return Forward{}, fault.Settings.Errorf("a schedule of %d timesteps is not possible", n)
	}
	return forwardOf(c)
}

func forwardOf(c schedule.Config) (f Forward, err error) {
	table, err := c.Table()
	if err != nil {
		return f, err
	}
	before := 1.0
	for t := range c.TrainTimesteps {
		signal, noise := table.Share(t)
		beta := float32(1 - math.Pow(float64(signal)/before, 2))
		if len(table.Betas) > t {
			beta = table.Betas[t]
		}
		f.Signal, f.Noise, f.Betas = append(f.Signal, signal), append(f.Noise, noise), append(f.Betas, beta)
		before = math.Max(float64(signal), 1e-12)
	}
	return f, nil
}

// Chained walks the forward process step by step from a picture to timestep t of 0..Timesteps-1: each x_t from x_t-1 with noise of
// its own (Ho et al., 2020, equation 2). X0 is the picture.
func (m *Model) Chained(ctx context.Context, img *image.RGBA, seed uint64, t int) (Step, error) {
	n, err := m.noising(ctx, img, seed, t)
	if err != nil {
		return Step{}, err
	}
	x, noise := n.clean.Clone(), Zeros(n.clean.Shape...)
	for s := 0; s <= t; s++ {
		if err := ctx.Err(); err != nil {
			return Step{}, err
		}
		n.src.Normal(noise.Data)
		n.table.DiffuseStep(x.Data, x.Data, noise.Data, s)
	}
	return n.step(x, t), nil
}
