package cli

import (
	"nirvana/app/task"
	"nirvana/engine"
)

// cutOut settles whether the picture gets a transparent ground: as the flags or the recipe say, else as is usual.
func (o *options) cutOut(j *job, f engine.Facts) error {
	switch {
	case o.set["cut-out"] && j.request.CutOut && !f.Opacity:
		return wrong("%s cannot tell drawings from their background: leave --cut-out out", f.Name)
	case !o.set["cut-out"] && !o.set["no-cut-out"] && o.used == nil:
		j.request.CutOut = task.CutsOut(j.request, f, j.mode, false)
	}
	return nil
}
