package worker_test

import (
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

// slowLog takes its time to write a run down.
type slowLog struct {
	until <-chan struct{}
	began bool
	early int // steps that came before the run
	steps int
}

func (l *slowLog) Began(worker.Saved, job.Job) { <-l.until; l.began = true }

func (l *slowLog) Stepped(int, int, engine.Step) {
	if l.steps++; !l.began {
		l.early++
	}
}

func (l *slowLog) Searched(_, _ int, s engine.SearchStep) { l.Stepped(0, 0, s.Step) }

func (l *slowLog) Rewound(int, int, int, int) {}

// Whoever stops a run waits neither for its pictures to be prepared nor for the journal to take them.
func TestStopWaitsForNobody(t *testing.T) {
	for name, order := range map[string]func(until <-chan struct{}, o *worker.Order){
		"preparing": func(until <-chan struct{}, o *worker.Order) {
			o.Job.Then(job.Input{Kind: job.Whole, Picture: func() *image.RGBA { <-until; return image.NewRGBA(o.Job.Frame) }})
		},
		"writing": func(until <-chan struct{}, o *worker.Order) { o.Log = &slowLog{until: until} },
	} {
		t.Run(name, func(t *testing.T) {
			load := func(context.Context, library.Model) (worker.Generator, error) {
				return workertest.Tiny(50 * time.Millisecond)
			}
			ended := make(chan worker.Ended, 1)
			w := worker.New(t.Context(), load, func(e worker.Event) {
				if e, ok := e.(worker.Ended); ok {
					ended <- e
				}
			})
			until := make(chan struct{})
			o := worker.Order{Run: worker.Saved{ID: 1, Count: 1}, Job: job.Job{Mode: task.ImageToImage, Frame: image.Rect(0, 0, 8, 8), Model: library.Model{Dir: "tiny"},
				Request: engine.Request{Width: 8, Height: 8, Steps: 1000, Strength: 1, ClassLabels: []int{1}}}}
			order(until, &o)
			stop := w.Start(o)
			time.Sleep(100 * time.Millisecond)
			stop()
			select {
			case e := <-ended:
				if !e.Stopped {
					t.Errorf("%+v", e)
				}
			case <-time.After(5 * time.Second):
				t.Error("the run goes on after it was stopped")
			}
			close(until)
			w.Wait()
			if l, ok := o.Log.(*slowLog); ok && (!l.began || l.early > 0 || l.steps == 0) {
				t.Errorf("written: %v, with %d steps, %d before it", l.began, l.steps, l.early)
			}
		})
	}
}
