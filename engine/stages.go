package engine

import (
	"context"
	"image"
	"math"

	"nirvana/engine/pixel"
)

// A picture much larger than the network was trained for repeats its subject in every window when it is made from
// noise at once. So it is made in stages: whole at the network's own size, then enlarged about twofold at a time and
// denoised again in windows, each stage adding finer detail (Du et al., DemoFusion, 2024; AUTOMATIC1111's "hires
// fix").

// stage is one of them: its size in px and how far the enlarged picture is noised.
type stage struct {
	width, height int
	strength      float32
}

// The strengths of the stages after the first: enough to sharpen what was enlarged, too little for a new subject in
// every window.
const (
	secondStage = 0.3
	laterStages = 0.2
)

// stages are a request's stages; a single one where the picture is made at once.
func (m *Model) stages(r Request) ([]stage, error) {
	w, h, err := m.Size(r)
	if err != nil {
		return nil, err
	}
	c := m.config
	if r.Init != nil || r.Latents != nil || r.Start > 0 || r.End > 0 && r.End < 1 || m.windowFor(r, w, h) == 0 ||
		!m.vae.CanEncode() {
		return []stage{{w, h, r.Strength}}, nil
	}
	ratio := math.Sqrt(float64(w*h) / float64(c.Width*c.Height))
	n := max(int(math.Round(math.Log2(ratio))), 1)
	snap := func(v float64) int { return max(int(math.Round(v/float64(c.Multiple))), 1) * c.Multiple }
	var out []stage
	for i := range n {
		k := math.Pow(ratio, float64(i)/float64(n)-1)
		out = append(out, stage{snap(float64(w) * k), snap(float64(h) * k), m.stageStrength(r, i)})
	}
	return append(out, stage{w, h, m.stageStrength(r, n)}), nil
}

// stageSteps is the i-th stage's number of steps. With one step a later stage would start from noise alone and lose
// the picture: it runs the second of two.
func (m *Model) stageSteps(r Request, i int) int {
	steps, _ := r.steps()
	if steps == 0 {
		steps = m.facts.Steps
	}
	if i > 0 && steps == 1 && len(r.Timesteps)+len(r.Sigmas) == 0 {
		steps = 2
	}
	return steps
}

// stageStrength is the i-th stage's strength, which leaves at least one step.
func (m *Model) stageStrength(r Request, i int) float32 {
	least := min(1, 1/float32(max(m.stageSteps(r, i), 1))+1e-6)
	switch i {
	case 0:
		return r.Strength
	case 1:
		return max(secondStage, least)
	}
	return max(laterStages, least)
}

// request is the i-th stage's request.
func (s stage) request(r Request, i int, m *Model) Request {
	r.Width, r.Height, r.Strength, r.later = s.width, s.height, s.strength, i > 0
	if i > 0 && len(r.Timesteps)+len(r.Sigmas) == 0 {
		r.Steps = m.stageSteps(r, i)
	}
	if i > 0 && r.Window == 0 {
		r.Window = max(m.config.Width, m.config.Height)
	}
	if r.Resume != nil && r.Resume.Stage != i {
		r.Resume = nil
	}
	return r
}

// prepareStage starts the i-th stage: from noise, or from the enlarged result of the one before.
func (m *Model) prepareStage(ctx context.Context, r Request, all []stage, i int, before *run) (*run, error) {
	req := all[i].request(r, i, m)
	switch {
	case i == 0:
	case before == nil: // resumed in this stage, whose x_t is known
		req.Init = image.NewRGBA(image.Rect(0, 0, req.Width, req.Height))
	default:
		req.Content, req.Soft = "", false
		req.noise = before.noise
		small, err := before.vae().Decode(ctx, before.latents(), r.reporter(Decoding))
		if err != nil {
			return nil, err
		}
		for _, s := range small {
			req.inits = append(req.inits, pixel.ResizeAround(s, req.Width, req.Height, before.tiling.X, before.tiling.Y))
		}
		req.Init = req.inits[0]
	}
	run, err := m.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	if run.progress.stage = i; len(all) == 1 {
		return run, nil
	}
	return run, m.place(run, r, all)
}

// place sets a stage's position in the whole run: steps and work before it and in all stages.
func (m *Model) place(r *run, whole Request, all []stage) error {
	p := &r.progress
	for i, s := range all {
		one := r.plan
		if i != p.stage {
			req := s.request(whole, i, m)
			if i > 0 {
				req.Init = image.NewRGBA(image.Rect(0, 0, 1, 1))
			}
			var err error
			if one, err = m.plan(req); err != nil {
				return err
			}
		}
		evals := one.end - one.begin
		work := float64(evals * one.windows())
		if i < p.stage {
			p.stepsBefore += evals
			p.workBefore += work
		}
		if i != p.stage {
			p.stepsElse += evals
		}
		p.workInAll += work
	}
	return nil
}
