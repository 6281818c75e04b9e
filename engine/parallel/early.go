package parallel

import (
	"context"
	"sync"
	"sync/atomic"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/graph"
)

// mostAhead bounds the steps that a run computes before somebody takes them, bytes.
const mostAhead = 128 << 20

// early is a run that is computed before it is asked for.
type early struct {
	request engine.Request
	cancel  context.CancelFunc // nil: not begun
	ctx     context.Context
	taken   atomic.Bool // somebody waits for its steps

	mu    sync.Mutex
	wake  *sync.Cond
	steps []engine.Step
	bytes int
	told  *report // the last one, until it is passed on
	err   error
	ended bool
}

func (e *early) begin(base context.Context, generate engine.Generator, running *sync.WaitGroup) {
	e.wake = sync.NewCond(&e.mu)
	ctx, cancel := context.WithCancel(graph.WithLater(base, func() bool { return !e.taken.Load() }))
	e.ctx, e.cancel = ctx, cancel
	context.AfterFunc(ctx, e.changed)
	q := e.request
	q.Live = nil
	q.Report = func(phase engine.Phase, share float64) {
		e.mu.Lock()
		e.told = &report{phase, share}
		e.mu.Unlock()
		e.wake.Broadcast()
	}
	running.Go(func() {
		err := fault.Guarded(func() error {
			for s, err := range generate(ctx, q) {
				if err != nil || !e.add(s) {
					return err
				}
			}
			return nil
		})
		e.mu.Lock()
		e.err, e.ended = err, true
		e.mu.Unlock()
		e.wake.Broadcast()
	})
}

// changed wakes whoever waits; it takes the lock so that nobody misses it between looking and waiting.
func (e *early) changed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wake.Broadcast()
}

// add keeps a step, and waits where there are too many that nobody has taken; false: the run was stopped.
func (e *early) add(s engine.Step) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.steps = append(e.steps, s)
	e.bytes += 4 * (len(s.X.Data) + len(s.X0.Data))
	e.wake.Broadcast()
	for e.bytes > mostAhead && !e.taken.Load() && e.ctx.Err() == nil {
		e.wake.Wait()
	}
	return e.ctx.Err() == nil
}

func (e *early) over() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ended
}

// stop ends it; it may not have begun.
func (e *early) stop() {
	if e.cancel != nil {
		e.cancel()
	}
}

// step waits for the i-th; more is false where the run ended before. Reports that come meanwhile are passed on.
func (e *early) step(ctx context.Context, i int, passOn func(engine.Phase, float64)) (s engine.Step, more bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		switch {
		case ctx.Err() != nil:
			return s, false, ctx.Err()
		case i < len(e.steps):
			s, e.steps[i] = e.steps[i], engine.Step{}
			return s, true, nil
		case e.ended:
			return s, false, e.err
		}
		told := e.told
		if e.told = nil; told == nil || passOn == nil {
			e.wake.Wait()
			continue
		}
		e.mu.Unlock()
		passOn(told.phase, told.share)
		e.mu.Lock()
	}
}

// replay yields the steps, those that there are and those that come. What failed ahead is tried again from the last step.
func (e *early) replay(ctx context.Context, generate engine.Generator, q engine.Request, yield func(engine.Step, error) bool) {
	e.taken.Store(true)
	defer context.AfterFunc(ctx, e.changed)()
	e.changed()
	var last engine.Step
	asked := -1 // the last step of which Live was asked
	for i := 0; ; i++ {
		var changes []engine.Change
		if i > 0 && q.Live != nil && last.Index > asked && last.Pictures == nil {
			var err error
			if changes, err = q.Live(ctx, last.Index); err != nil {
				yield(engine.Step{}, stopped(ctx, err))
				return
			}
			if asked = last.Index; says(changes) {
				e.stop()
				goOn(ctx, generate, q, last, changes, asked, yield)
				return
			}
		}
		s, more, err := e.step(ctx, i, q.Report)
		switch {
		case ctx.Err() != nil:
			yield(engine.Step{}, ctx.Err())
			return
		case err != nil && i == 0:
			for s, err := range generate(ctx, q) {
				if !yield(s, err) {
					return
				}
			}
			return
		case err != nil:
			goOn(ctx, generate, q, last, nil, asked, yield)
			return
		case !more:
			return
		}
		if last = s; !yield(s, nil) {
			return
		}
	}
}

func says(changes []engine.Change) bool {
	for _, c := range changes {
		if !c.Empty() {
			return true
		}
	}
	return false
}

// goOn continues a run from a step, with changes that Live has told for it already.
func goOn(ctx context.Context, generate engine.Generator, q engine.Request, from engine.Step, told []engine.Change, asked int, yield func(engine.Step, error) bool) {
	live := q.Live
	if live != nil {
		q.Live = func(ctx context.Context, step int) ([]engine.Change, error) {
			if step <= asked {
				return told, nil
			}
			return live(ctx, step)
		}
	}
	q.Resume = &from.State
	first := true
	for s, err := range generate(ctx, q) {
		if first && err == nil { // the step that was yielded already
			first = false
			continue
		}
		if !yield(s, err) {
			return
		}
	}
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
