package family

import (
	"context"
	"math"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// standard is what most families do: the first encoder's states, the numbers that the graph takes, no further
// channels.
type standard struct {
	network *Network
	config  Config
}

func (f standard) Traits() Traits {
	t := Traits{Name: "latent diffusion", Layout: Planes{}, TimestepDivisor: 1, Steps: usualLatent.Steps, Guidance: 1, FewSteps: fewSteps, FewStepGuidance: 1,
		ClipSkip: true, Sizes: f.network.TimeIDs == 6, Guided: f.network.NeedsText() || f.config.NullClass() >= 0}
	if f.network.NeedsText() {
		t.Guidance = usualLatent.Guidance
	}
	if f.network.TimestepCond > 0 { // latent consistency models (Luo et al., 2023)
		t.DistilledGuidance, t.Guidance, t.FewStepGuidance, t.Guided = true, usualLCM.Guidance, fewStepLCM, f.config.NullClass() >= 0
	}
	if f.config.NullClass() >= 0 && !f.network.NeedsText() {
		t.Guidance = 3
	}
	return t
}

func (f standard) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	return e.Prompt(ctx, o, r, 0, picture, o.Skip)
}

// Plan truncates the number of steps that strength leaves, as diffusers does. Latent consistency models run a share
// of the training schedule.
func (f standard) Plan(p *Plan) {
	if !p.Picture {
		return
	}
	if f.network.TimestepCond > 0 {
		p.Options.Strength = p.Strength
		return
	}
	n := p.Options.Steps
	p.Skip = max(n-min(int(float64(n)*written(p.Strength)), n), 0)
}

// written is a share as it was typed, 0.3, without float32's error.
func written(share float32) float64 { return math.Round(float64(share)*1e6) / 1e6 }

func (f standard) Extra(context.Context, Source) (tensor.Tensor, error) { return tensor.Tensor{}, nil }

// planFlow is Plan for rectified flows: the shift depends on the size, and diffusers truncates the number of steps
// left out.
func planFlow(p *Plan) {
	p.Options.Mu = float32(p.Scheduler.Mu(p.Height / 2 * (p.Width / 2)))
	if p.Picture {
		n := float64(p.Options.Steps)
		p.Skip = int(max(n-min(n*written(p.Strength), n), 0))
	}
}

// evenSigmas spaces the sigmas of a flow evenly from 1 to 1/n, before the shift.
func evenSigmas(p *Plan) {
	o := &p.Options
	if p.Scheduler.Class != "FlowMatchEulerDiscreteScheduler" || len(o.Timesteps)+len(o.Sigmas) > 0 {
		return
	}
	o.Sigmas = make([]float32, o.Steps)
	for i := range o.Sigmas {
		n := float64(o.Steps)
		o.Sigmas[i] = float32(1 + float64(i)*(1/n-1)/max(1, n-1))
	}
}
