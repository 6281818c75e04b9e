package app

import (
	"image"

	"nirvana/app/compose"
	"nirvana/app/generate"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// Recipe is everything needed to make a picture again; see package recipe.
type Recipe = recipe.Recipe

// Mode is what Generate will do, decided by what is under the frame.
type Mode = task.Mode

const (
	TextToImage  = task.TextToImage  // nothing under the frame
	ImageToImage = task.ImageToImage // a picture
	Inpaint      = task.Inpaint      // a painted mask
	Outpaint     = task.Outpaint     // missing pixels in the frame, or transparent ones and no mask
)

// Strengths of Vary.
const (
	Subtle = compose.Subtle
	Strong = compose.Strong
)

func (s *Studio) newComposer() *generate.Composer {
	o := s.options
	return generate.New(generate.Studio{Sight: &s.Sight, Panel: s.Panel, Model: s.Model, Files: s.Library, Runs: s.Runs, Door: s.Door, Strip: s.Strip,
		Home: o.Home, Version: o.Version, Now: o.Now, Draw: o.Draw, Busy: s.worker.Busy,
		First: func() {
			s.EndNoise()
			s.Preview.Yield()
		},
		Before: func(r Recipe) func() *image.RGBA {
			return s.Gallery.Before(before(r), func(img *image.RGBA) bool { return compose.Before(r, img) })
		},
		Step:    func(made Recipe, at int) (engine.Tensor, error) { return s.Timeline.StepOf(made, at) },
		Drawn:   func() { s.changed(ChangedSettings) },
		Changed: func() { s.changed(ChangedRun) }})
}

// before is the trajectory of the picture that a recipe's was enlarged from; "": it is not known.
func before(r Recipe) string {
	switch {
	case r.Origin != nil:
		return r.Origin.Trajectory
	case !r.Enlarges(): // the recipe makes that picture
		return trajectory.Key(r.Hashes)
	}
	return ""
}
