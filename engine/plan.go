package engine

import (
	"image"
	"math"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/sample"
	"nirvana/engine/vae"
)

// plan is a request made definite: its size, its sampler, and which of the sampler's evaluations run.
type plan struct {
	noiseShare *float32 // of the sampler's noise that acts at the next evaluation; nil: all
	model      *Model
	request    Request // size, steps and strength are decided
	n          int     // pictures
	// height and width are x_t's in latent pixels; shape is x_t's.
	height, width int
	shape         []int
	sampler       sample.Sampler
	times, sigmas []float32
	begin, end    int // evaluations
	tiling        Tiling
	references    []reference
	ownFitted     bool // the first of them is the picture under the frame, or begins with it
}

// vae is the model's, as a seamless picture wants it.
func (p *plan) vae() vae.Around { return p.tiling.around(p.model.vae) }

// maxSide bounds one run's picture, px.
const maxSide = 8192

// plan makes a request's plan; it refuses what the model cannot do.
func (m *Model) plan(req Request) (*plan, error) {
	p := &plan{model: m, request: req, n: req.pictures()}
	var err error
	if p.tiling, err = ParseTiling(req.Tiling); err != nil {
		return nil, err
	}
	w, h, err := m.Size(req)
	if err != nil {
		return nil, err
	}
	p.request.Width, p.request.Height = w, h
	p.height, p.width = h/m.vae.Scale, w/m.vae.Scale
	p.shape = m.traits.Layout.Shape(p.n, m.vae.Channels, p.height, p.width)
	return p, p.chooseSampler()
}

// Size is the size in px that a request runs at: its own, the initial picture's rounded down, or the model's. It
// fails for sizes that the model cannot run at.
func (m *Model) Size(r Request) (w, h int, err error) {
	w, h = r.Width, r.Height
	k := m.config.Multiple
	if w == 0 && h == 0 && r.Init != nil {
		b := r.Init.Bounds()
		w, h = max(b.Dx()/k, 1)*k, max(b.Dy()/k, 1)*k
	}
	if w == 0 {
		w = m.config.Width
	}
	if h == 0 {
		h = m.config.Height
	}
	if m.traits.RoundsSize {
		w, h = w/k*k, h/k*k
	}
	if w <= 0 || h <= 0 || w%k != 0 || h%k != 0 {
		near := func(v int) int { return min(max(k, (v+k/2)/k*k), maxSide/k*k) }
		return 0, 0, fault.Size.Errorf("%s works in steps of %d px, so %dx%d is not possible: use %dx%d", m.facts.Name, k, w, h, near(w), near(h))
	}
	if c := m.config; c.Fixed && (w != c.Width || h != c.Height) {
		return 0, 0, fault.Size.Errorf("%s was exported for %dx%d alone, so %dx%d is not possible: use %dx%d, or export it with dynamic axes", m.facts.Name, c.Width, c.Height, w, h, c.Width, c.Height)
	}
	if w > maxSide || h > maxSide {
		return 0, 0, fault.Size.Errorf("%dx%d is larger than %d px a side: make it smaller, then upscale", w, h, maxSide)
	}
	return w, h, nil
}

// fits fails where the pictures do not fit into the memory: each in colour, as the numbers that the decoder gives, and as
// those that are read of its input.
func (m *Model) fits(r Request) error {
	w, h, err := m.Size(r)
	if err != nil {
		return err
	}
	bytes := 4 + 12
	if r.Init != nil {
		bytes += 4 + 12
	}
	return memory.Pixels("a picture", image.Pt(w, h), r.pictures()*bytes)
}

// chooseSampler makes the sampler and decides which of its evaluations run.
func (p *plan) chooseSampler() error {
	req := &p.request
	if req.Steps < 0 || req.Steps > 10000 {
		return fault.Settings.Errorf("%d steps are not possible: use 1 to 1000", req.Steps)
	}
	var err error
	if req.Steps, err = req.steps(); err != nil {
		return err
	}
	if req.Steps == 0 {
		req.Steps = p.model.facts.Steps
	}
	if s := req.Strength; s < 0 || s > 1 || s != s {
		return fault.Settings.Errorf("strength %g is outside 0 to 1", s)
	}
	req.Strength = req.InitialStrength()
	skip := 0
	if p.sampler, skip, err = p.newSampler(); err != nil {
		return err
	}
	p.times, p.sigmas = p.sampler.Timesteps(), p.sampler.Sigmas()
	p.end = len(p.times)
	if req.Latents == nil {
		p.begin = skip * p.sampler.Order()
	}
	if err := p.checkGuidance(); err != nil {
		return err
	}
	if err := p.checkRegions(); err != nil {
		return err
	}
	if _, free := p.sampler.(sample.Free); free && (req.Start > 0 || req.End > 0 && req.End < 1) {
		return fault.Settings.Errorf("a sampler with a step size of its own cannot be cut by start and end: choose another")
	}
	p.cut()
	if p.begin >= p.end {
		return fault.Settings.Errorf("strength %g of %d steps leaves no step to run: raise the strength or the steps", req.Strength, req.Steps)
	}
	return nil
}

// newSampler makes the request's sampler, and returns how many steps strength leaves out.
func (p *plan) newSampler() (s sample.Sampler, skip int, err error) {
	req := p.request.withNoise(p.noiseShare)
	cfg, err := p.model.schedule(req)
	if err != nil {
		return nil, 0, err
	}
	f := family.Plan{Scheduler: cfg, Height: p.height, Width: p.width, Picture: req.Init != nil, Strength: req.Strength,
		Options: sample.Options{Steps: req.Steps, Eta: req.Eta, Shape: p.shape, Seed: req.Seed,
			Timesteps: req.Timesteps, Sigmas: req.Sigmas, Churn: req.Churn, Ancestral: req.EtaAncestral}}
	p.model.family.Plan(&f)
	if p.model.traits.Flow {
		req.watch("mu", Tensor{Data: []float32{f.Options.Mu}})
	}
	s, err = sample.New(cfg, f.Options)
	return s, f.Skip, fault.Settings.Mark(err)
}

// steps is the number of steps: of the run's own timesteps or noise levels, where it has some.
func (r Request) steps() (int, error) {
	n := len(r.Timesteps)
	if k := len(r.Sigmas); n > 0 && k > 0 {
		return 0, fault.Settings.Errorf("timesteps and sigmas at once are not possible: leave one of them out")
	} else if k > 1 {
		if n = k; r.Sigmas[k-1] == 0 {
			n-- // the last noise level is the end
		}
	}
	if n == 0 || r.Steps == n || r.Steps == 0 {
		return max(n, r.Steps), nil
	}
	return 0, fault.Settings.Errorf("%d steps do not agree with the timesteps or sigmas given, which make %d: leave the steps out", r.Steps, n)
}

// cut applies Start and End: the base keeps t >= round(T - T End), the refiner t < round(T - T Start).
func (p *plan) cut() {
	total := float64(p.model.facts.Timesteps)
	if e := p.request.End; e > 0 && e < 1 {
		limit := float32(math.RoundToEven(total - total*roundShare(e)))
		for i, t := range p.times {
			if t < limit {
				p.end = i
				break
			}
		}
	}
	if s := p.request.Start; s > 0 && s < 1 {
		limit, kept := float32(math.RoundToEven(total-total*roundShare(s))), 0
		for _, t := range p.times {
			if t < limit {
				kept++
			}
		}
		if p.sampler.Order() == 2 && kept%2 == 0 {
			kept++
		}
		p.begin = len(p.times) - kept
	}
}

// roundShare is a share as it was typed, 0.3, without float32's error.
func roundShare(v float32) float64 { return math.Round(float64(v)*1e6) / 1e6 }

// Plan returns what a request will run: the size in px, and how many of how many steps.
func (m *Model) Plan(req Request) (w, h, steps, of int, err error) {
	if m, req, err = m.distilled(req); err != nil {
		return 0, 0, 0, 0, err
	}
	p, err := m.plan(req)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	return p.request.Width, p.request.Height, p.end - p.begin, len(p.times), nil
}
