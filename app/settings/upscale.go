package settings

import "nirvana/app/task"

// Upscale is how pictures are enlarged with an upscaler.
type Upscale struct {
	File    string  // the upscaler's; "": the first in the list
	Factor  float32 // 1 to 8
	Refines bool    // the model denoises the result
	Refine  float32 // at this strength, 0.01 to 1
}

// MostUpscale is the greatest factor of a picture that is enlarged in the window.
const MostUpscale = 8

var usualUpscale = Upscale{Factor: 2, Refine: task.Refinement}

func (u *Upscale) clamp() {
	if u.Factor == 0 && u.Refine == 0 { // of a version without it
		u.Factor, u.Refine = usualUpscale.Factor, usualUpscale.Refine
	}
	u.Factor, u.Refine = min(max(u.Factor, 1), MostUpscale), min(max(u.Refine, 0.01), 1)
}
