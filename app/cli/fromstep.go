package cli

import (
	"fmt"
	"path/filepath"
	"slices"

	"nirvana/app/recipe"
	"nirvana/app/steps"
	"nirvana/engine"
	"nirvana/engine/wholefile"
)

// mostState is the largest saved state, bytes.
const mostState = 1 << 30

// fixed are the flags that apply to all of a run: they cannot change at a step.
var fixed = []string{"steps", "size", "seed", "rng", "schedule", "scheduler", "timesteps", "sigmas", "s-churn", "s-tmin", "s-tmax", "s-noise", "cfg-pp", "perp-neg",
	"draft", "deepcache", "strength", "expand", "masked-content", "soft-mask", "class", "clip-skip", "original-size", "crop", "refiner", "refiner-at", "plain", "count"}

// branch makes the flags' differences from the recipe a change at --from-step; the recipe's own changes at that step and
// later are dropped.
func (o *options) branch(of engine.Request) error {
	if !o.set["from-step"] {
		return nil
	}
	for _, name := range fixed {
		if o.set[name] {
			return wrong("--%s decides a run from its beginning: leave it out, or leave --from-step out", name)
		}
	}
	q := o.request
	c := recipe.Change{}
	c.At = o.fromStep
	for name, set := range map[string]func(){
		"prompt":            func() { c.Prompt = &q.Prompt },
		"negative":          func() { c.Negative = &q.Negative },
		"guidance":          func() { c.Guidance = &q.Guidance },
		"guidance-rescale":  func() { c.Rescale = &q.GuidanceRescale },
		"guidance-curve":    func() { c.Curve = q.GuidanceCurve },
		"guidance-interval": func() { c.Interval = []float32{q.GuidanceFrom, q.GuidanceUntil} },
		"image-guidance":    func() { c.ImageGuidance = &q.ImageGuidance },
		"true-guidance":     func() { c.TrueGuidance = &q.TrueGuidance },
		"eta":               func() { c.Eta = &q.Eta },
		"eta-ancestral":     func() { c.EtaAncestral = ancestral(q) },
		"sampler":           func() { c.Sampler = &q.Sampler },
	} {
		if o.set[name] {
			set()
		}
	}
	if err := o.branchMask(&c); err != nil {
		return err
	}
	o.changes = slices.DeleteFunc(slices.Clone(o.changes), func(was recipe.Change) bool { return was.At >= o.fromStep }) // of the parent
	if o.request = of; !c.Change.Empty() || c.Mask != nil {
		o.changes = append(o.changes, c)
	}
	return nil
}

// branchMask makes --mask that of the branch, outside of which the recipe's own picture is kept.
func (o *options) branchMask(c *recipe.Change) error {
	if o.mask == "" {
		return nil
	}
	mask, err := greyFile(o.mask)
	if err != nil {
		return fmt.Errorf("--mask: %w", err)
	}
	if u := o.used; len(u.Hashes) > 0 && len(u.Unfinished) == 0 {
		parent := *u
		c.Kept = &recipe.Kept{Parent: &parent, X: u.Hashes[len(u.Hashes)-1]}
	}
	c.Mask, o.mask = mask, ""
	delete(o.set, "mask")
	return nil
}

func ancestral(q engine.Request) *float32 {
	if q.EtaAncestral == nil {
		return new(float32(1))
	}
	return q.EtaAncestral
}

// resume uses the newest saved state up to --from-step; without a folder of states the steps are computed again.
func (o *options) resume(q *engine.Request) (at int, err error) {
	if o.statesOf == "" {
		return 0, nil
	}
	files, err := filepath.Glob(filepath.Join(o.statesOf, "*.state"))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("--from %s holds no states: make the recipe again with --trace DIR --states 5, or leave --from out", o.statesOf)
	}
	at = -1
	for _, file := range files {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(file), "%d.state", &n); err == nil && n <= o.fromStep && n > at {
			at = n
		}
	}
	if at < 0 {
		return 0, fmt.Errorf("--from %s holds no state up to step %d: leave --from out", o.statesOf, o.fromStep)
	}
	data, err := wholefile.ReadMost(filepath.Join(o.statesOf, stateName(at)), mostState)
	if err != nil {
		return 0, fmt.Errorf("--from: %w", err)
	}
	state, err := steps.UnpackState(data)
	if err != nil {
		return 0, fmt.Errorf("--from %s, step %d: %w", o.statesOf, at, err)
	}
	if h := o.used.Hashes; at < len(h) {
		x := engine.Tensor{Data: state.Sampler.X}
		if x.SHA256() != h[at] {
			return 0, fmt.Errorf("--from %s belongs to another run than the recipe: its step %d has other values", o.statesOf, at)
		}
	}
	q.Resume = &state
	return at, nil
}

func stateName(step int) string { return fmt.Sprintf("%03d.state", step) }
