package worker

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Event is what a worker sends, one of the types below. Its contents are immutable.
type Event any

// Opens: a model is being opened; none is open meanwhile.
type Opens struct{ Model library.Model }

// Opened: a model is open, or could not be opened.
type Opened struct {
	Model   library.Model
	Facts   engine.Facts
	Device  string // where it runs, in words
	Runtime string // what computes, for recipes; "": not known
	Notices []fault.Notice
	Counter Counter // nil: it cannot count
	Err     error
}

// NotOpened: a model could not be opened that was requested without a run.
type NotOpened struct {
	Model library.Model
	Err   error
}

// Stepped: a step of a run's picture is done. With the first step, Before are the steps of an earlier start.
type Stepped struct {
	Run, Picture int
	Step         engine.Step
	Before       []engine.Step
}

// Rewound: a run has gone back to a step; those after it do not count any more.
type Rewound struct {
	Run, Picture int
	Step         engine.Step
}

// Reported: the progress of a long part of a picture.
type Reported struct {
	Run   int
	Phase engine.Phase
	Part  float64
}

// Made: a run's picture is done, or what there is of it where it was stopped, see Ended.
type Made struct {
	Run, Picture int
	Result       job.Result
	Stored       int64 // the history's id; 0: not stored
	Err          error // of storing it
	Unkept       error // of keeping its steps
	// Began is the recipe with which the run began that it continues; nil: it was made in one go.
	Began *recipe.Recipe
}

// Ended: a run has ended. What it had come to before its last step is made into a picture afterwards: Made and Settled
// follow, and events of the next run come in between.
type Ended struct {
	Run        int
	Stopped    bool
	Unfinished *recipe.Recipe // of what it had come to, but for the pictures that it read; nil: nothing
	Err        error
	Notices    []fault.Notice
}

// Settled: all that a run had come to when it ended is made and stored.
type Settled struct{ Run int }

// Noised: the forward process's view is done.
type Noised struct {
	Step  engine.Step
	Chain engine.Step // the same, step by step, if requested
	Err   error
}

// Panicked: the program has an internal error.
type Panicked struct{ Err error }

// Free: the worker has nothing to do. The owner answers with Rest.
type Free struct{}

// Pictures stores finished pictures.
type Pictures interface {
	AddFile(shown *image.RGBA, file image.Image, r recipe.Recipe) (int64, error)
}

// Log saves a run's progress, so that it can be resumed. seed is the number of a picture's seed among the run's, see
// seedNumber.
type Log interface {
	Began(run Saved, j job.Job)
	Stepped(run, seed int, step engine.Step)
	Searched(run, seed int, step engine.SearchStep)
	Rewound(run, seed, to, from int) // the steps behind to, up to from, do not count any more
}

// Order is a run as it is given to a worker.
type Order struct {
	Run    Saved
	Job    job.Job
	Canvas *document.Canvas // the picture that results are composited into
	Past   []engine.Step    // of an earlier start, the last one with its state: the first picture continues from it
	Grid   []Contender      // of an earlier start of a search, in place of Past
	To     Pictures
	Log    Log
	Paths  Paths       // nil: the steps are not kept
	Anew   bool        // Past is another run's: it is saved as this one's
	Words  <-chan Word // the owner's changes during the run; nil: none

	enlarged *enlarged // what its denoising begins from, after an upscaler; nil: not that
}

// Store adds a finished picture to the history, composited into the canvas that its run began from.
func Store(to Pictures, picture *image.RGBA, on *document.Canvas, r recipe.Recipe) (int64, error) {
	if err := on.Fits(); err != nil {
		return 0, err
	}
	whole, file, frame := on.With(picture)
	if r.Frame = nil; frame != whole.Rect {
		r.Frame = []int{frame.Min.X, frame.Min.Y, frame.Dx(), frame.Dy()}
	}
	return to.AddFile(whole, file, r)
}
