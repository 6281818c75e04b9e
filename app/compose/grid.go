package compose

import (
	"nirvana/app/grid"
	"nirvana/app/job"
	"nirvana/app/worker"
	"nirvana/engine"
)

// GridID identifies the grid of these axes over the present settings; see grid.Grid.ID. It fails where a cell is not
// possible.
func (s Scene) GridID(g grid.Grid) (string, error) {
	for _, at := range g.Places() {
		q := s.Settings.Request()
		if err := g.Change(&q, at); err != nil {
			return "", err
		}
	}
	return g.ID(s.recipe(&job.Job{Mode: s.Mode, Model: s.Model, Request: s.Settings.Request()})), nil
}

// GridRun is the run of one cell, one picture, whose recipe has its position in the grid.
func (s Scene) GridRun(g grid.Grid, id string, at [3]int) (*worker.Run, error) {
	var err error
	r := s.run(func(q *engine.Request) { err = g.Change(q, at) })
	j := &r.Job
	r.Prompt, r.Seed, r.Count, j.BestOf = j.Request.Prompt, j.Request.Seed, 1, 1
	j.Recipe.Grid = g.Place(id, at)
	return r, err
}
