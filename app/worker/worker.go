package worker

import (
	"context"
	"errors"
	"image"
	"sync/atomic"

	"nirvana/app/library"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Worker does one thing at a time, on a goroutine of its own. Its methods are the owner's: they are called on one
// goroutine, and start something only when Busy is false.
type Worker struct {
	// Upscaler opens upscalers; set before the first order. nil: nothing can be enlarged with one.
	Upscaler OpenUpscaler

	load Load
	send func(Event) // called on the worker's goroutines
	base context.Context
	busy bool
	idle chan struct{} // closed: nothing is under way

	waiting atomic.Pointer[[]Upcoming]

	// The following belongs to the current task, or else to the owner.
	model      Generator
	opened     library.Model
	untold     bool          // a guest opened it, and the owner has not heard of it
	late       chan struct{} // closed: nothing that was put off is left
	refiner    Generator
	encoded    engine.Encoded // of the last live picture
	refinerDir string
}

// New is a worker that opens models with load, which may be nil. The end of ctx ends the current task.
func New(ctx context.Context, load Load, send func(Event)) *Worker {
	w := &Worker{load: load, send: send, base: ctx, idle: make(chan struct{}), late: make(chan struct{})}
	close(w.idle)
	close(w.late)
	return w
}

// Busy reports whether a task is under way, or has ended and the owner has not handled that.
func (w *Worker) Busy() bool { return w.busy }

// Idle reports whether something may be started: nothing is under way, and the program does not end.
func (w *Worker) Idle() bool { return !w.busy && w.base.Err() == nil }

// Rest is the owner's answer to Free.
func (w *Worker) Rest() { w.busy = false }

// Holds reports whether a model is open with the given options. Not while Busy.
func (w *Worker) Holds(m library.Model) bool {
	return w.has(m) && !w.untold
}

// Forget opens the model again when it is next needed. Not while Busy.
func (w *Worker) Forget() { w.opened = library.Model{} }

func (w *Worker) has(m library.Model) bool {
	return w.model != nil && w.opened.Dir == m.Dir && w.opened.On == m.On && w.opened.With == m.With
}

// Start carries out an order; cancel ends it within a step.
func (w *Worker) Start(o Order) (cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.base)
	w.work(func() {
		defer cancel()
		defer o.begin(ctx)()
		w.execute(ctx, o)
	})
	return cancel
}

// Open opens a model, so that the first run does not wait for it.
func (w *Worker) Open(m library.Model) {
	w.work(func() {
		if _, err := w.need(w.base, m); err != nil {
			w.send(NotOpened{m, err})
		}
	})
}

// Noise computes the noise view of a picture of the model's size at timestep t.
func (w *Worker) Noise(m library.Model, img func() *image.RGBA, seed uint64, t int, chain bool) {
	w.work(func() {
		g, err := w.need(w.base, m)
		if n, ok := g.(Noiser); ok && err == nil {
			e := Noised{}
			e.Step, e.Err = n.Noised(w.base, img(), seed, t)
			if c, ok := g.(Chainer); ok && chain && e.Err == nil {
				e.Chain, e.Err = c.Chained(w.base, img(), seed, t)
			}
			w.send(e)
			return
		}
		if err != nil {
			w.send(Noised{Err: err})
		}
	})
}

// Wait gives when nothing is under way, nor put off.
func (w *Worker) Wait() {
	<-w.idle
	w.settled()
}

// Close waits for the current task and closes the models.
func (w *Worker) Close() error {
	w.Wait()
	return w.letGo()
}

// letGo closes the models; they are opened again when needed.
func (w *Worker) letGo() error {
	w.settled()
	err := w.closeRefiner()
	if w.model != nil {
		err = errors.Join(err, w.model.Close())
		w.model, w.opened = nil, library.Model{}
	}
	return err
}

func (w *Worker) work(f func()) {
	idle := make(chan struct{})
	w.busy, w.idle = true, idle
	go func() {
		defer close(idle)
		if err := fault.Guarded(func() error { f(); return nil }); err != nil {
			w.send(Panicked{err})
		}
		w.send(Free{})
	}()
}

var errNoLoad = errors.New("this program was started without a way to open models")

// need returns the opened model, opening it first if it is another: two models are never open at once.
func (w *Worker) need(ctx context.Context, m library.Model) (Generator, error) {
	if w.Holds(m) {
		return w.model, nil
	}
	w.send(Opens{m})
	g, err := w.swap(ctx, m)
	w.untold = false
	w.send(opened(m, g, err))
	return g, err
}

// swap opens a model in place of the one that is open: two are never open at once.
func (w *Worker) swap(ctx context.Context, m library.Model) (Generator, error) {
	if w.has(m) {
		return w.model, nil
	}
	w.letGo()
	if w.load == nil {
		return nil, errNoLoad
	}
	g, err := w.load(ctx, m)
	if err != nil {
		return g, err
	}
	w.model, w.opened = g, m
	if v, ok := g.(Warmer); ok {
		err = v.Warm(ctx)
	}
	return g, err
}

// opened describes a model that was opened.
func opened(m library.Model, g Generator, err error) Opened {
	e := Opened{Model: m, Err: err}
	if err != nil {
		return e
	}
	e.Facts = g.Facts()
	if p, ok := g.(Placer); ok {
		e.Device, e.Notices = p.Place()
		e.Notices = append(e.Notices, noticed(g)...)
	}
	if d, ok := g.(Describer); ok {
		e.Runtime = d.Described()
	}
	e.Counter, _ = g.(Counter)
	return e
}
