package worker

import (
	"cmp"
	"image"
	"slices"

	"nirvana/app/lineage"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// Branch is a run that branches off at this one's i-th step: change applies from there on, this one's later changes do
// not. steps are those up to there, see Reader. It starts from the newest stored state before, or else from noise.
func (r *Run) Branch(i int, steps []engine.Step, change engine.Change) *Run {
	b := r.Again()
	b.Count, b.Seed = 1, r.Seed+uint64(r.Index)
	b.Job.Number(r.Index)
	b.Job.Again, b.Job.Used = false, nil
	if r.lead < len(r.Grid) { // a search has chosen the seed
		b.Seed = r.Grid[r.lead].Seed
		b.Job.Request.Seed, b.Job.Recipe.Seed, b.Job.BestOf = b.Seed, b.Seed, 0
	}
	change.At = r.Steps[i].Index
	b.From, b.Job.Recipe.Origin = r, &recipe.Origin{Trajectory: r.Key, How: lineage.Branched, Step: change.At}
	b.Job.Request.Changes = nil
	for _, s := range r.Steps[:i+1] {
		for _, c := range s.Changes {
			if c.At < change.At {
				b.Job.Request.Changes = append(b.Job.Request.Changes, c)
			}
		}
	}
	if !change.Empty() {
		b.Job.Request.Changes = append(b.Job.Request.Changes, change)
	}
	for k := i; k >= 0; k-- {
		if s := steps[k]; s.State.Sampler.X != nil && whole(steps[:k+1]) {
			b.Past, b.branched = slices.Clone(steps[:k+1]), true
			break
		}
	}
	return b
}

// whole reports whether all steps have their numbers, whose hashes a recipe needs.
func whole(steps []engine.Step) bool {
	return !slices.ContainsFunc(steps, func(s engine.Step) bool { return s.X.Data == nil })
}

// Last returns x_t of the last step of a run that came to its end; no data: it did not, or the step is not kept. It may
// be called on any goroutine.
func (r *Run) Last() func() engine.Tensor {
	n := len(r.Steps)
	if n == 0 || !r.Steps[n-1].Done() {
		return func() engine.Tensor { return engine.Tensor{} }
	}
	last, from, picture := r.Steps[n-1], r.hooks.Read, r.Index
	return func() engine.Tensor {
		if last.X.Data == nil && from != nil {
			last, _ = from(picture, last)
		}
		return last.X
	}
}

// Reader returns the steps up to the i-th with their numbers and states: at once if they are in memory; otherwise now is
// false and read, which is slow, has to be called on another goroutine.
func (r *Run) Reader(i int) (read func() []engine.Step, now bool) {
	steps, from, seed := slices.Clone(r.Steps[:i+1]), r.hooks.Read, r.seedNumber()
	return func() []engine.Step {
		for k, s := range steps {
			if s.X.Data == nil && from != nil {
				if was, ok := from(seed, s); ok {
					steps[k] = was
				}
			}
		}
		return steps
	}, whole(steps)
}

// Outside is what a branch keeps outside of a mask that its parent did not have: the last x_t of the parent, and its
// recipe; zero: what the parent's own run keeps.
type Outside struct {
	X      engine.Tensor
	Parent *recipe.Recipe
}

// Keep puts what is kept outside of a branch's mask into its change, and its recipe where it comes from.
func (o Outside) Keep(b *Run) {
	if o.X.Data == nil {
		return
	}
	r := &b.Job.Recipe
	b.Job.Request.Changes = slices.Clone(b.Job.Request.Changes)
	for i := range b.Job.Request.Changes {
		if c := &b.Job.Request.Changes[i]; c.Mask != nil && c.At == r.Origin.Step && c.Kept == nil {
			c.Kept = &o.X
		}
	}
	r.Changes = append(slices.Clone(r.Changes), recipe.Change{Kept: &recipe.Kept{Parent: o.Parent, X: o.X.SHA256()}})
}

// Difference is what differs between the present request and that of a run with its changes, among parameters that
// may change during a run. Of the present request's changes the strength of what is kept counts.
func Difference(was engine.Request, changes []engine.Change, now engine.Request) engine.Change {
	for _, c := range changes {
		was = c.Apply(was)
	}
	var d engine.Change
	if now.Prompt != was.Prompt {
		d.Prompt = &now.Prompt
	}
	if now.Negative != was.Negative {
		d.Negative = &now.Negative
	}
	if now.Guidance != was.Guidance && !was.Draft || len(was.GuidanceCurve) > 0 && len(now.GuidanceCurve) == 0 {
		d.Guidance = &now.Guidance
	}
	if len(now.GuidanceCurve) > 0 && !slices.Equal(now.GuidanceCurve, was.GuidanceCurve) {
		d.Curve = now.GuidanceCurve
	}
	if from, until := ends(now); was.GuidanceFrom != from || cmp.Or(was.GuidanceUntil, 1) != until {
		d.Interval = []float32{from, until}
	}
	if now.GuidanceRescale != was.GuidanceRescale {
		d.Rescale = &now.GuidanceRescale
	}
	if now.ImageGuidance != was.ImageGuidance {
		d.ImageGuidance = &now.ImageGuidance
	}
	if now.TrueGuidance != was.TrueGuidance {
		d.TrueGuidance = &now.TrueGuidance
	}
	if now.Eta != was.Eta {
		d.Eta = &now.Eta
	}
	d.Control = controlDifference(weightsOf(was, changes), was.Control, now.Control)
	if was.Init != nil && now.Mask != nil && !sameMask(was.Mask, now.Mask) {
		d.Mask = now.Mask
	}
	if keep := keepOf(now.Changes); keep != keepOf(changes) && (was.Mask != nil || d.Mask != nil) {
		d.Keep = &keep
	}
	return d
}

// sameMask reports whether two masks are equal.
func sameMask(a, b *image.Gray) bool {
	return a != nil && b != nil && a.Rect == b.Rect && a.Stride == b.Stride && slices.Equal(a.Pix, b.Pix)
}

// keepOf is the strength of what is kept after changes.
func keepOf(changes []engine.Change) float32 {
	keep := float32(1)
	for _, c := range changes {
		if c.Keep != nil {
			keep = *c.Keep
		}
	}
	return keep
}

// Departure is Difference for a run that branches: another sampler goes on from a step too, where its noise levels are
// the same there; and so does a mask, for which a run without a picture needs what is kept, see Outside.
func Departure(was engine.Request, changes []engine.Change, now engine.Request) engine.Change {
	d := Difference(was, changes, now)
	for _, c := range changes {
		was = c.Apply(was)
	}
	if now.Sampler != was.Sampler && !was.Draft {
		d.Sampler = &now.Sampler
	}
	if was.Init == nil && now.Mask != nil && !sameMask(was.Mask, now.Mask) {
		d.Mask = now.Mask
		if keep := keepOf(now.Changes); keep != keepOf(changes) {
			d.Keep = &keep
		}
	}
	return d
}

// weightsOf are the weights of a run's ControlNets after its changes.
func weightsOf(was engine.Request, changes []engine.Change) []float32 {
	out := make([]float32, len(was.Control))
	for i, c := range was.Control {
		out[i] = cmp.Or(c.Scale, 1)
	}
	for _, change := range changes {
		for _, w := range change.Control {
			if w.Net < len(out) {
				out[w.Net] = w.Weight
			}
		}
	}
	return out
}

// controlDifference are the weights that the present ControlNets have and a run's do not: each is compared with the next
// of the same network, and is switched off where there is none.
func controlDifference(weights []float32, was, now []engine.Control) (out []engine.ControlWeight) {
	now = slices.Clone(now)
	for i, c := range was {
		weight := float32(0)
		if k := slices.IndexFunc(now, func(n engine.Control) bool { return n.Net == c.Net }); k >= 0 {
			weight = now[k].Scale
			now = slices.Delete(now, k, k+1)
		}
		if weight != weights[i] {
			out = append(out, engine.ControlWeight{Net: i, Weight: weight})
		}
	}
	return out
}

// Asked is the run's request, with its ControlNets where they are worked out.
func (r *Run) Asked() engine.Request {
	if r.Job.Ready() {
		if j, err := r.Job.Prepared(); err == nil {
			return j.Request
		}
	}
	return r.Job.Request
}

// ends are where guidance begins and ends to act, shares of the steps.
func ends(q engine.Request) (from, until float32) { return q.GuidanceFrom, cmp.Or(q.GuidanceUntil, 1) }

// Changed are the changes that led to the run's i-th step.
func (r *Run) Changed(i int) []engine.Change {
	var out []engine.Change
	for _, s := range r.Steps[:min(i+1, len(r.Steps))] {
		out = append(out, s.Changes...)
	}
	return out
}
