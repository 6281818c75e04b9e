package app

import (
	"nirvana/app/compose"
	"nirvana/app/job"
	"nirvana/app/queue"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// Generator is an opened model; its optional interfaces are in package worker.
type Generator = worker.Generator

// Run is one press of Generate: Count candidates, one after the other.
type Run = worker.Run

// Enlarge is an enlargement by an upscaler.
type Enlarge = job.Enlarge

// RunState is how far a run is.
type RunState = worker.State

const (
	Waiting  = worker.Waiting  // in the queue
	Opening  = worker.Opening  // its model is being opened
	Running  = worker.Running  // denoising
	Finished = worker.Finished // all candidates made
	Stopped  = worker.Stopped  // by the artist; the unfinished picture is a candidate
	Failed   = worker.Failed   // see Err
)

func (s *Studio) newRuns() *queue.Runs {
	return queue.New(s.Strip, queue.Hooks{Changed: s.queued, Document: func() int { return s.Document.Serial },
		Adopt: s.adopt, Prepare: func(r *Run) { s.Prepare(r) }, Advance: s.advance})
}

// queued tells that the queue is another, also the worker, which may begin what waits.
func (s *Studio) queued() {
	var waiting []worker.Upcoming
	for _, r := range s.Queue {
		waiting = append(waiting, worker.Upcoming{Job: r.Job, Index: r.Index, Count: r.Count})
	}
	s.worker.Expect(waiting)
	s.changed(ChangedRun)
}

// adopt connects a run to the studio, and to the canvas that it begins from if that is the document's.
func (s *Studio) adopt(r *Run) {
	if r.Document == s.Document.Serial {
		r.Canvas = s.canvasOf(r.Mode, r.Frame, r.Job.Replaces)
	}
	s.Timeline.Adopt(r)
}

// advance starts the next waiting run when the worker is free.
func (s *Studio) advance() {
	if !s.worker.Idle() {
		return
	}
	r := s.Next()
	if r == nil {
		return
	}
	s.Tray.Release()
	s.queued()
	r.Cancel = s.worker.Start(r.Order(s.History, s.Keeper, s.Paths))
	s.changed(ChangedRun)
}

// keptSteps is the memory limit of a run's steps, bytes; further steps are read from the journal when they are shown.
const keptSteps = 256 << 20

// heard handles the worker's events, on the owner.
func (s *Studio) heard(e worker.Event) {
	switch e := e.(type) {
	case worker.Opens:
		s.Opens(e.Model)
		s.changed(ChangedModel)
	case worker.Opened:
		s.openedModel(e)
	case worker.NotOpened:
		s.Model.NotOpened(e.Model, e.Err)
	case worker.Stepped:
		s.stepped(s.Under(), e)
	case worker.Rewound:
		s.Under().Rewound(e)
		s.changed(ChangedStep | ChangedRun)
	case worker.Searched:
		s.searched(s.Under(), e)
	case worker.Reported:
		s.Under().Reported(e, s.now())
		s.changed(ChangedStep)
	case worker.Enlarging:
		s.Under().Enlarging(e, s.now())
		s.changed(ChangedStep | ChangedRun)
	case worker.Made:
		s.made(s.Of(e.Run), e)
	case worker.Ended:
		s.ended(s.Under(), e)
	case worker.Settled:
		s.Arrive(e.Run)
	case worker.Lived:
		s.Preview.Made(e)
	case worker.Noised:
		s.View.Made(e)
	case worker.XRayed:
		s.xrayed(e)
	case worker.Panicked:
		s.Fail("The picture could not be made", e.Err, "", nil)
	case worker.Free:
		s.worker.Rest()
		s.advance()
		s.Model.Advance()
		s.lendWanted()
		s.View.Begin()
		s.xrayWanted()
		s.Preview.Begin()
	}
}

// openedModel has the settings and the frame suit a model that was opened, and begins the runs that waited for it.
func (s *Studio) openedModel(e worker.Opened) {
	if s.Other(e) {
		s.changed(ChangedModel)
		return
	}
	if s.Opened(e) {
		within := s.Document.Within()
		s.Suit()
		s.refit(within)
	}
	s.changed(ChangedModel | ChangedSettings)
	asked := s.Answered()
	for range asked {
		if e.Err == nil {
			s.Generate()
		}
	}
	if asked > 0 {
		s.changed(ChangedRun)
	}
}

func (s *Studio) stepped(r *Run, e worker.Stepped) {
	c := ChangedStep
	if r.Arrived(e, s.now()) {
		c |= ChangedRun
	}
	if s.Keeper.Writable() != nil {
		trajectory.Spill(r.Steps, keptSteps)
	}
	s.changed(c)
}

func (s *Studio) searched(r *Run, e worker.Searched) {
	r.Searched(e)
	if s.Keeper.Writable() != nil {
		trajectory.Spill(r.Grid[e.Step.Run].Steps, keptSteps/e.Of)
	}
	s.changed(ChangedStep)
}

// made adds a result to the tray if it belongs to the document, and notes that it is in the history.
func (s *Studio) made(r *Run, e worker.Made) {
	c := tray.Of(e.Result)
	c.Frame, c.Run, c.Number, c.Document, c.Canvas = r.Frame, r.ID, e.Picture, r.Document, r.Canvas
	if r.Document == s.Document.Serial {
		s.Tray.Add(c)
	}
	s.PathKept(r, c, e)
	if !c.Partial {
		n := compose.Verdict(c.Recipe, &c.Job, s.say)
		if n != nil {
			s.OfferUnlock(n, c.Recipe.Seed)
		} else {
			n = compose.Continued(c.Recipe, e.Began, s.say)
		}
		if n != nil {
			s.Tell(n)
		}
		if r.Document == s.Document.Serial {
			s.Came(r, c)
		}
	}
	if !c.Partial || e.Stored != 0 || e.Err != nil {
		s.Stored(c, e.Stored, e.Err)
	}
}

func (s *Studio) ended(r *Run, e worker.Ended) {
	s.Runs.End(e)
	switch r.State {
	case Failed:
		s.Fail("The picture could not be made", e.Err, "Try again", func() { s.Enqueue(r.Again()) })
	case Finished:
		if r.Document != s.Document.Serial {
			s.Tell(&Notice{Headline: s.say("A picture is in the history"), Advice: s.say("It was begun for the picture that was on the canvas before.")})
		}
		if seconds, ok := r.PerPixel(); ok {
			s.Set(func(t *Settings) { t.NotePace(r.Job.Model.Name, s.Device, seconds) })
		}
	}
	s.changed(ChangedRun)
	s.Fallbacks(e.Notices)
}
