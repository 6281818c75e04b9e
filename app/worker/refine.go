package worker

import (
	"context"
	"iter"
	"math"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// steps are those of a job: its model's, and after them its refiner's.
func (w *Worker) steps(ctx context.Context, g Generator, j *job.Job) iter.Seq2[engine.Step, error] {
	if j.Refiner.Dir == "" {
		return g.Generate(ctx, j.Request)
	}
	return engine.HandOver(ctx, j.Request, j.RefineAt, length(j, g), g.Generate, func() (engine.Generator, error) {
		refiner, err := w.openRefiner(ctx, j.Refiner)
		if err != nil {
			return nil, err
		}
		return refiner.Generate, nil
	})
}

// length is how many steps both halves have together.
func length(j *job.Job, g Generator) int {
	if p, ok := g.(Planner); ok {
		if _, _, steps, _, err := p.Plan(j.Request); err == nil {
			return steps
		}
	}
	share := 1.0
	if j.Request.Init != nil && j.Request.Strength > 0 {
		share = float64(j.Request.Strength)
	}
	return int(math.Round(float64(j.Request.Steps) * share))
}

// openRefiner returns the opened refiner. It stays open beside its model.
func (w *Worker) openRefiner(ctx context.Context, info library.Model) (Generator, error) {
	if w.refiner != nil && w.refinerDir == info.Dir {
		return w.refiner, nil
	}
	w.closeRefiner()
	if w.load == nil {
		return nil, errNoLoad
	}
	g, err := w.load(ctx, info)
	if err != nil {
		return nil, err
	}
	w.refiner, w.refinerDir = g, info.Dir
	if f := g.Facts(); !f.Refiner {
		w.closeRefiner()
		return nil, fault.Settings.Errorf("%s is not a refiner: choose another in the panel, or none", info.Name)
	}
	return g, nil
}

func (w *Worker) closeRefiner() error {
	if w.refiner == nil {
		return nil
	}
	err := w.refiner.Close()
	w.refiner, w.refinerDir = nil, ""
	return err
}
