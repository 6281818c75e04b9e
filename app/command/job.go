package command

import (
	"encoding/json"
	"image"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// job is what the flags ask for, in the engine's words, and the way back for the picture.
type job struct {
	request  engine.Request
	mode     string
	settings json.RawMessage // the scheduler's, for the recipe

	init     *image.RGBA // that --init names
	base     *image.RGBA // what the picture goes over; nil: it is the whole result
	source   *pixel.Source
	sourceAt image.Point // its corner in base
	own      image.Point // the picture's size, where the run's is that with a margin; or 0,0
	mask     *image.Gray
	feather  int  // px, of a pasted edge
	match    bool // colours to those around the mask
	notices  []fault.Notice
}

func (o *options) job() (*job, error) {
	j := &job{mode: "text to image", feather: 6, match: true}
	j.request = engine.Request{Prompt: o.prompt, Negative: o.negative, NoNegative: !o.set["negative"] && o.negative == "",
		Syntax: !o.plain && !o.syntaxOff, ClipSkip: o.clipSkip, Seed: o.seed, RNG: o.rng, Sampler: o.sampler, Schedule: o.schedule,
		Steps: o.steps, Eta: float32(o.eta), Guidance: float32(o.guidance), GuidanceRescale: float32(o.rescale), Draft: o.draft, FewSteps: o.few, ImageGuidance: float32(o.imageGuidance),
		Strength: float32(o.strength), Width: o.width, Height: o.height, Content: o.content, Soft: o.soft}
	if o.set["guidance"] && o.guidance == 0 {
		j.request.Guidance = 1e-30 // off, not the model's own
	}
	err := o.guidanceOverSteps(&j.request)
	if err != nil {
		return nil, err
	}
	if j.request.Scheduler, j.settings, err = o.schedulerFile(); err != nil {
		return nil, err
	}
	if err := o.pictures(j); err != nil {
		return nil, err
	}
	j.fromUsed(o.used)
	o.kinds(&j.request)
	return j, nil
}
