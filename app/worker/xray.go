package worker

import (
	"context"
	"errors"
	"slices"

	"nirvana/app/job"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// XRayer looks into one evaluation of the network: with the prompt and without, and where each word acts.
type XRayer interface {
	XRay(ctx context.Context, q engine.Request, steps []engine.Step, words bool) (engine.XRay, error)
	EndXRay() error
}

// Look asks for the evaluation that follows a step of a run.
type Look struct {
	ID      int // told with the answer
	Job     job.Job
	Picture int                  // of the run
	Seed    *uint64              // that a search has chosen; nil: the job's own
	Changes []engine.Change      // up to that evaluation
	Steps   func() []engine.Step // up to that step; called on the worker's goroutine
}

// XRayed: an evaluation was looked into.
type XRayed struct {
	ID   int
	XRay engine.XRay
	Err  error
}

// ErrTwoModels is the error of a run with a refiner, whose steps are of two models.
var ErrTwoModels = errors.New("two models made this picture, one behind the other: only pictures of one model can be looked into")

// Look is the evaluation that follows the i-th step, or leads to it where it is the last.
func (r *Run) Look(i int) (Look, error) {
	if r.Job.Refiner.Dir != "" {
		return Look{}, ErrTwoModels
	}
	if r.Steps[i].Done() && i > 0 {
		i--
	}
	l := Look{Job: r.Job, Picture: r.Index, Changes: r.Changed(i + 1)}
	if r.lead < len(r.Grid) {
		l.Seed = &r.Grid[r.lead].Seed
	}
	l.Steps, _ = r.Reader(i)
	return l, nil
}

// XRay looks into an evaluation; cancel ends it within milliseconds, and then nothing is told.
func (w *Worker) XRay(l Look) (cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.base)
	w.work(func() {
		defer cancel()
		e := XRayed{ID: l.ID}
		e.Err = fault.Guarded(func() error {
			g, err := w.need(ctx, l.Job.Model)
			if err == nil {
				e = l.look(ctx, g)
			}
			return errors.Join(err, e.Err)
		})
		if ctx.Err() == nil {
			w.send(e)
		}
	})
	return cancel
}

// EndXRay frees what XRay holds.
func (w *Worker) EndXRay() {
	w.work(func() {
		if x, ok := w.model.(XRayer); ok {
			x.EndXRay() // what could not be closed is closed with the model
		}
	})
}

// look looks into an evaluation with the model that is open.
func (l Look) look(ctx context.Context, g Generator) XRayed {
	e := XRayed{ID: l.ID}
	x, ok := g.(XRayer)
	if !ok {
		e.Err = errors.New("this model cannot be looked into")
		return e
	}
	j, err := prepared(ctx, &l.Job)
	if err != nil {
		e.Err = err
		return e
	}
	if j.Number(l.Picture); l.Seed != nil {
		j.Request.Seed = *l.Seed
	}
	j.Request.Changes = slices.Clone(l.Changes)
	e.XRay, e.Err = x.XRay(ctx, j.Request, l.Steps(), true)
	return e
}

// looking looks into an evaluation of a run that is held, with its model.
func (w *Worker) looking(g Generator) func(context.Context, Look) {
	return func(ctx context.Context, l Look) {
		if e := l.look(ctx, g); ctx.Err() == nil {
			w.send(e)
		}
	}
}
