package worker

import (
	"context"
	"sync"

	"nirvana/app/job"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// prepared prepares a job's pictures; stopping the run does not wait for it.
func prepared(ctx context.Context, j *job.Job) (job.Job, error) {
	if !j.Ready() {
		ready := make(chan struct{})
		go func() {
			defer close(ready)
			j.Prepared() // the error is reported below
		}()
		select {
		case <-ready:
		case <-ctx.Done():
			return job.Job{}, ctx.Err()
		}
	}
	return j.Prepared()
}

// begin saves an order's run in the background as soon as its job is prepared; its steps are saved after it. wait
// returns when that is done.
func (o *Order) begin(ctx context.Context) (wait func()) {
	if o.Log == nil {
		return func() {}
	}
	log, run, j := o.Log, o.Run, o.Job
	b := &behind{Log: log, ctx: ctx, begun: make(chan struct{})}
	o.Log = b
	go func() {
		defer close(b.begun)
		fault.Guarded(func() error { // what it panics at, the run itself meets too and tells
			if j, err := prepared(ctx, &j); err == nil {
				log.Began(run, j)
			}
			return nil
		})
	}()
	return func() { <-b.begun; b.late.Wait() }
}

// behind is a log that saves steps only after the run's beginning is saved. Stopping the run does not wait: its last
// step is saved afterwards.
type behind struct {
	Log
	ctx   context.Context
	begun chan struct{}
	late  sync.WaitGroup
}

// Rewound is only said to a run whose first steps are written down.
func (b *behind) Rewound(run, seed, to, from int) {
	<-b.begun
	b.Log.Rewound(run, seed, to, from)
}

// Stepped saves a step.
func (b *behind) Stepped(run, seed int, step engine.Step) {
	b.save(func() { b.Log.Stepped(run, seed, step) })
}

// Searched saves a step of a search.
func (b *behind) Searched(run, seed int, step engine.SearchStep) {
	b.save(func() { b.Log.Searched(run, seed, step) })
}

func (b *behind) save(step func()) {
	select {
	case <-b.begun:
		step()
	case <-b.ctx.Done():
		b.late.Go(func() { <-b.begun; step() })
	}
}
