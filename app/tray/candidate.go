// Package tray holds the results that wait to be kept or discarded: which one is shown, which were discarded and can
// be restored by Undo, and their saved form. It does not depend on the studio. Start with Tray.
package tray

import (
	"image"
	"math"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Candidate is a result that waits to be kept or discarded.
type Candidate struct {
	// Picture fills Frame: what the document will look like there. Unchanged pixels are the document's own.
	Picture *image.RGBA
	Frame   image.Rectangle // document coordinates
	Recipe  recipe.Recipe
	Seed    uint64
	Mode    task.Mode
	Partial bool // stopped before its last step
	// Seam is the mismatch along the mask's boundary as a multiple of the picture's own nearby; 0 without a boundary.
	Seam float64
	// Stored is the history's id, 0 if it is not stored.
	Stored int64
	// Run is the ID of the run that made it, Number which of its pictures it is, from 0.
	Run, Number int

	Raw   *image.RGBA // of Frame's size, as the model made it
	Alpha *image.Gray // its opacity; nil: all
	small *image.RGBA // see Small
	Job   job.Job     // that made it
	// Replaces: kept, it becomes the whole document.
	Replaces bool
	Canvas   *document.Canvas // the canvas that its run began from, until the history has it
	Document int              // the serial of the document that it was generated for
}

// again reports whether both are unfinished pictures of one run, after the same steps.
func (c *Candidate) again(o *Candidate) bool {
	return c.Partial && o.Partial && o.Run == c.Run && c.Recipe.Trajectory != "" && o.Recipe.Trajectory == c.Recipe.Trajectory
}

// Of is a result as a candidate.
func Of(r job.Result) *Candidate {
	return &Candidate{Picture: r.Picture, Frame: r.Job.Frame, Recipe: r.Job.Recipe, Seed: r.Job.Recipe.Seed, Mode: r.Job.Mode, Partial: r.Partial, Seam: r.Seam,
		Raw: r.Raw, Alpha: r.Alpha, small: r.Small, Job: r.Job, Replaces: r.Job.Replaces}
}

// Result is the candidate as it is composited into the document.
func (c *Candidate) Result() document.Result {
	return document.Result{Picture: c.Picture, Frame: c.Frame, Raw: c.Raw, Alpha: c.Alpha, Replaces: c.Replaces, CutOut: c.Job.Recipe.CutOut}
}

// SeamShows reports whether the boundary is visible, rounded to the two decimals that are shown: at or below 1 it is
// like any other line of the picture, and repainting it does harm more often than good.
func (c *Candidate) SeamShows() bool { return math.Round(100*c.Seam) > 100 }

// Small is the thumbnail, made at the first call.
func (c *Candidate) Small() *image.RGBA {
	if c.small == nil {
		c.small = pixel.Thumbnail(c.Picture, job.SmallSide)
	}
	return c.small
}
