package worker_test

import (
	"context"
	"errors"
	"image"
	"testing"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/task"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// stoppedAt carries an order out and stops it at an event; it returns what came of it.
func stoppedAt(t *testing.T, pictures, bestOf int, at func(worker.Event) bool) (made []worker.Made, ended worker.Ended) {
	t.Helper()
	stop, free, held := make(chan func(), 1), make(chan struct{}), make(chan struct{})
	load := func(context.Context, library.Model) (worker.Generator, error) {
		<-held // until it is known how it is stopped
		return workertest.Searching(0)
	}
	w := worker.New(t.Context(), load, func(e worker.Event) {
		select {
		case s := <-stop:
			if stop <- s; at(e) {
				s()
			}
		default:
		}
		switch e := e.(type) {
		case worker.Made:
			made = append(made, e)
		case worker.Ended:
			ended = e
		case worker.Free:
			close(free)
		}
	})
	o := worker.Order{Run: worker.Saved{ID: 1, Count: pictures}, Job: job.Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), BestOf: bestOf,
		Request: engine.Request{Width: 8, Height: 8, Steps: 6, Seed: 40, ClassLabels: []int{1}}, Model: library.Model{Dir: "tiny"}}}
	stop <- w.Start(o)
	close(held)
	<-free
	w.Rest()
	w.Wait()
	return made, ended
}

// A run that is stopped when its last picture is there is finished; one with a further picture to make is stopped.
func TestStoppedAtTheEnd(t *testing.T) {
	last := func(picture int) func(worker.Event) bool {
		return func(e worker.Event) bool {
			s, ok := e.(worker.Stepped)
			return ok && s.Picture == picture && s.Step.Pictures != nil
		}
	}
	anyMade := func(e worker.Event) bool { _, ok := e.(worker.Made); return ok }
	for name, c := range map[string]struct {
		pictures, bestOf int
		at               func(worker.Event) bool
		made             int
		stopped          bool
	}{
		"at its last step":                      {1, 0, last(0), 1, false},
		"at the last step of its last picture":  {2, 0, last(1), 2, false},
		"at the last step of its first picture": {2, 0, last(0), 1, true},
		"while a search's others are decoded":   {1, 4, anyMade, 4, false},
	} {
		made, ended := stoppedAt(t, c.pictures, c.bestOf, c.at)
		if len(made) != c.made || ended.Stopped != c.stopped || ended.Unfinished != nil || ended.Stopped != errors.Is(ended.Err, context.Canceled) {
			t.Errorf("%s: %d pictures, %+v", name, len(made), ended)
			continue
		}
		if m := made[len(made)-1]; m.Result.Partial {
			t.Errorf("%s: the last picture is unfinished", name)
		}
	}
}
