package worker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/library"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// A live pass that is stale ends with the step that is under way, whenever it is dropped, and tells that without a picture
// or an error; the next pass begins at once.
func TestStaleLivePassEndsWithinAStep(t *testing.T) {
	const step, steps = time.Second, 8
	for _, after := range []time.Duration{0, step / 10, 5*step/2 + 1, 7*step + step/2} {
		synctest.Test(t, func(t *testing.T) {
			lived, free := make(chan worker.Lived, 2), make(chan bool, 2)
			w := worker.New(t.Context(), func(context.Context, library.Model) (worker.Generator, error) { return workertest.Tiny(step) }, func(e worker.Event) {
				switch e := e.(type) {
				case worker.Lived:
					lived <- e
				case worker.Free:
					free <- true
				}
			})
			request := func() engine.Request {
				return engine.Request{Width: 8, Height: 8, Steps: steps, Seed: 7, ClassLabels: []int{1}}
			}
			stale := w.Live(library.Model{Dir: "tiny"}, request, 1)
			time.Sleep(after)
			dropped := time.Now()
			stale()
			if l := <-lived; l.Pass != 1 || l.Picture != nil || l.Err != nil || time.Since(dropped) > step {
				t.Errorf("dropped after %v: pass %d, a picture %v, %v, after %v", after, l.Pass, l.Picture != nil, l.Err, time.Since(dropped))
			}
			<-free
			began := time.Now()
			w.Live(library.Model{Dir: "tiny"}, request, 2)
			if l := <-lived; l.Pass != 2 || l.Picture == nil || l.Err != nil || time.Since(began) != steps*step {
				t.Errorf("dropped after %v: the next, %d, has a picture %v, %v, after %v", after, l.Pass, l.Picture != nil, l.Err, time.Since(began))
			}
			w.Rest()
			w.Wait()
		})
	}
}
