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

// ErrFull means that the queue accepts no more orders for now, ErrClosed that it is closed.
var (
	ErrFull   = errors.New("the queue is full: try again later")
	ErrClosed = errors.New("the server is shutting down")
)

// Ended runs are kept for a while, so that a client that lost its connection can get them.
const (
	keptRuns = 64
	keptFor  = 10 * time.Minute
)

// Queue holds the orders. Its methods may be called from any goroutine.
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

// New returns a queue for at most this many waiting orders.
func New(e Engine, l Limits, most int) *Queue {
	return &Queue{engine: e, limits: l, most: most, wake: make(chan struct{}, 1)}
}

// Engine returns what the queue uses.
func (q *Queue) Engine() Engine { return q.engine }

// Limits returns the maxima of an order.
func (q *Queue) Limits() Limits { return q.limits }

// Add appends an order to the queue. It fails with *Invalid, ErrFull or ErrClosed, before anything is computed.
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
	r.onChange = q.engine.Told
	q.waiting = append(q.waiting, r)
	r.set(func(v *View) { v.Place = len(q.waiting) })
	if q.engine.Accepted != nil {
		q.engine.Accepted(r.ID, o)
	}
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

// Current is the run in progress; nil if there is none.
func (q *Queue) Current() *Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.current
}

// Waiting is the number of waiting orders.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Find returns the run with an id, also one that ended a few minutes ago; nil if there is none.
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

// forget drops runs that ended long ago.
func (q *Queue) forget(now time.Time) {
	q.ended = slices.DeleteFunc(q.ended, func(r *Run) bool { v, _ := r.View(); return now.Sub(v.Began) > keptFor })
	if more := len(q.ended) - keptRuns; more > 0 {
		q.ended = slices.Delete(q.ended, 0, more)
	}
}

// Loaded is the name of the open model; "" if none is open.
func (q *Queue) Loaded() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bench.name
}

// Work executes the orders until ctx ends. Then the current and the waiting ones are stopped.
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

// wanted reports whether an order is waiting.
func (q *Queue) wanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, (*Run).abandoned)
	return len(q.waiting) > 0 && !q.closed
}

// turn waits for the engine, which the queue may share.
func (q *Queue) turn(ctx context.Context) (end func(), err error) {
	if q.engine.Turn == nil {
		return func() {}, nil
	}
	back, err := q.engine.Turn(ctx)
	return func() {
		q.mu.Lock()
		q.bench.model = nil // the engine's owner opens and closes it
		q.mu.Unlock()
		back()
	}, err
}

// one executes the first order whose client is still waiting.
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

// Runs returns the current run, then the waiting ones.
func (q *Queue) Runs() []*Run {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := slices.Clone(q.waiting)
	if q.current != nil {
		out = slices.Insert(out, 0, q.current)
	}
	return out
}

// next removes the first order whose client is still waiting.
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

// carryOut executes one order. A panic in the engine fails this order only.
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

// end sets a run's final state.
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

// close ends the waiting runs and closes the model.
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
