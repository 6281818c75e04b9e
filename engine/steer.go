package engine

import (
	"context"
	"image"
	"slices"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/sample"
	"nirvana/engine/tensor"
)

// script holds a run's changes: the request's, and those that Live adds. All stages share it.
type script struct {
	changes []Change // sorted by At
	live    func(ctx context.Context, step int) ([]Change, error)
	whole   Plane // of the last stage
}

func (m *Model) script(r Request) (*script, error) {
	w, h, err := m.Size(r)
	if err != nil {
		return nil, err
	}
	s := &script{changes: slices.Clone(r.Changes), live: r.Live, whole: m.traits.Plane(h/m.vae.Scale, w/m.vae.Scale)}
	for _, c := range s.changes {
		if err := c.Check(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.changes, func(a, b Change) int { return a.At - b.At })
	return s, nil
}

// at returns a step's changes, with those that Live adds now. Live may take long: it may wait for the artist.
func (s *script) at(ctx context.Context, step int) ([]Change, error) {
	var out []Change
	for _, c := range s.changes {
		if c.At == step {
			out = append(out, c)
		}
	}
	if s.live == nil {
		return out, nil
	}
	more, err := s.live(ctx, step)
	if err != nil {
		return nil, err
	}
	for _, c := range more {
		if c.At = step; c.Empty() {
			continue
		}
		if err := c.Check(); err != nil {
			return nil, err
		}
		c.live = true
		s.changes, out = append(s.changes, c), append(out, c)
	}
	return out, ctx.Err()
}

// steering is the position of a run in its script.
type steering struct {
	script    *script
	changed   []Change // of the present evaluation
	unpainted []Change // strokes and grafts that wait for the end of the sampler's step
	rested    int      // the last step at which x_t could be painted into
}

// follow takes over the script, and the changes that led to the last step of the stage before.
func (r *run) follow(s *script, before *run) {
	if r.steering.script = s; before != nil {
		r.steering.changed = before.steering.changed
	}
}

// index is the Step.Index of the run's present state.
func (r *run) index() int { return r.progress.stepsBefore + r.done() }

// catchUp applies the changes before the step that a run begins at. Strokes and grafts are in a saved state already,
// unless it was saved within a sampler's step.
func (r *run) catchUp(ctx context.Context) error {
	resumed := r.request.Resume != nil
	if !resumed {
		r.steering.rested = r.index() - 1
	}
	for _, c := range r.steering.script.changes {
		if c.At >= r.index() {
			continue
		}
		if err := r.change(ctx, c, resumed); err != nil {
			return err
		}
		if c.paints() && c.At > r.steering.rested {
			r.steering.unpainted = append(r.steering.unpainted, c)
		}
	}
	return nil
}

// steer applies the changes of the next evaluation.
func (r *run) steer(ctx context.Context) error {
	if err := r.scaleNoise(); err != nil {
		return err
	}
	changes, err := r.steering.script.at(ctx, r.index())
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := r.change(ctx, c, false); err != nil {
			return err
		}
		if c.paints() {
			r.steering.unpainted = append(r.steering.unpainted, c)
		}
	}
	r.steering.changed = changes
	if !sample.Rests(r.sampler, r.state) {
		return nil
	}
	r.steering.rested = r.index()
	for _, c := range r.steering.unpainted {
		if err := r.paint(ctx, c); err != nil {
			return err
		}
	}
	r.steering.unpainted = nil
	return nil
}

// change applies one change, without strokes and grafts. resumed: the state already includes it.
func (r *run) change(ctx context.Context, c Change, resumed bool) error {
	r.request = c.Apply(r.request)
	if err := r.changeSampler(c, resumed); err != nil {
		return err
	}
	for _, w := range c.Control {
		if w.Net < 0 || w.Net >= len(r.controls) {
			return fault.Settings.Errorf("the change at step %d is for ControlNet %d, and there are %d: leave it out", c.At, w.Net+1, len(r.controls))
		}
		r.controls[w.Net].Scale, r.controls[w.Net].off = w.Weight, w.Weight == 0
	}
	if err := r.changeKept(ctx, c); err != nil {
		return err
	}
	return r.changeTexts(ctx, c)
}

// changeTexts encodes new texts, and the guidance of networks that take it as an input.
func (r *run) changeTexts(ctx context.Context, c Change) error {
	asNumber := c.Guidance != nil && r.model.traits.DistilledGuidance
	if c.Prompt == nil && c.Negative == nil && !asNumber {
		return nil
	}
	q := &r.request
	if c.Prompt != nil && q.Adapt != nil {
		if err := q.Adapt(*c.Prompt); err != nil {
			return err
		}
	}
	q.Count = r.n // also where each picture had its own text
	return r.conditioning.reread(ctx, r.state.Eval)
}

// changeSampler continues with another sampler, or with the same one and another noise scale. The state is kept.
func (r *run) changeSampler(c Change, resumed bool) error {
	if c.Eta == nil && c.EtaAncestral == nil && c.Sampler == nil {
		return nil
	}
	s, _, err := r.newSampler()
	if err != nil {
		return err
	}
	if c.Sampler != nil {
		if !resumed {
			if err := r.swap(r.sampler, s, c); err != nil {
				return err
			}
		}
		r.end += len(s.Timesteps()) - len(r.sampler.Timesteps())
	}
	r.sampler, r.times, r.sigmas = s, s.Timesteps(), s.Sigmas()
	return nil
}

// swap converts the state from one sampler to another, which starts from it as from a picture.
func (r *run) swap(from, to sample.Sampler, c Change) error {
	refuse := fault.Settings.Errorf("%s cannot continue from step %d of this run: it has other noise levels; branch there with the run's own sampler, or start a new run", *c.Sampler, c.At)
	eval := r.state.Eval
	_, free := from.(sample.Free)
	if _, alsoFree := to.(sample.Free); free || alsoFree || eval >= len(to.Timesteps()) || !sample.Rests(from, r.state) {
		return refuse
	}
	ka, na := levelOf(from, eval)
	kb, nb := levelOf(to, eval)
	if ka == 0 || na == 0 || !sameLevel(nb/kb, na/ka) {
		return refuse
	}
	x := make([]float32, len(r.state.X))
	for i, v := range r.state.X {
		x[i] = v * float32(kb/ka)
	}
	r.state = &sample.State{Eval: eval, Begin: eval, X: x, X0: r.state.X0}
	return nil
}

// levelOf is the factors of picture and noise in x at an evaluation.
func levelOf(s sample.Sampler, eval int) (picture, noise float64) {
	one, none, out := []float32{1}, []float32{0}, []float32{0}
	s.AddNoise(out, one, none, eval)
	picture = float64(out[0])
	s.AddNoise(out, none, one, eval)
	return picture, float64(out[0])
}

func sameLevel(a, b float64) bool { return a-b < 1e-3*b && b-a < 1e-3*b }

// changeKept changes what inpainting keeps, or how firmly.
func (r *run) changeKept(ctx context.Context, c Change) error {
	if c.Mask != nil {
		if err := r.remask(ctx, c); err != nil {
			return err
		}
	}
	if c.Keep == nil {
		return nil
	}
	if r.kept == nil {
		return fault.Settings.Errorf("the change at step %d loosens what a mask keeps, and nothing is kept: give a picture and a mask, and a model that keeps the rest by blending", c.At)
	}
	r.kept.loose = 1 - *c.Keep
	return nil
}

// remask replaces the mask, and with Kept what lies outside of it. The picture's latents are the posterior's mean where
// the start drew none.
func (r *run) remask(ctx context.Context, c Change) error {
	if err := r.checkMask(c); err != nil {
		return err
	}
	q := &r.request
	q.Mask = c.Mask
	mask := pixel.ResizeMask(c.Mask, q.Width, q.Height)
	free := r.free(mask)
	if r.model.traits.SeesMask {
		return r.seeMask(ctx, c, mask)
	}
	k := kept{noise: r.ownNoise(c.At, 0), soft: q.Soft, at: r.pixelOf()}
	if r.kept != nil {
		k = *r.kept
	}
	var err error
	switch {
	case c.Kept != nil:
		k.clean, err = r.keptLatents(ctx, *c.Kept)
	case r.kept == nil:
		k.clean, err = r.encodeMean(ctx, r.sized(q.Init))
	}
	k.mask, r.kept = free, &k
	return err
}

// checkMask refuses a mask outside of which nothing can be kept.
func (r *run) checkMask(c Change) error {
	q := &r.request
	if c.Kept != nil || r.keptGiven {
		r.keptGiven = true
		return nil
	}
	if q.Init == nil || len(q.inits) > 0 {
		return fault.Settings.Errorf("the mask at step %d needs a picture that is kept outside of it: start from a picture", c.At)
	}
	if b, a := c.Mask.Bounds(), q.Init.Bounds(); b.Dx() != a.Dx() || b.Dy() != a.Dy() {
		return fault.Settings.Errorf("the mask is %dx%d and the picture %dx%d: make the mask the picture's size", b.Dx(), b.Dy(), a.Dx(), a.Dy())
	}
	return nil
}

// seeMask gives a network with mask channels another mask, and with Kept another masked picture.
func (r *run) seeMask(ctx context.Context, c Change, mask *pixel.Mask) error {
	now := &start{plan: r.plan, noise: r.noise, mask: mask, drawn: make([]float32, len(r.state.X))}
	if c.Kept != nil {
		img, err := r.keptPicture(ctx, *c.Kept)
		if err != nil {
			return err
		}
		r.request.Init = img
	}
	now.picture = r.sized(r.request.Init)
	extra, err := now.seen(ctx)
	if err == nil {
		r.extra = extra
	}
	return err
}

// keptLatents are those of Change.Kept in the size of this stage.
func (r *run) keptLatents(ctx context.Context, of Tensor) (Tensor, error) {
	if len(of.Data)*r.n == len(r.state.X) {
		return Tensor{Shape: r.shape, Data: tensor.Spread(of, r.n).Data}, nil
	}
	img, err := r.keptPicture(ctx, of)
	if err != nil {
		return Tensor{}, err
	}
	return r.encodeMean(ctx, r.sized(img))
}

// keptPicture decodes Change.Kept, which has the size of the last stage.
func (r *run) keptPicture(ctx context.Context, of Tensor) (*image.RGBA, error) {
	whole := r.steering.script.whole
	if !whole.Fits(of.Shape, r.model.vae.Channels) {
		return nil, errKept
	}
	all, err := r.vae().Decode(ctx, whole.Unpack(of), r.request.reporter(Decoding))
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
