package generate

import (
	"nirvana/app/job"
	"nirvana/app/worker"
)

// Prepare computes a run's inputs in the background, and reports files that are missing. Until then the journal has
// what they are computed from.
func (c *Composer) Prepare(r *worker.Run) {
	j := r.Job
	if j.Ready() {
		return
	}
	c.in.Beside(func() func() {
		j.Prepared() // the worker reports what went wrong
		return func() {
			c.in.Changed()
			for _, lost := range j.Lost() {
				c.in.Fail(notLoaded(lost.Kind), lost.Err, "", nil)
			}
		}
	})
}

// notLoaded is the headline of a file of a kind that could not be read.
func notLoaded(kind job.Kind) string {
	switch kind {
	case job.Depth:
		return "The depth map cannot be loaded"
	case job.Region:
		return "The mask cannot be loaded"
	}
	return "The picture for the ControlNet cannot be loaded"
}
