package app

import (
	"context"
	"errors"
	"iter"
	"math"

	"nirvana/app/job"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// steps are those of a job: its model's, and after them its refiner's.
func (s *Studio) steps(ctx context.Context, g Generator, j *job.Job) iter.Seq2[engine.Step, error] {
	if j.Refiner.Dir == "" {
		return g.Generate(ctx, j.Request)
	}
	return engine.HandOver(ctx, j.Request, j.RefineAt, length(j, g), g.Generate, func() (engine.Generator, error) {
		refiner, err := s.openRefiner(ctx, j.Refiner)
		if err != nil {
			return nil, err
		}
		return refiner.Generate, nil
	})
}

// length is how many steps both halves have together.
func length(j *job.Job, g Generator) int {
	if p, ok := g.(interface {
		Plan(engine.Request) (w, h, steps, of int, err error)
	}); ok {
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

// openRefiner gives the opened refiner; on the worker. It stays open beside its model.
func (s *Studio) openRefiner(ctx context.Context, info ModelInfo) (Generator, error) {
	if s.refiner != nil && s.refinerDir == info.Dir {
		return s.refiner, nil
	}
	s.closeRefiner()
	if s.options.Load == nil {
		return nil, errors.New("this program was started without a way to open models")
	}
	g, err := s.options.Load(ctx, info.Dir, info.On)
	if err != nil {
		return nil, err
	}
	s.refiner, s.refinerDir = g, info.Dir
	if f := g.Facts(); !f.Refiner {
		s.closeRefiner()
		return nil, fault.Settings.Errorf("%s is no refiner: choose another in the panel, or none", info.Name)
	}
	return g, nil
}

func (s *Studio) closeRefiner() error {
	if s.refiner == nil {
		return nil
	}
	err := s.refiner.Close()
	s.refiner, s.refinerDir = nil, ""
	return err
}

// chosenRefiner is the refiner that the next run hands over to; false for none.
func (s *Studio) chosenRefiner() (ModelInfo, bool) {
	if !s.Facts.Sizes || s.Settings.Refiner == "" {
		return ModelInfo{}, false
	}
	for _, m := range s.Models {
		if m.Refiner && m.Dir == s.Settings.Refiner {
			return m, true
		}
	}
	return ModelInfo{}, false
}
