package worker

import (
	"encoding/json"
	"slices"

	"nirvana/app/journal"
	"nirvana/engine"
)

// place is a seed's place in its search, as it is saved: of its last halving, at step Index.
type place struct {
	Index, Halvings int
	Seed            uint64
	Score           float32
	Stopped         bool
}

const scoreSuffix = "score"

// SearchRecords is a step of one of a search's seeds, with its place where that is another than before.
func SearchRecords(run, seed int, s engine.SearchStep) (map[string][]byte, error) {
	records, err := StepRecords(run, seed, s.Step)
	if err != nil || !s.Scored {
		return records, err
	}
	records[stepPrefix(run, seed)+scoreSuffix], err = json.Marshal(place{s.Index, s.Halvings, s.Seed, s.Score, s.Stopped})
	return records, err
}

// restoreSearch finds the seeds of the search for the i-th picture; false where there are no steps.
func (r *Run) restoreSearch(j *journal.Journal, i int) bool {
	if r.Job.BestOf < 2 {
		return false
	}
	grid, begun := make([]Contender, r.Job.BestOf), false
	for k := range grid {
		c := &grid[k]
		number := seedNumber(r.Job, i, k)
		if c.Steps = savedSteps(j, r.ID, number); len(c.Steps) == 0 {
			continue
		}
		begun = true
		c.Run, c.Step = k, c.Steps[len(c.Steps)-1]
		var p place
		if data, err := j.Record(stepPrefix(r.ID, number) + scoreSuffix); err == nil && json.Unmarshal(data, &p) == nil {
			c.Halvings, c.Seed, c.Score, c.Stopped, c.Scored = p.Halvings, p.Seed, p.Score, p.Stopped, p.Index == c.Index
		}
	}
	if !begun {
		return false
	}
	r.Index, r.PastGrid = i, grid
	r.Past = grid[ahead(len(grid), func(k int) engine.SearchStep { return grid[k].SearchStep })].Steps // the only ones of a model without a verifier
	return true
}

// gridSteps are a search's steps, as they are saved: the last one of each seed with its place.
func gridSteps(grid []Contender, first int) (out []numbered) {
	for k, c := range grid {
		for i, s := range c.Steps {
			of := engine.SearchStep{Step: s, Run: k}
			if i == len(c.Steps)-1 {
				of = c.SearchStep
				of.Step, of.Scored = s, c.Halvings > 0
			}
			out = append(out, numbered{first + k, of})
		}
	}
	return out
}

// numbered is a step of the seed of that number.
type numbered struct {
	seed int
	step engine.SearchStep
}

// cloned is a copy whose steps others may add to.
func cloned(grid []Contender) []Contender {
	out := slices.Clone(grid)
	for i := range out {
		out[i].Steps = slices.Clone(out[i].Steps)
	}
	return out
}
