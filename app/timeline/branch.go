package timeline

import (
	"image"

	"nirvana/app/job"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/app/worker"
	"nirvana/engine"
)

// SteerByPanel applies the current settings to the current run, and the mask to one that keeps a picture outside of it.
func (t *Timeline) SteerByPanel() {
	r := t.in.Runs.Run()
	if !r.Active() {
		return
	}
	now, painted, overlap := t.panelFor(r), t.painted(r), t.hooks.Overlap()
	steer := func(mask *image.Gray) {
		now.Mask = mask
		if t.in.Runs.Run() == r {
			t.in.Runs.Steer(worker.Difference(r.Asked(), r.Changed(len(r.Steps)), now))
		}
	}
	if painted == nil {
		steer(nil)
		return
	}
	j := r.Job
	t.in.Beside(func() func() {
		mask := maskOf(j, painted, overlap)
		return func() { steer(mask) }
	})
}

// panelFor is the current settings as a request for a run.
func (t *Timeline) panelFor(r *worker.Run) engine.Request {
	return t.hooks.Panel(r.Job.Refiner.Dir != "")
}

// maskOf is the mask of a run with what is painted. Slow.
func maskOf(j job.Job, painted *image.Gray, overlap int) *image.Gray {
	if p, err := j.Prepared(); err == nil {
		j = p
	}
	return j.Masked(painted, overlap)
}

// Branch queues a run that continues from the shown step with the current settings, as another candidate. A current
// run is stopped. With a mask only what is under it is made anew: outside, the picture that the run came to is kept, or
// the picture that an unfinished run keeps.
func (t *Timeline) Branch() {
	r := t.Path()
	_, i, ok := r.Shown()
	if !ok {
		return
	}
	b := branching{run: r, i: i, panel: t.panelFor(r)}
	read, here := r.Reader(i)
	painted := t.painted(r)
	if here && painted == nil {
		b.steps = read()
		t.branch(b)
		return
	}
	j, made, last, overlap := r.Job, t.madeBy(r), r.Last(), t.hooks.Overlap()
	t.in.Beside(func() func() {
		if b.steps = read(); painted != nil {
			b.panel.Mask = maskOf(j, painted, overlap)
			if x := last(); made != nil && x.Data != nil && x.SHA256() == made.Hashes[len(made.Hashes)-1] {
				b.outside = worker.Outside{X: x, Parent: made}
			}
		}
		return func() { t.branch(b) }
	})
}

// branching is a branch to be queued: of a run at its i-th step, with the steps up to there.
type branching struct {
	run     *worker.Run
	i       int
	panel   engine.Request
	steps   []engine.Step
	outside worker.Outside
}

func (t *Timeline) branch(b branching) {
	r, asked := b.run, b.run.Asked()
	change := worker.Departure(asked, r.Changed(b.i), b.panel)
	if change.Mask != nil && asked.Init == nil && b.outside.X.Data == nil {
		t.in.Tell(&notice.Notice{Headline: t.say("A mask needs a finished picture to keep outside of it"), Advice: t.say("Let the run come to its end and go on from its steps then, or clear the mask.")})
		return
	}
	if change.Empty() && b.i == len(r.Steps)-1 {
		t.in.Tell(&notice.Notice{Headline: t.say("No setting differs from this run yet"), Advice: t.say("Change the prompt, the guidance or another setting, then go on from here."), Fine: true})
		return
	}
	run := r.Branch(b.i, b.steps, change)
	b.outside.Keep(run)
	run.Document = t.in.Sight.Document.Serial
	if r.Active() {
		t.in.Runs.Stop()
	}
	t.hooks.Submit(run)
}

// madeBy is the recipe of the finished picture whose steps a run has; nil: there is none.
func (t *Timeline) madeBy(r *worker.Run) *recipe.Recipe {
	made := t.in.Sight.Document.Recipe
	if c := t.in.Sight.Tray.Current(); c != nil {
		made = &c.Recipe
	}
	if made == nil || r.Key == "" || trajectory.Key(made.Hashes) != r.Key || len(made.Unfinished) > 0 {
		return nil
	}
	return made
}
