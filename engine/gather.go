package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// gather sums up the model for the window and the command line.
func (m *Model) gather(p Parts) Facts {
	c, net := m.config, &m.net
	f := Facts{Name: p.Name, Hash: p.Hash, Kind: m.kindWords(), Width: c.width, Height: c.height, Multiple: c.multiple, Fixed: c.fixed,
		Pixel: m.vae.Pixel(), LatentChannels: m.vae.Channels, Scale: m.vae.Scale, Classes: c.classes,
		CanEncode: m.vae.CanEncode(), Inpaint: m.inpaints(), Instruct: m.instructs(),
		Depth: m.takesDepth(), Refiner: net.timeIDs == 5,
		Distilled: net.timestepCond > 0 || net.kind == kindFlux, Sampler: m.scheduler.Class,
		FlowMatching: net.kind == kindSD3 || net.kind == kindFlux, Timesteps: m.scheduler.TrainTimesteps, Steps: defaultSteps}
	if len(net.residuals) > 0 { // others cannot be steered
		for _, c := range p.Control {
			f.ControlNames = append(f.ControlNames, c.Name)
		}
	}
	f.ControlNets = len(f.ControlNames)
	f.ClipSkip = m.net.needsText() && m.net.kind != kindFlux && m.text.CanSkip()
	f.TrueGuided, f.Sizes = net.kind == kindFlux, net.timeIDs == 6
	f.Text = net.needsText()
	f.Guided = f.Text && net.timestepCond == 0 || m.nullClass() >= 0
	f.Negative = f.Text && !f.Distilled
	f.MaxTokens = m.text.MaxTokens()
	switch {
	case m.scheduler.Class == "LCMScheduler" || m.scheduler.Class == "TCDScheduler":
		f.Steps, f.Guidance = 4, 1
		if net.timestepCond > 0 {
			f.Guidance = 8
		}
	case net.kind == kindFlux:
		f.Guidance = 3.5
		if !net.has["guidance"] {
			f.Steps = 4
		}
	case f.Guided:
		f.Guidance = 7.5
		if m.nullClass() >= 0 && !f.Text {
			f.Guidance = 3
		}
	default:
		f.Guidance = 1
	}
	if c.steps > 0 {
		f.Steps = c.steps
	}
	if c.guidance > 0 {
		f.Guidance = c.guidance
	}
	if p.Draft != nil {
		f.Few = p.Draft.Few
	}
	f.Verifier = m.verifier != nil
	return f
}

func (m *Model) kindWords() string {
	switch {
	case m.net.kind == kindFlux:
		return "FLUX"
	case m.net.kind == kindSD3:
		return "Stable Diffusion 3"
	case m.net.kind == kindXL && m.net.timeIDs == 5:
		return "Stable Diffusion XL refiner"
	case m.net.kind == kindXL:
		return "Stable Diffusion XL"
	case m.vae.Pixel() && m.config.classes != nil:
		return "pixel space, class-conditional"
	case m.vae.Pixel():
		return "pixel space"
	case m.net.timestepCond > 0:
		return "latent consistency model"
	case m.inpaints():
		return "latent diffusion, inpainting"
	case m.instructs():
		return "InstructPix2Pix"
	case m.takesDepth():
		return "latent diffusion, depth to image"
	case len(m.control) > 0:
		return "latent diffusion with ControlNet"
	}
	return "latent diffusion"
}

// schedule is the scheduler that a request asks for.
func (m *Model) schedule(r Request) (schedule.Config, error) {
	cfg := m.scheduler
	if r.Scheduler != nil {
		cfg = *r.Scheduler
	} else if m.net.kind == kindPlain && !m.vae.Pixel() && m.net.inChannels == m.vae.Channels {
		cfg.ClipSample = false // latents have no bounds: the pipelines of Stable Diffusion switch it off too
	}
	if r.Sampler == "" && r.Schedule == "" {
		return cfg, nil
	}
	cfg, err := sample.Named(r.Sampler, r.Schedule, cfg)
	return cfg, fault.Settings.Mark(err)
}

// Samplers are the names that a Request may carry, for menus.
func Samplers() []sample.Info { return sample.Names() }

// KnownNames says whether there are such a sampler and schedule, by any of their names; the error lists near ones.
func KnownNames(sampler, schedule string) error { return sample.Known(sampler, schedule) }

// CanonicalNames are those that the menus have for a sampler and a schedule, whatever they are called by.
func CanonicalNames(sampler, schedule string) (string, string) {
	return sample.Canonical(sampler, schedule)
}

// Schedules are the schedule names likewise.
func Schedules() []string { return sample.Schedules() }

// Plan says what a request will run: the size, and how many of its evaluations.
func (m *Model) Plan(req Request) (w, h, steps, of int, err error) {
	if m, req, err = m.drafted(req); err != nil {
		return 0, 0, 0, 0, err
	}
	r := &run{model: m, request: req, n: req.pictures()}
	if err = r.measure(); err == nil {
		err = r.plan()
	}
	if err != nil {
		return 0, 0, 0, 0, err
	}
	return r.request.Width, r.request.Height, r.end - r.begin, len(r.times), nil
}

// Noised is the forward process on a picture: x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) noise at
// timestep t of 0..Timesteps-1, and x_0 beside it (Ho et al., 2020, equation 4).
func (m *Model) Noised(ctx context.Context, img *image.RGBA, seed uint64, t int) (Step, error) {
	total := m.facts.Timesteps
	if t < 0 || t >= total {
		return Step{}, fmt.Errorf("timestep %d is outside 0 to %d", t, total-1)
	}
	projection, err := m.vae.Projection(ctx)
	if err != nil {
		return Step{}, err
	}
	w, h, err := m.Size(Request{Width: img.Rect.Dx() / m.config.multiple * m.config.multiple, Height: img.Rect.Dy() / m.config.multiple * m.config.multiple})
	if err != nil {
		return Step{}, err
	}
	x := Zeros(1, 3, h, w)
	pixel.ToTensor(pixel.Resize(img, w, h), x.Data)
	p, err := m.vae.Posterior(ctx, x)
	if err != nil {
		return Step{}, err
	}
	clean := m.vae.ScaleLatents(p.Mean.Clone())
	noise := Zeros(clean.Shape...)
	src, err := newSources(Request{Seed: seed})
	if err != nil {
		return Step{}, err
	}
	src.Normal(noise.Data)
	noisy := Zeros(clean.Shape...)
	table, err := m.scheduler.Table()
	if err != nil {
		return Step{}, err
	}
	table.Diffuse(noisy.Data, clean.Data, noise.Data, t)
	return Step{Index: 0, Of: 1, Timestep: float32(t), Sigma: table.Sigma(t), X: noisy, X0: clean, view: &view{projection, func(x Tensor) Tensor { return x }}}, nil
}
