package cli

import (
	"nirvana/app/task"
	"nirvana/engine"
)

// cutOut decides whether the picture gets a transparent background: by the flags, the recipe, or the default.
func (o *options) cutOut(j *job, f engine.Facts) error {
	switch {
	case o.set["cut-out"] && j.request.CutOut && !f.Opacity:
		return wrong("%s cannot tell drawings from their background: leave --cut-out out", f.Name)
	case !o.set["cut-out"] && !o.set["no-cut-out"] && o.used == nil:
		j.request.CutOut = task.CutsOut(j.request, f, j.mode, false)
	}
	return nil
}
