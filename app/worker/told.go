package worker

import (
	"image"
	"slices"

	"nirvana/engine"
)

// Told is a step's number and the number of steps as in the settings: samplers with several evaluations a step, such as
// Heun, have more evaluations.
func (r *Run) Told(step engine.Step) (at, of int) {
	q := r.Job.Request
	of = q.Steps
	if r.Job.Reads() && q.Strength > 0 && q.Strength < 1 {
		of = max(int(float64(of)*float64(q.Strength)+1e-6), 1)
	}
	if of < 1 || step.Of <= of {
		return step.Index, step.Of
	}
	return (step.Index*of + step.Of - 1) / step.Of, of
}

// Painted is the part of its frame that a run repaints, of the frame's size; nil: all of it.
func (r *Run) Painted() *image.Gray { return r.Job.Painted() }

// Keeps reports whether something is kept outside of a mask.
func (r *Run) Keeps() bool {
	return r.Painted() != nil || slices.ContainsFunc(r.Changed(len(r.Steps)), func(c engine.Change) bool { return c.Mask != nil })
}

// Replaces reports whether a run's result replaces the document, as an enlargement does.
func (r *Run) Replaces() bool { return r.Job.Replaces }

// PerPixel is the time of a step per pixel in seconds; false if unknown.
func (r *Run) PerPixel() (float64, bool) {
	q := r.Job.Request
	area := float64(q.Width) * float64(q.Height)
	if r.PerStep <= 0 || area <= 0 || len(r.Steps) == 0 || q.Window > 0 { // windows overlap: not this many pixels
		return 0, false
	}
	last := r.Steps[len(r.Steps)-1]
	at, _ := r.Told(last)
	if at < 2 || last.Index < 2 {
		return 0, false
	}
	return r.PerStep.Seconds() * float64(last.Index) / float64(at) / area, true
}
