package work

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ErrFull says that the queue takes no more orders for now, ErrClosed that it takes none any more.
var (
	ErrFull   = errors.New("the queue is full: try again later")
	ErrClosed = errors.New("the server is shutting down")
)

// Ended runs stay known for a while, so that a caller who lost the connection can come back for them.
const (
	keptRuns = 64
	keptFor  = 10 * time.Minute
)

// Queue holds the orders. Its methods are safe from any goroutine.
type Queue struct {
	engine Engine
	limits Limits
	most   int

	mu      sync.Mutex
	waiting []*Run
	current *Run
	ended   []*Run
	closed  bool
	wake    chan struct{}
	bench   bench
}

// New makes a queue of at most so many waiting orders.
func New(e Engine, l Limits, most int) *Queue {
	return &Queue{engine: e, limits: l, most: most, wake: make(chan struct{}, 1)}
}

// Engine is what the queue works with.
func (q *Queue) Engine() Engine { return q.engine }

// Limits are those of an order.
func (q *Queue) Limits() Limits { return q.limits }

// Add puts an order at the queue's end. It fails with *Invalid, ErrFull or ErrClosed, and before anything is computed.
func (q *Queue) Add(o Order) (*Run, error) {
	if err := q.limits.Check(o); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, ErrClosed
	}
	q.forget(time.Now())
	q.waiting = slices.DeleteFunc(q.waiting, (*Run).abandoned)
	if len(q.waiting) >= q.most {
		return nil, ErrFull
	}
	r := newRun(rand.Text(), o)
	r.told = q.engine.Told
	q.waiting = append(q.waiting, r)
	r.set(func(v *View) { v.Place = len(q.waiting) })
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return r, nil
}

// abandoned ends a run that was stopped while it waited.
func (r *Run) abandoned() bool {
	if r.ctx.Err() == nil {
		return false
	}
	r.end(nil, r.ctx.Err())
	return true
}

// Current is the run that is worked on; nil: none.
func (q *Queue) Current() *Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.current
}

// Waiting is how many orders wait.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Find is the run of an id, one that has ended for some minutes too; nil: none.
func (q *Queue) Find(id string) *Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(time.Now())
	for _, r := range slices.Concat([]*Run{q.current}, q.waiting, q.ended) {
		if r != nil && r.ID == id {
			return r
		}
	}
	return nil
}

// forget drops what ended long ago.
func (q *Queue) forget(now time.Time) {
	q.ended = slices.DeleteFunc(q.ended, func(r *Run) bool { v, _ := r.View(); return now.Sub(v.Began) > keptFor })
	if more := len(q.ended) - keptRuns; more > 0 {
		q.ended = slices.Delete(q.ended, 0, more)
	}
}

// Loaded is the name of the model that is open; "": none.
func (q *Queue) Loaded() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bench.name
}

// Work carries out the orders until ctx ends. What is under way then is stopped, what waits too.
func (q *Queue) Work(ctx context.Context) error {
	for {
		if !q.wanted() {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return q.close()
			}
		}
		end, err := q.turn(ctx)
		if err != nil {
			return q.close()
		}
		q.one(ctx)
		end()
	}
}

// wanted says whether somebody waits.
func (q *Queue) wanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, (*Run).abandoned)
	return len(q.waiting) > 0 && !q.closed
}

// turn waits for the engine, which may be somebody else's too.
func (q *Queue) turn(ctx context.Context) (end func(), err error) {
	if q.engine.Turn == nil {
		return func() {}, nil
	}
	back, err := q.engine.Turn(ctx)
	return func() {
		q.mu.Lock()
		q.bench.model = nil // whose engine it is opens and closes it
		q.mu.Unlock()
		back()
	}, err
}

// one carries out the first order that somebody still waits for.
func (q *Queue) one(ctx context.Context) {
	r := q.next()
	if r == nil {
		return
	}
	stop := context.AfterFunc(ctx, r.Stop)
	q.carryOut(r)
	stop()
	q.mu.Lock()
	q.current = nil
	q.ended = append(q.ended, r)
	q.mu.Unlock()
	r.notify()
}

// Runs are the one under way, first, and those that wait.
func (q *Queue) Runs() []*Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := slices.Clone(q.waiting)
	if q.current != nil {
		out = slices.Insert(out, 0, q.current)
	}
	return out
}

// next takes the first order that somebody still waits for.
func (q *Queue) next() *Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, (*Run).abandoned)
	if len(q.waiting) == 0 || q.closed {
		return nil
	}
	q.current = q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	for i, r := range q.waiting {
		r.set(func(v *View) { v.Place = i + 1 })
	}
	return q.current
}

// carryOut runs one order. A fault in the engine is that order's.
func (q *Queue) carryOut(r *Run) {
	defer func() {
		if p := recover(); p != nil {
			r.end(nil, fmt.Errorf("the engine failed: %v\n%s", p, debug.Stack()))
		}
	}()
	r.set(func(v *View) { v.State, v.Place, v.Began = Opening, 0, time.Now() })
	made, err := q.do(r)
	r.end(made, err)
}

// end is the last change of a run.
func (r *Run) end(made []Picture, err error) {
	r.set(func(v *View) {
		v.Made, v.Interrupted = made, r.interrupted()
		switch {
		case r.interrupted():
			v.State = Finished
		case r.ctx.Err() != nil:
			v.State, v.Err = Stopped, context.Cause(r.ctx)
		case err != nil:
			v.State, v.Err = Failed, err
		default:
			v.State = Finished
		}
		if v.Began.IsZero() {
			v.Began = time.Now()
		}
	})
	r.cancel(nil)
}

func (q *Queue) do(r *Run) ([]Picture, error) {
	switch r.order.Kind {
	case Enlarge:
		return q.enlarge(r)
	case Unload:
		return nil, q.put(bench{})
	}
	return q.paint(r)
}

// close ends what waits and drops the model.
func (q *Queue) close() error {
	q.mu.Lock()
	waiting := q.waiting
	q.waiting, q.closed = nil, true
	q.mu.Unlock()
	for _, r := range waiting {
		r.Stop()
		r.abandoned()
	}
	return q.put(bench{})
}
