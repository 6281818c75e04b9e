package engine

import (
	"image"

	"nirvana/engine/random"
	"nirvana/engine/sample"
)

// Step is the state of a run after one evaluation of the denoiser. Index 0 is x_T, before the first; the last one
// carries the finished pictures.
type Step struct {
	Index, Of int
	// Share of the run's work that is done, 0 to 1; the steps of large pictures take different times.
	Share float64
	// Timestep and Sigma are X's noise level; 0 in the last step.
	Timestep, Sigma float32
	// Guidance is the scale of the evaluation that led here; 0 in the first step, 1 where guidance was off.
	Guidance float32
	// Changes are those applied from the evaluation that led here on.
	Changes []Change
	// X is x_t and X0 the x_0 predicted from it, [batch, channel, height, width]; never written once yielded.
	X, X0 Tensor
	// Pictures are set in the last step: one for each picture of the batch, full size.
	Pictures []*image.RGBA
	// State resumes the run from here.
	State State

	view *view
}

// Recalled returns an earlier step of the same run, was, as it was saved, with s's way to show it.
func (s Step) Recalled(was Step) Step {
	was.view = s.view
	return was
}

// State is everything that a run needs to continue from a step: a plain value.
type State struct {
	Sampler sample.State
	Random  []random.State
	Stage   int // of a large picture, see Request.Window
	Rested  int // the last step before this one at which x_t could be painted into; -1: none
}

// Done reports whether this is the run's last step.
func (s Step) Done() bool { return s.Pictures != nil || s.Index == s.Of }

// Noisy shows x_t of the i-th picture of the batch as a small opaque picture, one pixel for each latent pixel, by the
// linear fit to the model's own decoder.
func (s Step) Noisy(i int) *image.RGBA { return s.view.picture(s.X, i) }

// Predicted shows the predicted x_0 in the same way; x_t where nothing is predicted yet.
func (s Step) Predicted(i int) *image.RGBA {
	if s.X0.Data == nil {
		return s.view.picture(s.X, i)
	}
	return s.view.picture(s.X0, i)
}
