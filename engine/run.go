package engine

import (
	"context"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/sample"
	"nirvana/engine/text"
)

// run is one Generate under way.
type run struct {
	model   *Model
	request Request
	n       int // pictures
	// height and width are x_t's places before packing; shape is x's own.
	height, width int
	shape         []int
	noise         *sources
	sampler       sample.Sampler
	state         *sample.State
	times, sigmas []float32
	begin, end    int // evaluations
	view          *view

	guidance  float32
	scale     float32 // of the last evaluation
	positives []weighted
	negatives condition
	empty     condition      // no prompt at all, where Perp-Neg asks for it
	bare      []float32      // the unguided answer of this evaluation under CFG++; nil: no guidance
	prompts   *text.Timeline // prompts that change with the steps; nil
	told      int            // the evaluation that the rows are of
	extra     []float32      // channels beside x_t: mask, masked picture, depth, picture
	extraC    int
	kept      *kept // what inpainting keeps
	control   []controlRun
	scaled    []float32
	watched   bool
	row       int // of the present evaluation, in windows

	// Which of the stages this is (stages.go), with steps before it and in all others, network calls before it and in all.
	stage, stepsBefore, stepsElse int
	workBefore, workInAll         float64
	clean                         []float32 // what a later stage began from
	script                        *script
	changed                       []Change        // of the present evaluation
	unpainted                     []Change        // until the sampler's step is whole
	rested                        int             // the last step in which it was
	show                          func(Step) bool // hands a step over in the midst of an evaluation; false: the loop was left
}

// weighted is one prompt of several (AND).
type weighted struct {
	condition
	weight float32
}

// prepare checks the request, encodes the texts and draws x_T, in the order in
// which the field's pipelines draw.
func (m *Model) prepare(ctx context.Context, req Request) (*run, error) {
	r := &run{model: m, request: req, n: req.pictures(), rested: -1}
	if err := r.measure(); err != nil {
		return nil, err
	}
	var err error
	if r.noise = req.noise; r.noise == nil {
		if r.noise, err = newSources(req); err != nil {
			return nil, err
		}
	}
	if err := r.plan(); err != nil {
		return nil, err
	}
	projection, err := m.vae.Projection(ctx)
	if err != nil {
		return nil, err
	}
	r.view = &view{projection, r.unpacked}
	if err := r.tell(ctx); err != nil {
		return nil, err
	}
	x, err := r.start(ctx)
	if err != nil {
		return nil, err
	}
	r.state = sample.Start(r.sampler, x.Data, r.begin)
	req.watch("initial_latents", x)
	if req.Resume == nil {
		sample.Open(r.sampler, r.state, r.noise)
	} else {
		if err := r.resume(*req.Resume); err != nil {
			return nil, err
		}
	}
	r.scaled = make([]float32, len(r.state.X))
	return r, nil
}

// resume puts a saved step's state in place of the fresh one.
func (r *run) resume(s State) error {
	if len(s.Sampler.X) != len(r.state.X) {
		return fault.Settings.Errorf("the saved step holds %d values and this request %d: it belongs to another size or model", len(s.Sampler.X), len(r.state.X))
	}
	st := s.Sampler.Clone()
	r.state, r.rested = &st, s.Rested
	return r.noise.restore(s.Random)
}

// measure settles the size and refuses what the model cannot do.
func (r *run) measure() error {
	w, h, err := r.model.Size(r.request)
	if err != nil {
		return err
	}
	c := r.model.config
	r.request.Width, r.request.Height = w, h
	r.height, r.width = h/r.model.vae.Scale, w/r.model.vae.Scale
	r.shape = []int{r.n, r.model.vae.Channels, r.height, r.width}
	if c.packed {
		r.shape = []int{r.n, r.height / 2 * (r.width / 2), 4 * r.model.vae.Channels}
	}
	return nil
}

// Size is the size in px that a request runs at: its own, the picture's rounded
// down, or the model's. It fails on a size that the model cannot do.
func (m *Model) Size(r Request) (w, h int, err error) {
	w, h = r.Width, r.Height
	k := m.config.multiple
	if w == 0 && h == 0 && r.Init != nil {
		b := r.Init.Bounds()
		w, h = max(b.Dx()/k, 1)*k, max(b.Dy()/k, 1)*k
	}
	if w == 0 {
		w = m.config.width
	}
	if h == 0 {
		h = m.config.height
	}
	if m.config.packed {
		w, h = w/k*k, h/k*k
	}
	if w <= 0 || h <= 0 || w%k != 0 || h%k != 0 {
		near := func(v int) int { return min(max(k, (v+k/2)/k*k), maxSide/k*k) }
		return 0, 0, fault.Size.Errorf("%s works in steps of %d px, so %dx%d is not possible: use %dx%d", m.facts.Name, k, w, h, near(w), near(h))
	}
	if c := m.config; c.fixed && (w != c.width || h != c.height) {
		return 0, 0, fault.Size.Errorf("%s was exported for %dx%d alone, so %dx%d is not possible: use %dx%d, or export it with dynamic axes", m.facts.Name, c.width, c.height, w, h, c.width, c.height)
	}
	if w > maxSide || h > maxSide {
		return 0, 0, fault.Size.Errorf("%dx%d is larger than %d px a side: make it smaller, then upscale", w, h, maxSide)
	}
	return w, h, nil
}

// maxSide bounds one run's picture, px.
const maxSide = 8192

// defaultSteps is what a request without a number of steps runs.
const defaultSteps = 25

// plan makes the sampler and says which of its evaluations run.
func (r *run) plan() error {
	req := r.request
	if req.Steps < 0 || req.Steps > 10000 {
		return fault.Settings.Errorf("%d steps are not possible: use 1 to 1000", req.Steps)
	}
	var err error
	if req.Steps, err = req.steps(); err != nil {
		return err
	}
	if req.Steps == 0 {
		req.Steps = r.model.facts.Steps
	}
	if s := req.Strength; s < 0 || s > 1 || s != s {
		return fault.Settings.Errorf("strength %g is outside 0 to 1", s)
	}
	r.request.Steps, r.request.Strength = req.Steps, r.request.InitialStrength()
	if r.sampler, err = r.newSampler(); err != nil {
		return err
	}
	r.times, r.sigmas = r.sampler.Timesteps(), r.sampler.Sigmas()
	r.end = len(r.times)
	if !r.walksPart() && req.Init != nil && req.Latents == nil && !r.instructs() {
		r.begin = r.skipped()
	}
	if err := r.checkGuidance(); err != nil {
		return err
	}
	if _, free := r.sampler.(sample.Free); free && (req.Start > 0 || req.End > 0 && req.End < 1) {
		return fault.Settings.Errorf("a sampler with a step size of its own cannot be cut by start and end: choose another")
	}
	r.cut()
	if r.begin >= r.end {
		return fault.Settings.Errorf("strength %g of %d steps leaves no step to run: raise the strength or the steps", r.request.Strength, req.Steps)
	}
	return nil
}

// newSampler makes the sampler that the request asks for.
func (r *run) newSampler() (sample.Sampler, error) {
	req := r.request
	cfg, err := r.model.schedule(req)
	if err != nil {
		return nil, err
	}
	o := sample.Options{Steps: req.Steps, Eta: req.Eta, Shape: r.shape, Seed: req.Seed,
		Timesteps: req.Timesteps, Sigmas: req.Sigmas, Churn: req.Churn, Ancestral: req.EtaAncestral}
	if r.model.config.packed || r.model.net.kind == kindSD3 {
		o.Mu = float32(cfg.Mu(r.height / 2 * (r.width / 2)))
		req.watch("mu", Tensor{Data: []float32{o.Mu}})
	}
	if r.model.config.packed && cfg.Class == "FlowMatchEulerDiscreteScheduler" && len(req.Timesteps)+len(req.Sigmas) == 0 {
		o.Sigmas = evenSigmas(req.Steps)
	}
	if r.walksPart() {
		o.Strength = r.request.Strength
	}
	s, err := sample.New(cfg, o)
	return s, fault.Settings.Mark(err)
}

// walksPart says that the sampler itself leaves out what strength does (LCM).
func (r *run) walksPart() bool { return r.model.net.timestepCond > 0 && r.request.Init != nil }

// steps are as many as the timesteps or noise levels of the run's own, where it has some.
func (r Request) steps() (int, error) {
	n := len(r.Timesteps)
	if k := len(r.Sigmas); n > 0 && k > 0 {
		return 0, fault.Settings.Errorf("timesteps and sigmas of the run's own at once are not possible: leave one of them out")
	} else if k > 1 {
		if n = k; r.Sigmas[k-1] == 0 {
			n-- // the end
		}
	}
	if n == 0 || r.Steps == n || r.Steps == 0 {
		return max(n, r.Steps), nil
	}
	return 0, fault.Settings.Errorf("%d steps do not agree with the timesteps or sigmas given, which make %d: leave the steps out", r.Steps, n)
}

// of is how many evaluations the run has; a guess where the sampler chooses them as it goes.
func (r *run) of() int {
	if f, ok := r.sampler.(sample.Free); ok {
		return f.Expect(r.state)
	}
	return r.end - r.begin
}

// at is the timestep and noise level of the next evaluation.
func (r *run) at() (timestep, sigma float32) {
	if f, ok := r.sampler.(sample.Free); ok {
		return f.At(r.state)
	}
	i := r.state.Eval
	if i < len(r.sigmas) {
		sigma = r.sigmas[i]
	}
	return r.times[min(i, len(r.times)-1)], sigma
}

// evenSigmas are FLUX's: from 1 to 1/n evenly, before the shift.
func evenSigmas(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(1 + float64(i)*(1/float64(n)-1)/math.Max(1, float64(n-1)))
	}
	return s
}

// skipped is how many evaluations strength leaves out at the start. The product is
// truncated as the field does; flow pipelines truncate the remainder instead.
func (r *run) skipped() int {
	n, s := r.request.Steps, float64(r.request.Strength)
	s = math.Round(s*1e6) / 1e6 // 0.3 as written, not as float32
	if r.model.net.kind == kindSD3 || r.model.net.kind == kindFlux {
		return int(max(float64(n)-min(float64(n)*s, float64(n)), 0)) * r.sampler.Order()
	}
	init := min(int(float64(n)*s), n)
	return max(n-init, 0) * r.sampler.Order()
}

// cut applies Start and End: the base keeps t >= round(T - T End), the refiner t < round(T - T Start).
func (r *run) cut() {
	total := float64(r.model.facts.Timesteps)
	if e := r.request.End; e > 0 && e < 1 {
		limit := float32(math.RoundToEven(total - total*roundShare(e)))
		for i, t := range r.times {
			if t < limit {
				r.end = i
				break
			}
		}
	}
	if s := r.request.Start; s > 0 && s < 1 {
		limit, kept := float32(math.RoundToEven(total-total*roundShare(s))), 0
		for _, t := range r.times {
			if t < limit {
				kept++
			}
		}
		if r.sampler.Order() == 2 && kept%2 == 0 {
			kept++
		}
		r.begin = len(r.times) - kept
	}
}

func roundShare(v float32) float64 { return math.Round(float64(v)*1e6) / 1e6 }
