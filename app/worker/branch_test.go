package worker

import (
	"errors"
	"testing"

	"nirvana/engine"
)

// A branch of a search goes on with the seed that leads, and is no search of its own.
func TestBranchOfASearch(t *testing.T) {
	x := engine.Tensor{Shape: []int{1}, Data: []float32{1}}
	r := &Run{Count: 1, Seed: 5, Steps: []engine.Step{{Index: 0, Of: 9, X: x}}}
	r.Job.BestOf, r.Job.Request.Seed, r.Job.Recipe.Seed = 4, 5, 5
	for seed := range uint64(4) {
		g := engine.SearchStep{Seed: 5 + seed}
		r.Grid = append(r.Grid, Contender{SearchStep: g})
	}
	r.lead = 2
	b := r.Branch(0, r.Steps, engine.Change{})
	if b.Job.BestOf != 0 || b.Job.Request.Seed != 7 || b.Job.Recipe.Seed != 7 || b.Seed != 7 {
		t.Errorf("the best of %d, seeds %d, %d and %d", b.Job.BestOf, b.Job.Request.Seed, b.Job.Recipe.Seed, b.Seed)
	}
}

// Only what one model made is looked into: of a run with a refiner a line says so, in place of a wrong picture.
func TestLookOfTwoModels(t *testing.T) {
	r := fresh()
	r.Steps = []engine.Step{{Index: 0, Of: 2}, {Index: 1, Of: 2}}
	if _, err := r.Look(1); err != nil {
		t.Error(err)
	}
	r.Job.Refiner.Dir = "another"
	if _, err := r.Look(1); !errors.Is(err, ErrTwoModels) {
		t.Errorf("of two models: %v", err)
	}
}
