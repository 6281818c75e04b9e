package app

import (
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Told is a step's number, and of how many, as the settings count steps: samplers that ask the network more than once
// a step, such as Heun, have more evaluations than that.
func (r *Run) Told(step engine.Step) (at, of int) {
	q := r.job.request
	of = q.Steps
	if q.Init != nil && q.Strength > 0 && q.Strength < 1 {
		of = max(int(float64(of)*float64(q.Strength)+1e-6), 1)
	}
	if of < 1 || step.Of <= of {
		return step.Index, step.Of
	}
	return (step.Index*of + step.Of - 1) / step.Of, of
}

// Masked says whether anything is masked.
func (d *Document) Masked() bool { return d.Mask != nil && !pixel.Empty(d.Mask, d.Mask.Rect) }
