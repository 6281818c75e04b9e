package worker_test

import (
	"context"
	"image"
	"iter"
	"testing"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// foresighted notes which seeds were expected and which were asked for.
type foresighted struct {
	workertest.Model
	expected [][]uint64
	asked    []uint64
}

func (f *foresighted) Expect(requests []engine.Request) {
	var seeds []uint64
	for _, r := range requests {
		if r.Live != nil || r.Report != nil {
			panic("a request has its listeners")
		}
		seeds = append(seeds, r.Seed)
	}
	f.expected = append(f.expected, seeds)
}

func (f *foresighted) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
	f.asked = append(f.asked, r.Seed)
	return f.Model.Generate(ctx, r)
}

// A model is told what comes after the picture that it makes: the rest of the run, and the runs that wait for the same model,
// those too that come meanwhile.
func TestExpect(t *testing.T) {
	m, err := workertest.Tiny(0)
	if err != nil {
		t.Fatal(err)
	}
	f := &foresighted{Model: m}
	load := func(context.Context, library.Model) (worker.Generator, error) { return f, nil }
	events := make(chan worker.Event, 1000)
	var w *worker.Worker
	w = worker.New(context.Background(), load, func(e worker.Event) {
		if s, ok := e.(worker.Stepped); ok && s.Picture == 1 && s.Step.Index == 0 {
			w.Expect(nil)
		}
		events <- e
	})
	of := func(dir string, seed uint64) job.Job {
		return job.Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), Request: engine.Request{Width: 8, Height: 8, Steps: 3, Seed: seed, ClassLabels: []int{1}}, Model: library.Model{Dir: dir}}
	}
	refined := of("tiny", 300)
	refined.Refiner.Dir = "refiner"
	w.Expect([]worker.Upcoming{{Job: of("another", 100), Count: 2}, {Job: refined, Count: 1}, {Job: of("tiny", 200), Index: 1, Count: 3}})
	w.Start(worker.Order{Run: worker.Saved{ID: 1, Count: 2}, Job: of("tiny", 40)})
	for e := range events {
		if _, free := e.(worker.Free); free {
			break
		}
	}
	w.Rest()
	w.Close()
	if len(f.asked) != 2 || f.asked[0] != 40 || f.asked[1] != 41 {
		t.Fatalf("asked for %v", f.asked)
	}
	if n := len(f.expected); n < 2 || !equal(f.expected[0], 41, 201, 202) || !equal(f.expected[n-1]) {
		t.Errorf("expected %v", f.expected)
	}
}

func equal(have []uint64, want ...uint64) bool {
	if len(have) != len(want) {
		return false
	}
	for i := range have {
		if have[i] != want[i] {
			return false
		}
	}
	return true
}
