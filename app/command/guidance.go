package command

import (
	"strconv"
	"strings"

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
