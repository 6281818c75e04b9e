package app

import (
	"context"
	"errors"
	"image"
	"time"

	"nirvana/app/document"
	"nirvana/app/history"
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// RunState is how far a run is.
type RunState int

const (
	Waiting  RunState = iota // in the queue
	Opening                  // its model is being opened
	Running                  // denoising
	Finished                 // all candidates made
	Stopped                  // by the artist; what was there is a candidate
	Failed                   // see Err
)

// Run is one press of Generate: Count candidates, one after the other, with
// seeds Seed, Seed+1 and so on.
type Run struct {
	ID     int
	Mode   Mode
	Frame  image.Rectangle // where it lands, document coordinates when it was queued
	Prompt string
	Seed   uint64
	Count  int
	State  RunState
	// Stopping: the artist has stopped it, and the step under way has not ended yet.
	Stopping bool
	Err      error

	Index int           // which of Count is under way, from 0
	Steps []engine.Step // of that one, from x_T on; only the newest has its State
	// PerStep is the mean time of a step so far, 0 before the second.
	PerStep time.Duration
	// Phase and Part are the long part of a large picture's run that is under way, and the share of it that is done;
	// of the whole picture in the Denoising phase. Part is 0 where there is none.
	Phase engine.Phase
	Part  float64

	job    job.Job
	studio *Studio
	// document is the serial of the one that it was asked for: its results are nothing to another.
	document int
	canvas   *document.Canvas // that it began from
	// tried counts how often it was begun without coming a step further.
	tried   int
	history *history.Store // that takes its pictures
	shown   int            // -1: the newest
	cancel  context.CancelFunc
	began   time.Time // of the first step's arrival
	from    int       // that step's index
	share   float64   // and the share of the work
	heard   time.Time // when it last told how far it is
	// saved are the steps of an earlier start, the last one with its state: the run goes on from it.
	saved []engine.Step
}

// Run is the run under way, or else the last one; nil before the first.
func (s *Studio) Run() *Run { return s.run }

// Active says whether the run is under way.
func (r *Run) Active() bool { return r != nil && (r.State == Opening || r.State == Running) }

// Of is the number of steps of one candidate; 0 before the first step.
func (r *Run) Of() int {
	if len(r.Steps) == 0 {
		return 0
	}
	return r.Steps[len(r.Steps)-1].Of // which an adaptive sampler guesses anew after every step
}

// Progress is the share of the whole run that is done, 0 to 1.
func (r *Run) Progress() float64 {
	if r.State == Finished {
		return 1
	}
	return (float64(r.Index) + r.done()) / float64(r.Count)
}

// done is the share of the picture under way.
func (r *Run) done() float64 {
	if len(r.Steps) == 0 {
		return 0
	}
	share := shareOf(r.Steps[len(r.Steps)-1])
	if r.Phase == engine.Denoising {
		share = max(share, r.Part)
	}
	return share
}

// shareOf is the share of a picture's work that is done at a step; of one from an earlier start only its number is known.
func shareOf(s engine.Step) float64 {
	if s.Share == 0 && s.Of > 0 {
		return float64(s.Index) / float64(s.Of)
	}
	return s.Share
}

// Left is about how long the run will still take; 0 where it is not known.
func (r *Run) Left() time.Duration {
	if !r.Active() || len(r.Steps) == 0 || r.done() <= r.share {
		return 0
	}
	whole := float64(r.heard.Sub(r.began)) / (r.done() - r.share)
	return max(time.Duration(whole*(1-r.done()+float64(r.Count-1-r.Index))), 0)
}

// reporting tells the owner how far a long part is, ten times a second.
func (r *Run) reporting() func(engine.Phase, float64) {
	var last time.Time
	return func(p engine.Phase, share float64) {
		if time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		r.studio.post(func() {
			r.Phase, r.Part, r.heard = p, share, r.studio.now()
			r.studio.changed(ChangedStep)
		})
	}
}

// Shown is the step that the canvas shows, and its index; false where there is none.
func (r *Run) Shown() (engine.Step, int, bool) {
	if r == nil || len(r.Steps) == 0 || r.document != r.studio.Document.Serial {
		return engine.Step{}, 0, false
	}
	i := len(r.Steps) - 1
	if r.shown >= 0 {
		i = min(r.shown, i)
	}
	return r.fetched(i), i, true
}

// Show holds the canvas at step i; -1 follows the newest.
func (r *Run) Show(i int) {
	r.studio.Tray.Release()
	if r.shown != i {
		r.shown = max(i, -1)
		r.studio.changed(ChangedStep)
	}
}

// Following says whether the newest step is shown.
func (r *Run) Following() bool { return r.shown < 0 }

// Stop ends the run under way within a step. What is there becomes a candidate.
func (s *Studio) Stop() {
	if s.Asked > 0 {
		s.Asked = 0
		s.changed(ChangedRun)
		return
	}
	if s.run.Active() && s.run.cancel != nil && !s.run.Stopping {
		s.run.Stopping = true
		s.run.cancel()
		s.changed(ChangedRun)
	}
}

// Cancel takes a waiting run out of the queue, or stops it when it is under way.
func (s *Studio) Cancel(r *Run) {
	if r == s.run {
		s.Stop()
		return
	}
	for i, q := range s.Queue {
		if q == r {
			s.Queue = append(s.Queue[:i:i], s.Queue[i+1:]...)
			s.changed(ChangedRun)
			return
		}
	}
}

// Reorder moves a waiting run to place i of the queue.
func (s *Studio) Reorder(r *Run, i int) {
	var rest []*Run
	for _, q := range s.Queue {
		if q != r {
			rest = append(rest, q)
		}
	}
	if len(rest) == len(s.Queue) {
		return
	}
	i = min(max(i, 0), len(rest))
	s.Queue = append(rest[:i:i], append([]*Run{r}, rest[i:]...)...)
	s.changed(ChangedRun)
}

// advance starts the next waiting run when no worker is under way.
func (s *Studio) advance() {
	if s.busy || len(s.Queue) == 0 || s.base.Err() != nil {
		return
	}
	r := s.Queue[0]
	s.Queue = s.Queue[1:]
	if s.run != nil && s.run != r {
		s.run.Steps, s.run.saved = nil, nil // whoever still holds the run, such as a drawing of its card, does not hold these
	}
	s.run = r
	r.shown, r.State, r.Stopping = -1, Opening, false
	r.tried++
	r.history = s.History
	s.Tray.Release()
	ctx, cancel := context.WithCancel(s.base)
	r.cancel = cancel
	saved := r.save()
	s.work(func() {
		defer cancel()
		if j, err := r.job.Prepared(); err == nil {
			s.keepRun(saved, j)
		}
		s.execute(ctx, r)
	})
	s.changed(ChangedRun)
}

// work runs f on the one worker; when it is done the next run starts.
func (s *Studio) work(f func()) {
	s.busy, s.idle = true, make(chan struct{})
	idle := s.idle
	go func() {
		defer close(idle)
		if err := guarded(func() error { f(); return nil }); err != nil {
			s.post(func() { s.Fail("The picture could not be made", err, "", nil) })
		}
		s.post(func() {
			s.busy = false
			s.advance()
			s.openWanted()
			s.noiseWanted()
		})
	}()
}

// post hands a function to the owner; after Close it is dropped.
func (s *Studio) post(f func()) {
	s.options.Post(func() {
		if s.base.Err() == nil {
			defer s.together()()
			f()
		}
	})
}

// execute is a run from beginning to end, on the worker.
func (s *Studio) execute(ctx context.Context, r *Run) {
	first := r.Index // the owner moves it on
	var g Generator
	err := guarded(func() (err error) {
		g, err = s.need(ctx, r.job.Model)
		for i := first; err == nil && i < r.Count; i++ {
			err = s.picture(ctx, r, g, i, first)
		}
		return err
	})
	stopped := ctx.Err() != nil
	s.post(func() { s.ended(r, stopped, err) })
	if g != nil && err == nil { // a failure is told of already
		if notices := noticed(g); len(notices) > 0 {
			s.post(func() { s.otherwise(notices) })
		}
	}
}

// ended runs on the owner.
func (s *Studio) ended(r *Run, stopped bool, err error) {
	r.Stopping = false
	if r.shown >= 0 { // an earlier step was looked at while the run went on: it has a result now
		r.shown = -1
	}
	switch {
	case stopped || errors.Is(err, context.Canceled):
		r.State = Stopped
	case err != nil:
		r.State, r.Err = Failed, err
		s.Fail("The picture could not be made", err, "Try again", func() { s.again(r) })
	default:
		r.State = Finished
		if r.document != s.Document.Serial {
			s.notify(&Notice{Headline: s.say("A picture is in the history"), Advice: s.say("It was begun for the picture that was on the canvas before.")})
		}
		s.notePace(r)
	}
	s.changed(ChangedRun)
}

// again queues a copy of a run.
func (s *Studio) again(r *Run) {
	s.submit(&Run{Mode: r.Mode, Frame: r.Frame, Prompt: r.Prompt, Seed: r.Seed, Count: r.Count, studio: s, job: r.job, document: r.document})
}

// picture makes the i-th candidate.
func (s *Studio) picture(ctx context.Context, r *Run, g Generator, i, first int) error {
	j, err := r.job.Prepared()
	if err != nil {
		return err
	}
	j.Number(i)
	j.Request.Report = r.reporting()
	if n := len(r.saved); n > 0 && i == first && j.Refiner.Dir == "" {
		j.Request.Resume = &r.saved[n-1].State
	}
	var trail recipe.Trail
	var last engine.Step // only this one is held here: the others may be let go of
	var made *image.RGBA
	var failed error
	for step, err := range s.steps(ctx, g, &j) {
		if err != nil {
			failed = err
			break
		}
		var before []engine.Step
		if j.Request.Resume != nil && trail.Hashes == nil {
			before = r.recall(step)
			for _, b := range before {
				trail.Add(b)
			}
		}
		trail.Add(step)
		last = step
		if len(step.Pictures) > 0 {
			made = step.Pictures[0]
		}
		s.keepStep(r, i, step)
		s.post(func() { r.arrived(i, step, before) })
	}
	partial := made == nil
	if partial {
		if ctx.Err() == nil && failed == nil {
			failed = fault.Computing.Errorf("%s ended without a picture: check the model in the Model menu", j.Model.Name)
		}
		made = unfinished(s.base, g, last, j.Request)
	}
	if made != nil {
		trail.Into(&j.Recipe)
		j.Remember()
		j.Recipe.SetPrompts(j.Request)
		j.Recipe.ModelHash = g.Facts().Hash // the model may not have been open when this was queued
		if d, ok := g.(interface{ Described() string }); ok {
			j.Recipe.Runtime = d.Described()
		}
		j.Request.Resume = nil
		c := candidate(j.Finish(made, partial))
		c.canvas = r.canvas
		c.Small() // here, where the window does not wait
		show := func() {
			c.Frame, c.Run, c.Number, c.document = r.Frame, r.ID, i, r.document
			if r.document == s.Document.Serial {
				s.Tray.add(c)
			}
		}
		if partial {
			s.post(show)
		} else {
			s.store(r.history, c, func() {
				show()
				s.verdict(c.Recipe, &j)
			})
		}
	}
	return errors.Join(failed, ctx.Err())
}

// appendStep keeps the last step once: the engine tells it again with its
// pictures. Only the newest keeps the sampler's state, which is larger than the rest.
func appendStep(steps []engine.Step, step engine.Step) []engine.Step {
	n := len(steps)
	if n > 0 {
		steps[n-1].State = engine.State{}
	}
	if n > 0 && steps[n-1].Index == step.Index {
		steps[n-1] = step
		return steps
	}
	return append(steps, step)
}

// arrived notes a step, on the owner, with those before it where the run was resumed.
func (r *Run) arrived(i int, step engine.Step, before []engine.Step) {
	s := r.studio
	c := ChangedStep
	r.tried = 0
	if r.State != Running || r.Index != i {
		r.State, r.Index, r.Steps = Running, i, before
		r.began, r.from, r.share = s.now(), step.Index, shareOf(step)
		c |= ChangedRun
	}
	if n := step.Index - r.from; n > 0 {
		r.PerStep = max(s.now().Sub(r.began)/time.Duration(n), 0) // a clock may be set back
	}
	r.Phase, r.Part, r.heard = engine.Denoising, 0, s.now()
	r.Steps = appendStep(r.Steps, step)
	r.spill(keptSteps)
	s.changed(c)
}
