package engine

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/sample"
)

// run is one stage of a Generate under way.
type run struct {
	*plan
	noise        *sources
	state        *sample.State
	view         *view
	conditioning *conditioning
	controls     controls
	extra        Tensor // channels after x_t's: mask, masked picture, depth, picture; no data: none
	kept         *kept  // what inpainting keeps
	keptGiven    bool   // a change gave it: Init is no longer kept
	progress     progress
	steering     steering
	attended     *attended // of the call under way, where its attention is looked at; nil: it is not

	scaled  []float32       // x_t as the sampler scales it
	scale   float32         // guidance scale of the last evaluation
	watched bool            // the first call was passed to Watch
	show    func(Step) bool // yields a step during an evaluation; false: the caller left the loop
}

// prepare checks the request, encodes the texts and draws x_T, in the order in which diffusers' pipelines draw.
func (m *Model) prepare(ctx context.Context, req Request) (*run, error) {
	r := &run{noise: req.noise, steering: steering{rested: -1}}
	var err error
	if r.noise == nil {
		if r.noise, err = newSources(req); err != nil {
			return nil, err
		}
	}
	if r.plan, err = m.plan(req); err != nil {
		return nil, err
	}
	projection, err := m.vae.Projection(ctx)
	if err != nil {
		return nil, err
	}
	r.view = &view{projection, r.model.traits.Plane(r.height, r.width), req.CutOut, r.tiling}
	if err := r.readReferences(ctx); err != nil {
		return nil, err
	}
	if r.conditioning, err = r.encodeConditioning(ctx); err != nil {
		return nil, err
	}
	if r.controls, err = r.attachControlNets(); err != nil {
		return nil, err
	}
	start := &start{plan: r.plan, noise: r.noise}
	x, err := start.latents(ctx)
	if err != nil {
		return nil, err
	}
	r.extra, r.kept, r.progress.clean = start.extra, start.kept, start.clean
	r.state = sample.Start(r.sampler, x.Data, r.begin)
	r.request.watch("initial_latents", x)
	if err := r.scaleNoiseAt(0); err != nil { // some samplers draw noise before the first evaluation
		return nil, err
	}
	if req.Resume != nil {
		err = r.resume(*req.Resume)
	} else {
		sample.Open(r.sampler, r.state, r.noise)
	}
	r.scaled = make([]float32, len(r.state.X))
	return r, err
}

// resume replaces the fresh state by a saved step's.
func (r *run) resume(s State) error {
	if len(s.Sampler.X) != len(r.state.X) {
		return fault.Settings.Errorf("the saved step holds %d values and this request %d: it belongs to another size or model", len(s.Sampler.X), len(r.state.X))
	}
	st := s.Sampler.Clone()
	r.state, r.steering.rested = &st, s.Rested
	return r.noise.restore(s.Random)
}

// done counts the evaluations of this stage that are done.
func (r *run) done() int { return r.state.Eval - r.begin }

// of is how many evaluations the stage has; an estimate where the sampler decides on the way.
func (r *run) of() int {
	if f, ok := r.sampler.(sample.Free); ok {
		return f.Expect(r.state)
	}
	return r.end - r.begin
}

// finished reports whether no evaluation is left.
func (r *run) finished() bool { return r.sampler.Done(r.state) || r.done() >= r.of() }

// at is the timestep and sigma of the next evaluation.
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

// step is the present Step. It shares its vectors with the run: samplers replace them and never write into old ones.
func (r *run) step() Step {
	state, done := r.state.Snapshot(), r.done()
	p := &r.progress
	s := Step{Index: p.stepsBefore + done, Of: p.steps(r.of()), Share: r.share(float64(done)), X: Tensor{Shape: r.shape, Data: state.X}, view: r.view, Guidance: r.scale, Changes: r.steering.changed,
		State: State{Sampler: state, Random: r.noise.states(), Stage: p.stage, Rested: r.steering.rested}}
	if !r.finished() {
		s.Timestep, s.Sigma = r.at()
	}
	if done == 0 && p.clean != nil {
		s.X0 = Tensor{Shape: r.shape, Data: p.clean}
	}
	if state.X0 != nil && done > 0 {
		s.X0 = Tensor{Shape: r.shape, Data: state.X0}
	}
	return s
}

// latents are the run's x as [batch, channel, height, width].
func (r *run) latents() Tensor { return r.unpack(Tensor{Shape: r.shape, Data: r.state.X}) }
