// Package task is what window and command line share around a run of the engine: its mode, the pictures and the mask
// for the engine, which parameters apply to the model, and how the result is composed over the picture; and the
// defaults of parameters that only these two have. Start with Prepare and Ground.Lay.
package task

import "nirvana/engine"

// Mode is what a run does, by what lies under its frame.
type Mode int

const (
	TextToImage  Mode = iota // nothing under the frame
	ImageToImage             // a picture
	Inpaint                  // a picture with a mask
	Outpaint                 // a picture with missing parts
)

var modes = [...]string{"text to image", "image to image", "inpaint", "outpaint"}

// String is the mode as recipes write it.
func (m Mode) String() string {
	if !m.Known() {
		return ""
	}
	return modes[m]
}

// Known reports whether it is a mode: a number of a file may be none.
func (m Mode) Known() bool { return m >= TextToImage && m <= Outpaint }

// ModeNamed is the mode that a recipe names; false where it names another kind of run.
func ModeNamed(name string) (Mode, bool) {
	for m, n := range modes {
		if n == name {
			return Mode(m), true
		}
	}
	return TextToImage, false
}

// Usual values, in the window at a first start and on the command line where no flag says otherwise.
const (
	Feather  = 8    // px over which a result fades into what was there
	Overlap  = 16   // px of the picture that outpainting makes again beside its edge
	Strength = 0.75 // of image to image and inpainting
	// OutpaintStrength is nearly from noise: what stands under an outpaint's mask is only a smooth extension.
	OutpaintStrength = 0.95
	RefinerAt        = 0.8 // share of the steps after which a refiner takes over
)

// UsualStrength is a mode's where none is given; of few steps, more, so that one is left to run. 0 steps: not known yet.
func UsualStrength(m Mode, steps int) float32 {
	usual := float32(Strength)
	switch m {
	case TextToImage:
		return 1
	case Outpaint:
		usual = OutpaintStrength
	}
	if steps > 0 {
		usual = max(usual, min(1/float32(steps)+1e-6, 1))
	}
	return usual
}

// ApplyModelOptions removes from a request what does not apply to the model, so that its recipe does not contain it. refined: a
// refiner takes over.
func ApplyModelOptions(q *engine.Request, f engine.Facts, refined bool) {
	if !f.PictureGuided {
		q.ImageGuidance = 0
	}
	if !f.TrueGuided {
		q.TrueGuidance = 0
	}
	if !f.Opacity || refined {
		q.CutOut = false
	}
	if !f.Refiner && !refined {
		q.AestheticScore = 0
	}
	if !f.Sizes {
		q.OriginalSize, q.CropTopLeft = [2]int{}, [2]int{}
	}
}

// Multiple is what sizes of a model snap to, px; zero facts are of none.
func Multiple(f engine.Facts) int { return max(f.Multiple, 8) }
