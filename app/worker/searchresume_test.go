package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/job"
	"nirvana/app/journal"
	"nirvana/app/library"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// journalled writes a run's steps into a journal, until the program is killed.
type journalled struct {
	t      *testing.T
	j      *journal.Journal
	left   int // steps until then; below 0: it is not killed
	run    worker.Saved
	killed bool
	told   int
}

func (l *journalled) commit(records map[string][]byte, err error) {
	l.told++
	if l.killed = l.killed || l.left == 0; l.killed {
		return
	}
	l.left--
	if err == nil {
		err = l.j.Commit(records)
	}
	if err != nil {
		l.t.Error(err)
	}
}

func (l *journalled) Began(run worker.Saved, j job.Job) {
	var err error
	run.Job = j.Save(l.j.Blobs, &err)
	l.run = run
}
func (l *journalled) Stepped(run, seed int, s engine.Step) {
	l.commit(worker.StepRecords(run, seed, s))
}
func (l *journalled) Searched(run, seed int, s engine.SearchStep) {
	l.commit(worker.SearchRecords(run, seed, s))
}
func (l *journalled) Rewound(run, seed, to, from int) {}
func (l *journalled) Past(run, seed int, s engine.Step) (engine.Step, bool) {
	return worker.PastStep(l.j, run, seed, s)
}

// carried carries a run out, which is told words, and gives all of its results as text.
func carried(t *testing.T, r *worker.Run, log worker.Log, words ...worker.Word) (made []string) {
	t.Helper()
	load := func(context.Context, library.Model) (worker.Generator, error) { return workertest.Searching(0) }
	events := make(chan worker.Event, 10000)
	w := worker.New(context.Background(), load, func(e worker.Event) { events <- e })
	r.Begin()
	for _, word := range words {
		r.Tell(word)
	}
	w.Start(r.Order(nil, log, nil))
	began := false
	for e := range events {
		switch e := e.(type) {
		case worker.Searched:
			r.Searched(e)
			if c := r.Grid[e.Step.Run]; len(c.Steps) != c.Index+1 || c.X.Data == nil || c.Predicted(0) == nil {
				t.Errorf("seed %d is at step %d, and has %d steps", c.Run, c.Index, len(c.Steps))
			}
		case worker.Made:
			q := e.Result.Job.Recipe
			began = began || e.Began != nil
			changes, err := json.Marshal(q.Changes)
			if err != nil {
				t.Error(err)
			}
			made = append(made, fmt.Sprintln(e.Picture, e.Result.Partial, q.Seed, q.Score, q.BestOf, q.Hashes, q.Scales, string(changes), e.Result.Raw.Pix))
		case worker.Ended:
			if e.Err != nil {
				t.Error(e.Err)
			}
		case worker.Free:
			w.Rest()
			w.Wait()
			close(events)
		}
	}
	w.Close()
	if began != (len(r.Past) > 0) {
		t.Errorf("it is told that it continues: %v, with %d steps of an earlier start", began, len(r.Past))
	}
	return made
}

func opened(t *testing.T) *journal.Journal {
	t.Helper()
	j, err := journal.Open(disk.OS{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// A search of a program that was killed, after whichever step, goes on from the steps that are written down, and comes to
// all that it would have come to, bit for bit: the winner, its picture, and what there is of the others.
func TestKilledSearchGoesOn(t *testing.T) {
	fresh := func() *worker.Run {
		return &worker.Run{ID: 3, Count: 2, Seed: 40, Frame: image.Rect(0, 0, 8, 8), Job: job.Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), BestOf: 5, Model: library.Model{Dir: "tiny"},
			Request: engine.Request{Width: 8, Height: 8, Steps: 9, Seed: 40, ClassLabels: []int{1}, Sampler: "Euler a"}}}
	}
	whole := &journalled{t: t, j: opened(t), left: -1}
	want := carried(t, fresh(), whole)
	if len(want) != 10 {
		t.Fatalf("%d results of two searches of five", len(want))
	}
	every := 1
	if testing.Short() {
		every = 5
	}
	for cut := 1; cut < whole.told; cut += every {
		log := &journalled{t: t, j: opened(t), left: cut}
		carried(t, fresh(), log)
		again, err := log.run.Restore(log.j)
		if err != nil {
			t.Fatal(err)
		}
		if of, at := again.Reached(); of != 9 || at > 9 {
			t.Fatalf("killed after %d: at step %d of %d", cut, at, of)
		}
		rest := &journalled{t: t, j: log.j, left: -1}
		got := carried(t, again, rest)
		if n := len(want) - len(got); n != 0 && n != 5 || !slices.Equal(got, want[n:]) {
			t.Fatalf("killed after %d of %d: %d results,\n%s\nwant\n%s", cut, whole.told, len(got), got, want[max(n, 0):])
		}
		if rest.told > whole.told-cut+10 { // each seed that goes on tells its last step again
			t.Errorf("killed after %d of %d: %d steps more", cut, whole.told, rest.told)
		}
	}
}

// What was changed during a run is still there when it was killed twice at that step.
func TestKilledTwiceWhereItWasChanged(t *testing.T) {
	guidance := float32(5)
	change := worker.Word{Change: engine.Change{Guidance: &guidance}}
	for _, bestOf := range []int{0, 4} {
		fresh := func() *worker.Run {
			return &worker.Run{ID: 3, Count: 1, Frame: image.Rect(0, 0, 8, 8), Job: job.Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), BestOf: bestOf, Model: library.Model{Dir: "tiny"},
				Request: engine.Request{Width: 8, Height: 8, Steps: 6, Guidance: 1, ClassLabels: []int{1}, Sampler: "Euler a"}}}
		}
		want := carried(t, fresh(), &journalled{t: t, j: opened(t), left: -1}, change)
		if plain := carried(t, fresh(), nil); slices.Equal(plain, want) {
			t.Fatal("the change changes nothing")
		}
		seeds := max(bestOf, 1)
		for cut := seeds + 1; cut <= 2*seeds; cut++ { // some have heard it
			j := opened(t)
			log := &journalled{t: t, j: j, left: cut}
			carried(t, fresh(), log, change)
			for range 2 {
				again, err := log.run.Restore(j)
				if err != nil {
					t.Fatal(err)
				}
				log = &journalled{t: t, j: j, left: 1}
				carried(t, again, log)
			}
			again, err := log.run.Restore(j)
			if err != nil {
				t.Fatal(err)
			}
			if got := carried(t, again, &journalled{t: t, j: j, left: -1}); !slices.Equal(got, want) {
				t.Errorf("best of %d, killed after %d: other results", bestOf, cut)
			}
		}
	}
}
