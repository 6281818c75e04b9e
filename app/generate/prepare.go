package generate

import (
	"nirvana/app/job"
	"nirvana/app/worker"
)

// Prepare computes a run's inputs in the background, and reports missing files. Until then the journal has the
// sources of the inputs.
func (c *Composer) Prepare(r *worker.Run) {
	j := r.Job
	if j.Ready() {
		return
	}
	c.in.Beside(func() func() {
		j.Prepared() // the worker reports errors
		return func() {
			c.in.Changed()
			for _, lost := range j.Lost() {
				c.in.Fail(notLoaded(lost.Kind), lost.Err, "", nil)
			}
		}
	})
}

// notLoaded is the headline for an unreadable file, by its kind.
func notLoaded(kind job.Kind) string {
	switch kind {
	case job.Depth:
		return "The depth map cannot be loaded"
	case job.Region:
		return "The mask cannot be loaded"
	}
	return "The picture for the ControlNet cannot be loaded"
}
