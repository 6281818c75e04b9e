package engine

import (
	"image"

	"nirvana/engine/family"
	"nirvana/engine/vae"
)

// view shows x_t or x_0 as they lie in a Step.
type view struct {
	*vae.Projection
	Plane
	cutOut bool // the run's pictures have the decoder's opacity
	tiling Tiling
}

func (v *view) picture(x Tensor, i int) *image.RGBA { return v.Picture(v.Unpack(x), i) }

// Plane is how x_t of one size lies in memory.
type Plane = family.Plane

// Look is how a Step is shown, apart from its model: a plain value to be kept beside a step that outlasts the program.
type Look struct {
	Factors []float32 // of the linear map from channels to RGB, [channel+1][3]
	Plane   Plane
	CutOut  bool // the pictures have the decoder's opacity
	Tiling  Tiling
}

// Look is how the step is shown; zero where nobody knows.
func (s Step) Look() Look {
	if s.view == nil {
		return Look{}
	}
	return Look{s.view.Factors(), s.view.Plane, s.view.cutOut, s.view.tiling}
}

// Seen is the step shown as a look says; false where the look does not fit its numbers.
func (s Step) Seen(l Look) (Step, bool) {
	p := vae.Projected(l.Factors)
	if p == nil {
		return s, false
	}
	for _, x := range []Tensor{s.X, s.X0} {
		if x.Data != nil && !l.Plane.Fits(x.Shape, p.Channels()) {
			return s, false
		}
	}
	s.view = &view{p, l.Plane, l.CutOut, l.Tiling}
	return s, true
}
