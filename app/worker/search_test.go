package worker_test

import (
	"bytes"
	"context"
	"image"
	"testing"
	"time"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// searched carries a search of n seeds out; each is told every event, and may stop it.
func searched(t *testing.T, n int, each func(e worker.Event, stop func())) (made []worker.Made, grid []worker.Contender, ended worker.Ended) {
	t.Helper()
	load := func(context.Context, library.Model) (worker.Generator, error) {
		return workertest.Searching(time.Millisecond)
	}
	events := make(chan worker.Event, 1000)
	w := worker.New(context.Background(), load, func(e worker.Event) { events <- e })
	q := engine.Request{Width: 8, Height: 8, Steps: 12, Seed: 40, ClassLabels: []int{1}}
	o := worker.Order{Run: worker.Saved{ID: 1, Count: 1}, Job: job.Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), BestOf: n, Request: q, Model: library.Model{Dir: "tiny"}}}
	stop := w.Start(o)
	run := &worker.Run{}
	for e := range events {
		each(e, stop)
		switch e := e.(type) {
		case worker.Searched:
			run.Searched(e)
		case worker.Made:
			made = append(made, e)
		case worker.Ended:
			ended = e
		case worker.Free:
			w.Rest()
			w.Wait()
			close(events)
		}
	}
	w.Close()
	return made, run.Grid, ended
}

// searchedInto has a run note every event of a search of n seeds.
func searchedInto(t *testing.T, run *worker.Run, n int) {
	t.Helper()
	searched(t, n, func(e worker.Event, _ func()) {
		switch e := e.(type) {
		case worker.Searched:
			run.Searched(e)
		case worker.Stepped:
			run.Arrived(e, time.Now())
		}
	})
}

// The best comes last, with its score, and its seed alone makes it again; the others are there as far as they came, in order.
func TestSearch(t *testing.T) {
	made, grid, ended := searched(t, 8, func(worker.Event, func()) {})
	if len(made) != 8 || len(grid) != 8 || ended.Err != nil || ended.Stopped {
		t.Fatalf("%d results of %d seeds, %+v", len(made), len(grid), ended)
	}
	seeds, before := map[uint64]bool{}, 0
	for i, m := range made {
		r := m.Result.Job.Recipe
		seeds[r.Seed] = true
		if m.Result.Partial != (i < 7) || r.BestOf != 8 || len(r.Hashes) < before || r.Seed != m.Result.Job.Request.Seed || m.Result.Job.BestOf != 0 {
			t.Errorf("result %d: partial %v, recipe of seed %d best of %d with %d steps", i, m.Result.Partial, r.Seed, r.BestOf, len(r.Hashes))
		}
		before = len(r.Hashes)
	}
	if len(seeds) != 8 || !seeds[40] || !seeds[47] {
		t.Errorf("seeds %v", seeds)
	}
	best := made[7].Result
	model, err := workertest.Searching(0)
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range model.Generate(context.Background(), best.Job.Request) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures != nil && !bytes.Equal(s.Pictures[0].Pix, best.Raw.Pix) {
			t.Error("the seed makes another picture than the search had")
		}
	}
}

// A search that is stopped keeps what there is of every seed.
func TestSearchStopped(t *testing.T) {
	steps := 0
	made, _, ended := searched(t, 4, func(e worker.Event, stop func()) {
		if _, ok := e.(worker.Searched); ok {
			if steps++; steps == 14 {
				stop()
			}
		}
	})
	if !ended.Stopped || len(made) != 4 {
		t.Fatalf("stopped %v with %d results", ended.Stopped, len(made))
	}
	for i, m := range made {
		if !m.Result.Partial {
			t.Errorf("result %d is whole", i)
		}
	}
}

// What branches from a step of the best of a search is one run, of its seed, from a kept state.
func TestSearchBranch(t *testing.T) {
	run := &worker.Run{Count: 1, Job: job.Job{BestOf: 4, Request: engine.Request{Steps: 12, Seed: 40}}}
	searchedInto(t, run, 4)
	var seed uint64
	for _, s := range run.Grid {
		if !s.Stopped {
			seed = s.Seed
		}
	}
	b := run.Branch(7, run.Steps, engine.Change{})
	if b.Job.BestOf != 0 || b.Seed != seed || b.Job.Request.Seed != seed {
		t.Errorf("best of %d, seeds %d and %d, for %d", b.Job.BestOf, b.Seed, b.Job.Request.Seed, seed)
	}
	if n := len(b.Past); n == 0 || b.Past[n-1].Index != 5 {
		t.Errorf("it goes on from %d steps, for 5", len(b.Past))
	}
}
