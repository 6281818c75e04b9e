package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// State is how far a run is.
type State int

const (
	Waiting State = iota
	Opening       // the model
	Painting
	Finished // with all its pictures, or those that were made before it was interrupted
	Failed
	Stopped // without a result
)

var states = [...]string{"waiting", "opening", "painting", "finished", "failed", "stopped"}

func (s State) String() string { return states[s] }

// Ended reports whether nothing more comes.
func (s State) Ended() bool { return s >= Finished }

// View is a run as it is at one time. Its values are not written to again.
type View struct {
	State State
	Place int // in the queue from 1, while it waits
	// Picture is the one that is painted, from 0, of Pictures.
	Picture, Pictures int
	// Step is the newest of the picture; Step.Predicted(0) shows it. Without a vector X there was none yet.
	Step         engine.Step
	Added, Began time.Time
	Made         []Picture
	Notices      []fault.Notice
	Interrupted  bool
	Err          error // why it failed
}

// Share is how much of the run's work is done, 0 to 1.
func (v View) Share() float64 {
	switch {
	case v.State == Finished:
		return 1
	case v.Pictures == 0 || v.Step.Of == 0:
		return 0
	}
	return (float64(v.Picture) + float64(v.Step.Index)/float64(v.Step.Of)) / float64(v.Pictures)
}

// Run is an order under way. Its methods are safe from any goroutine.
type Run struct {
	ID    string
	order Order

	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	view    View
	changed chan struct{} // closed with the next change
	skip    context.CancelFunc
	told    func() // of every change; nil: nobody

	readers int         // of its events
	leaving *time.Timer // stops it, unless somebody comes back
}

var errInterrupted = errors.New("interrupted")
var errStopped = errors.New("stopped")

func newRun(id string, o Order) *Run {
	r := &Run{ID: id, order: o, changed: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	r.view = View{Pictures: max(o.Count, 1), Added: time.Now()}
	return r
}

// Order is what the run was asked for.
func (r *Run) Order() Order { return r.order }

// View is the run now, and a channel that is closed with its next change.
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
	if r.told != nil {
		r.told()
	}
}

// Wait returns the run at its end. When ctx ends first, the run is stopped: nobody waits for it any more.
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

// Interrupt ends the run with what there is: finished pictures, and the one under way as far as it is.
func (r *Run) Interrupt() { r.cancel(errInterrupted) }

// Stop ends the run without a result.
func (r *Run) Stop() { r.cancel(errStopped) }

// Skip ends the picture under way as it is; the run continues with the next.
func (r *Run) Skip() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.skip != nil {
		r.skip()
	}
}

// skippable is a context for one picture, which Skip ends.
func (r *Run) skippable() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.mu.Lock()
	r.skip = cancel
	r.mu.Unlock()
	return ctx, cancel
}

func (r *Run) interrupted() bool { return context.Cause(r.ctx) == errInterrupted }

// Attend notes that somebody follows the run until leave is called; it is called once. Where the last of those who follow
// it leaves before its end and nobody comes within the grace, the run is stopped: nobody waits for it any more. A run
// that nobody ever followed goes on.
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

// Asked notes that somebody has come back for the run.
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
