package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// State is the state of a run.
type State int

const (
	Waiting State = iota
	Opening       // the model is being opened
	Painting
	Finished // with all its pictures, or with those made before an interruption
	Failed
	Stopped // without a result
)

var states = [...]string{"waiting", "opening", "painting", "finished", "failed", "stopped"}

func (s State) String() string { return states[s] }

// Ended reports whether the state is final.
func (s State) Ended() bool { return s >= Finished }

// View is a snapshot of a run. Its values are not modified later.
type View struct {
	State State
	Place int // in the queue from 1, while it waits
	// Picture is the index of the current picture, from 0, of Pictures.
	Picture, Pictures int
	// Step is the latest step of the picture; Step.Predicted(0) shows it. Its X is empty before the first.
	Step         engine.Step
	Added, Began time.Time
	Made         []Picture
	Notices      []fault.Notice
	Interrupted  bool
	Err          error // why it failed
}

// Share is the fraction of the run's work that is done, 0 to 1.
func (v View) Share() float64 {
	switch {
	case v.State == Finished:
		return 1
	case v.Pictures == 0 || v.Step.Of == 0:
		return 0
	}
	return (float64(v.Picture) + float64(v.Step.Index)/float64(v.Step.Of)) / float64(v.Pictures)
}

// Run is a queued or running order. Its methods may be called from any goroutine.
type Run struct {
	ID    string
	order Order

	ctx    context.Context
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	view     View
	changed  chan struct{} // closed at the next change
	skip     context.CancelFunc
	onChange func() // called at every change; may be nil

	readers int         // of its events
	leaving *time.Timer // stops the run, unless a reader comes back
}

var errInterrupted = errors.New("interrupted")
var errStopped = errors.New("stopped")

func newRun(id string, o Order) *Run {
	r := &Run{ID: id, order: o, changed: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	r.view = View{Pictures: max(o.Count, 1), Added: time.Now()}
	return r
}

// Order returns the run's order.
func (r *Run) Order() Order { return r.order }

// View returns a snapshot, and a channel that is closed at the next change.
func (r *Run) View() (View, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view, r.changed
}

func (r *Run) set(change func(*View)) {
	r.mu.Lock()
	change(&r.view)
	close(r.changed)
	r.changed = make(chan struct{})
	r.mu.Unlock()
	r.notify()
}

func (r *Run) notify() {
	if r.onChange != nil {
		r.onChange()
	}
}

// Wait returns the run when it has ended. If ctx ends first, the run is stopped, because its caller is gone.
func (r *Run) Wait(ctx context.Context) (View, error) {
	for {
		v, changed := r.View()
		if v.State.Ended() {
			return v, v.Err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			r.Stop()
			return v, ctx.Err()
		}
	}
}

// Interrupt ends the run and keeps the finished pictures, and the current one as it is.
func (r *Run) Interrupt() { r.cancel(errInterrupted) }

// Stop ends the run without a result.
func (r *Run) Stop() { r.cancel(errStopped) }

// Skip ends the current picture as it is; the run continues with the next.
func (r *Run) Skip() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.skip != nil {
		r.skip()
	}
}

// skippable returns a context for one picture that Skip ends.
func (r *Run) skippable() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.mu.Lock()
	r.skip = cancel
	r.mu.Unlock()
	return ctx, cancel
}

func (r *Run) interrupted() bool { return context.Cause(r.ctx) == errInterrupted }

// Attend registers a reader of the run until leave, which is called once. If the last reader leaves before the run
// has ended and none comes within the grace period, the run is stopped. A run without any readers continues.
func (r *Run) Attend(grace time.Duration) (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers++
	r.stays()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.readers--; r.readers == 0 && !r.view.State.Ended() {
			r.leaving = time.AfterFunc(grace, r.Stop)
		}
	}
}

// Asked notes that a client has come back for the run.
func (r *Run) Asked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stays()
}

func (r *Run) stays() {
	if r.leaving != nil {
		r.leaving.Stop()
		r.leaving = nil
	}
}
