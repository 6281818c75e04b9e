package compose

import (
	"nirvana/app/grid"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// GridID identifies the grid of these axes with the present settings; see grid.Grid.ID. It fails if a cell is not
// possible.
func (s Scene) GridID(g grid.Grid) (string, error) {
	for _, at := range g.Places() {
		if _, err := s.of(g, at); err != nil {
			return "", err
		}
		q := s.Settings.Request()
		if err := g.Change(&q, at); err != nil {
			return "", err
		}
	}
	return g.ID(s.recipe(&job.Job{Mode: s.Mode, Model: s.Model, Request: s.Settings.Request()})), nil
}

// GridRun is the run of one cell, one picture, whose recipe has its position in the grid.
func (s Scene) GridRun(g grid.Grid, id string, at [3]int) (*worker.Run, error) {
	s, err := s.of(g, at)
	if err != nil {
		return nil, err
	}
	r := s.run(func(q *engine.Request) { err = g.Change(q, at) })
	j := &r.Job
	r.Prompt, r.Seed, r.Count, j.BestOf = j.Request.Prompt, j.Request.Seed, 1, 1
	j.Recipe.Grid = g.Place(id, at)
	return r, err
}

// of is the scene with the model of a cell. Features of some models only, such as drafts or opacity, are off in a
// grid over models: only the models should differ.
func (s Scene) of(g grid.Grid, at [3]int) (Scene, error) {
	name := g.Model(at)
	if name == "" {
		return s, nil
	}
	m, ok := s.Models(name)
	if !ok {
		return s, fault.Settings.Errorf("there is no model %q: the list of models has their names", name)
	}
	s.Model, s.Refiner = m, library.Model{}
	s.Settings.Draft, s.Settings.CutOut = false, false
	return s, nil
}
