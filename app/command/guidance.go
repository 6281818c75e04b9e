package command

import (
	"strconv"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// guidanceOverSteps reads --guidance-interval and --guidance-curve.
func (o *options) guidanceOverSteps(r *engine.Request) error {
	if o.interval != "" {
		v, ok := numbers(o.interval)
		if !ok || len(v) != 2 || v[0] < 0 || v[1] > 1 || v[0] >= v[1] {
			return wrong("--guidance-interval %q is not FROM,UNTIL within 0 to 1, for example 0.1,0.8", o.interval)
		}
		r.GuidanceFrom, r.GuidanceUntil = v[0], v[1]
	}
	if o.curve != "" {
		v, ok := numbers(o.curve)
		if !ok {
			return wrong("--guidance-curve %q is not numbers with commas between, for example 9,7,4", o.curve)
		}
		r.GuidanceCurve = v
	}
	if !(o.perpNeg >= 0 && o.perpNeg <= 100) {
		return wrong("--perp-neg %g is not possible: use 0 (off) to 100", o.perpNeg)
	}
	r.CFGPlusPlus, r.PerpNeg = o.plusPlus, float32(o.perpNeg)
	return o.walk(r)
}

// walk reads what changes the sampler's steps: their noise, and timesteps or noise levels of the run's own.
func (o *options) walk(r *engine.Request) error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"s-churn", o.churn}, {"s-tmin", o.churnMin}, {"s-tmax", o.churnMax}, {"s-noise", o.stir}, {"eta-ancestral", o.ancestral}} {
		if !(f.value >= 0 && f.value < 1e6) {
			return wrong("--%s %g is not possible: use 0 or more", f.name, f.value)
		}
	}
	r.Churn = engine.Churn{Amount: float32(o.churn), From: float32(o.churnMin), Until: float32(o.churnMax), Noise: float32(o.stir)}
	if o.ancestral != 1 {
		eta := float32(o.ancestral)
		r.EtaAncestral = &eta
	}
	for _, f := range []struct {
		name, text string
		to         *[]float32
	}{{"timesteps", o.timesteps, &r.Timesteps}, {"sigmas", o.sigmas, &r.Sigmas}} {
		if f.text == "" {
			continue
		}
		v, ok := numbers(f.text)
		if !ok {
			return wrong("--%s %q is not numbers with commas between, for example 900,600,300", f.name, f.text)
		}
		*f.to = v
	}
	return nil
}

// numbers reads finite numbers with commas between.
func numbers(s string) ([]float32, bool) {
	var out []float32
	for _, field := range strings.Split(s, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 32)
		if err != nil || v < -1000 || v > 1000 || v != v {
			return nil, false
		}
		out = append(out, float32(v))
	}
	return out, true
}

// walkFrom takes CFG++, Perp-Neg and the noise of the steps from a recipe.
func (o *options) walkFrom(r recipe.Recipe, set func(string, func())) {
	set("cfg-pp", func() { o.plusPlus = r.CFGPlusPlus })
	set("perp-neg", func() { o.perpNeg = float64(r.PerpNeg) })
	set("eta-ancestral", func() {
		if r.EtaAncestral != nil {
			o.ancestral = float64(*r.EtaAncestral)
		}
	})
	c := r.Churn()
	set("s-churn", func() { o.churn = float64(c.Amount) })
	set("s-tmin", func() { o.churnMin = float64(c.From) })
	set("s-tmax", func() { o.churnMax = float64(c.Until) })
	set("s-noise", func() { o.stir = float64(c.Noise) })
	if o.set["steps"] {
		return
	}
	set("timesteps", func() { o.timesteps = joined(r.Timesteps) })
	set("sigmas", func() { o.sigmas = joined(r.Sigmas) })
	if o.timesteps+o.sigmas != "" {
		o.steps = 0 // as many as there are
	}
}
