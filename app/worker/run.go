package worker

import (
	"context"
	"errors"
	"image"
	"time"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// State is how far a run is.
type State int

const (
	Waiting  State = iota // in the queue
	Opening               // its model is being opened
	Running               // denoising
	Finished              // all candidates made
	Stopped               // by the artist; the unfinished picture is a candidate
	Failed                // see Err
)

// Run is one press of Generate: Count candidates, one after the other, with seeds Seed, Seed+1 and so on.
type Run struct {
	ID     int
	Mode   task.Mode
	Frame  image.Rectangle // its position, in document coordinates when it was queued
	Prompt string
	Seed   uint64
	Count  int
	State  State
	// Stopping: the artist has stopped it, and the step under way has not ended yet.
	Stopping bool
	// Unmade: it has ended, and what it had come to is not a candidate yet.
	Unmade bool
	// Held: the artist has paused it; it waits before the next evaluation.
	Held bool
	Err  error

	Index int           // which of Count is under way, from 0
	Grid  []Contender   // of a search: its seeds
	lead  int           // of the grid: whose steps these are
	Steps []engine.Step // of that picture, from x_T on; the newest and every fifth have their State
	// PerStep is the mean time of a step so far, 0 before the second.
	PerStep time.Duration
	// Phase and Part are the long part of a large picture's run that is under way, and the share of it that is done;
	// of the whole picture in the Denoising phase. Part is 0 where there is none.
	Phase engine.Phase
	Part  float64
	// Preview is what is enlarged, as far as it is; nil: nothing is.
	Preview *image.RGBA

	Job job.Job
	// Document is the serial of the document that it was made for: its results do not belong to others.
	Document int
	Canvas   *document.Canvas // that it began from
	// Tried counts how often it was started without finishing another step.
	Tried  int
	shown  int                // -1: the newest
	Cancel context.CancelFunc // of what is under way
	words  chan Word
	// branched: Past are the steps of the run that it branched from.
	branched bool
	hooks    Hooks
	clock    clock
	// Key is the trajectory of the last picture, see trajectory.Key.
	Key string
	// From is the run that it branched from, whose key may be unknown until it begins; nil: none.
	From *Run
	// Unfinished is the history's id of its unfinished picture; 0: it was not stopped.
	Unfinished int64
	// Past are the steps of an earlier start, the last one with its state: the run continues from it.
	Past []engine.Step
	// PastGrid are the seeds of a search in an earlier start, which goes on from them.
	PastGrid []Contender
}

// Active reports whether the run is under way.
func (r *Run) Active() bool { return r != nil && (r.State == Opening || r.State == Running) }

// Coming reports whether something of the run is still to come: it is under way, or what it had come to is Unmade.
func (r *Run) Coming() bool { return r.Active() || r != nil && r.Unmade }

// Of is the number of steps of one candidate; 0 before the first step.
func (r *Run) Of() int {
	if len(r.Steps) == 0 {
		return 0
	}
	return r.Steps[len(r.Steps)-1].Of // which an adaptive sampler estimates again after every step
}

// Progress is the share of the whole run that is done, 0 to 1. It never falls while the run is under way.
func (r *Run) Progress() float64 {
	if r.State == Finished {
		return 1
	}
	return r.clock.done
}

// progress is what Progress would be by the newest step and report alone.
func (r *Run) progress() float64 { return (float64(r.Index) + r.done()) / float64(r.Count) }

// done is the share of the picture under way.
func (r *Run) done() float64 {
	before := r.upscaling()
	if r.Phase == engine.Upscaling {
		return before * r.Part
	}
	if len(r.Steps) == 0 {
		return 0
	}
	share := shareOf(r.Steps[len(r.Steps)-1])
	if r.Phase == engine.Denoising {
		share = max(share, r.Part)
	}
	return before + (1-before)*share
}

// upscaling is the share of a picture's work that its upscaler has: where the model denoises too, how much that is shows
// only then.
func (r *Run) upscaling() float64 {
	switch e := r.Job.Enlarge; {
	case e == nil:
		return 0
	case e.Refine > 0:
		return 0.25
	}
	return 1
}

// shareOf is the share of a picture's work that is done at a step; of one from an earlier start only its number is known.
func shareOf(s engine.Step) float64 {
	if s.Share == 0 && s.Of > 0 {
		return float64(s.Index) / float64(s.Of)
	}
	return s.Share
}

// Left is the estimated remaining time; 0 if unknown.
func (r *Run) Left() time.Duration {
	if !r.Active() || r.Held || r.Phase == engine.Upscaling && r.upscaling() < 1 {
		return 0
	}
	return r.clock.left()
}

// Hooks are a run's connections with the program. All may be nil.
type Hooks struct {
	Here    func(document int) bool                                     // whether that document is on the canvas
	Showing func(another bool)                                          // a step is to be shown; another than before
	Past    func(seed int, step engine.Step) (was engine.Step, ok bool) // a step that is no longer in memory, with its numbers; not ok: missing, or not read yet
	Read    func(seed int, step engine.Step) (was engine.Step, ok bool) // the same on any goroutine, and now
}

// Attach gives the run its hooks.
func (r *Run) Attach(h Hooks) { r.hooks = h }

// Shown is the step that the canvas shows, and its index; false where there is none.
func (r *Run) Shown() (engine.Step, int, bool) {
	if r == nil || len(r.Steps) == 0 || r.hooks.Here != nil && !r.hooks.Here(r.Document) {
		return engine.Step{}, 0, false
	}
	i := len(r.Steps) - 1
	if r.shown >= 0 {
		i = min(r.shown, i)
	}
	return r.Step(i), i, true
}

// Show holds the canvas at step i; -1 follows the newest.
func (r *Run) Show(i int) {
	another := r.shown != i
	if another {
		r.shown = max(i, -1)
	}
	if r.hooks.Showing != nil {
		r.hooks.Showing(another)
	}
}

// Following reports whether the newest step is shown.
func (r *Run) Following() bool { return r.shown < 0 }

// Begin prepares a queued run to be carried out.
func (r *Run) Begin() {
	if o := r.Job.Recipe.Origin; r.From != nil && o != nil {
		r.Job.Recipe.Origin = &recipe.Origin{Trajectory: r.From.Key, How: o.How, Step: o.Step}
	}
	r.From = nil
	r.shown, r.State, r.Stopping, r.Held, r.clock = -1, Opening, false, false, clock{}
	r.Phase, r.Part = engine.Encoding, 0
	r.words = make(chan Word, mostWords)
	r.Tried++
}

// Order is the run as a worker takes it.
func (r *Run) Order(to Pictures, log Log, paths Paths) Order {
	return Order{Run: r.Save(), Job: r.Job, Canvas: r.Canvas, Past: r.Past, Grid: r.PastGrid, To: to, Log: log, Paths: paths, Words: r.words, Anew: r.branched}
}

// End notes how a run ended.
func (r *Run) End(stopped bool, unfinished *recipe.Recipe, err error) {
	if unfinished != nil { // what branches from it or continues it names these
		r.Unmade, r.Key, r.Job.Recipe.Changes = true, trajectory.Key(unfinished.Hashes), unfinished.Changes
	}
	r.Stopping, r.Held, r.words, r.Preview = false, false, nil, nil
	r.shown = -1 // an earlier step may have been shown during the run, which has a result now
	switch {
	case stopped || errors.Is(err, context.Canceled):
		r.State = Stopped
	case err != nil:
		r.State, r.Err = Failed, err
	default:
		r.State = Finished
	}
}

// Drop drops the steps of a run that is over.
func (r *Run) Drop() { r.Steps, r.Past, r.Grid, r.PastGrid = nil, nil, nil, nil }

// Again is a copy of a run, to be queued.
func (r *Run) Again() *Run {
	return &Run{Mode: r.Mode, Frame: r.Frame, Prompt: r.Prompt, Seed: r.Seed, Count: r.Count, Job: r.Job, Document: r.Document}
}

// Arrived notes a step; begins reports that it is the first of a picture.
func (r *Run) Arrived(e Stepped, now time.Time) (begins bool) {
	r.Tried = 0
	first := r.State != Running || len(r.Steps) == 0 || len(e.Before) > 0
	if begins = first || r.Index != e.Picture; begins {
		r.State, r.Index, r.Steps = Running, e.Picture, e.Before
	}
	r.Phase, r.Part, r.Preview = engine.Denoising, 0, nil
	r.Steps = trajectory.Append(r.Steps, e.Step)
	if first {
		r.clock.begin(r.progress(), now)
	}
	r.clock.hear(r.progress(), r.PerStep, now)
	if begins {
		r.clock.paint(e.Step.Index, now)
	} else if mean, ok := r.clock.perStep(e.Step.Index, now); ok {
		r.PerStep = mean
	}
	return begins
}

// Reported notes the progress of a long part.
func (r *Run) Reported(e Reported, now time.Time) {
	r.Phase, r.Part = e.Phase, e.Part
	r.clock.hear(r.progress(), r.PerStep, now)
}

// Enlarging notes the progress of an upscaler.
func (r *Run) Enlarging(e Enlarging, now time.Time) {
	if r.Phase != engine.Upscaling {
		r.State, r.Phase, r.Steps = Running, engine.Upscaling, nil
		r.clock.begin(0, now)
	}
	if r.Part = e.Share; e.Preview != nil {
		r.Preview = e.Preview
	}
	r.clock.hear(r.progress(), r.PerStep, now)
}
