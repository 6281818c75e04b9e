package engine

import (
	"image"

	"nirvana/engine/random"
	"nirvana/engine/sample"
	"nirvana/engine/vae"
)

// Step is the state of a run after one evaluation of the denoiser. Index 0 is
// x_T, before the first; the last one carries the finished pictures.
type Step struct {
	Index, Of int
	// Share of the run's work that is done, 0 to 1: the steps of large pictures differ in size.
	Share float64
	// Timestep and Sigma are those that X stands at now; the last has Timestep 0 and Sigma 0.
	Timestep, Sigma float32
	// Guidance is the scale that led here; 0 in the first step, 1 where none acted.
	Guidance float32
	// Changes are those that counted from the evaluation that led here on.
	Changes []Change
	// X is x_t and X0 the x_0 predicted from it, [batch, channel, height, width], never written after they are yielded.
	X, X0 Tensor
	// Pictures is set in the last step: one a picture of the batch, full size.
	Pictures []*image.RGBA
	// State resumes the run from here.
	State State

	view *view
}

// Recalled is an earlier step of the same run from what was saved of it: the
// contents are was's, shown as s is.
func (s Step) Recalled(was Step) Step {
	was.view = s.view
	return was
}

// State is everything a run needs to go on from a step: a plain value.
type State struct {
	Sampler sample.State
	Random  []random.State
	Stage   int // of a large picture, see Request.Window
	Rested  int // the last step before this one in which x_t could be painted into; -1: none
}

// Done says whether this is the run's last step.
func (s Step) Done() bool { return s.Pictures != nil || s.Index == s.Of }

// Noisy is x_t of the i-th picture of the batch as a small opaque picture, a pixel for each latent
// pixel, by the linear fit to the model's own decoder.
func (s Step) Noisy(i int) *image.RGBA { return s.view.picture(s.X, i) }

// Predicted is the predicted x_0 likewise; x_t where nothing is predicted yet.
func (s Step) Predicted(i int) *image.RGBA {
	if s.X0.Data == nil {
		return s.view.picture(s.X, i)
	}
	return s.view.picture(s.X0, i)
}

// view shows x_t or x_0 as they lie in a Step.
type view struct {
	*vae.Projection
	cutOut bool // the run's pictures have the decoder's opacity
	tiling Tiling
	unpack func(Tensor) Tensor // to [batch, channel, height, width]
}

func (v *view) picture(x Tensor, i int) *image.RGBA { return v.Picture(v.unpack(x), i) }
