package cli

import (
	"strconv"
	"strings"
)

// ownSteps reads the flags that act step by step: --guidance-interval and --guidance-curve, --timesteps and --sigmas,
// and refuses flags that contradict them.
func (o *options) ownSteps() error {
	q := &o.request
	if o.interval != "" {
		v, ok := numbers(o.interval)
		if !ok || len(v) != 2 || v[0] < 0 || v[1] > 1 || v[0] >= v[1] {
			return wrong("--guidance-interval %q is not FROM,UNTIL within 0 to 1, for example 0.1,0.8", o.interval)
		}
		q.GuidanceFrom, q.GuidanceUntil = v[0], v[1]
	}
	if o.curve != "" {
		v, ok := numbers(o.curve)
		if !ok {
			return wrong("--guidance-curve %q is not numbers with commas between, for example 9,7,4", o.curve)
		}
		q.GuidanceCurve = v
	}
	if !(q.PerpNeg >= 0 && q.PerpNeg <= 100) {
		return wrong("--perp-neg %g is not possible: use 0 (off) to 100", q.PerpNeg)
	}
	ancestral := float32(1)
	if q.EtaAncestral != nil {
		ancestral = *q.EtaAncestral
	}
	for _, f := range []struct {
		name  string
		value float32
	}{{"s-churn", q.Churn.Amount}, {"s-tmin", q.Churn.From}, {"s-tmax", q.Churn.Until}, {"s-noise", q.Churn.Noise}, {"eta-ancestral", ancestral}} {
		if !(f.value >= 0 && f.value < 1e6) {
			return wrong("--%s %g is not possible: use 0 or more", f.name, f.value)
		}
	}
	return o.ownTimes()
}

// ownTimes reads explicit timesteps or noise levels, which replace the number of steps.
func (o *options) ownTimes() error {
	q := &o.request
	if o.set["steps"] {
		q.Timesteps, q.Sigmas = nil, nil // a recipe's
	}
	for _, f := range []struct {
		name, text string
		to         *[]float32
	}{{"timesteps", o.timesteps, &q.Timesteps}, {"sigmas", o.sigmas, &q.Sigmas}} {
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

// numbers reads finite numbers separated by commas.
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
