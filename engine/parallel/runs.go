package parallel

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"sync"

	"nirvana/engine"
)

// Runs carries out runs that are asked for one after the other. Those that are expected next are computed beside the one
// whose steps are taken, and give way to it. Expect and Generate are called from one goroutine at a time.
type Runs struct {
	generate engine.Generator
	most     int // runs at once
	base     context.Context
	end      context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	under  bool     // a run is taken
	coming []*early // in the order in which they are expected
	stale  []*early // expected no more, unless the next run is one of them
}

// NewRuns carries out so many runs at once. Close ends it.
func NewRuns(generate engine.Generator, most int) *Runs {
	r := &Runs{generate: generate, most: most}
	r.base, r.end = context.WithCancel(context.Background())
	return r
}

// Expect names the runs that are asked for after the one under way, or after the next one where none is, in their order, in
// place of those named before. What is computed of a request that is no more among them is dropped. Live and Report do not
// count; runs with Watch are not computed ahead.
func (r *Runs) Expect(requests []engine.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := slices.Concat(r.coming, r.stale)
	r.coming, r.stale = nil, nil
	for _, q := range requests {
		if q.Watch != nil || q.Resume != nil || q.DeepCache > 1 {
			continue
		}
		e := &early{request: q}
		if i := slices.IndexFunc(was, func(e *early) bool { return same(e.request, q) }); i >= 0 {
			e = was[i]
			was = slices.Delete(was, i, i+1)
		}
		r.coming = append(r.coming, e)
	}
	r.stale = was
	if r.under {
		r.drop()
	}
}

// drop ends what nobody expects any more.
func (r *Runs) drop() {
	for _, e := range r.stale {
		e.stop()
	}
	r.stale = nil
}

// none drops everything.
func (r *Runs) none() {
	r.Expect(nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
}

// same reports whether two requests are for the same picture.
func same(a, b engine.Request) bool {
	a.Live, b.Live, a.Report, b.Report = nil, nil, nil, nil
	return a.Watch == nil && b.Watch == nil && reflect.DeepEqual(a, b)
}

// Close drops what was computed ahead, and waits until nothing is under way.
func (r *Runs) Close() {
	r.none()
	r.end()
	r.running.Wait()
}

// Generate is the engine's Generate. A run that was expected begins with the steps that there are of it already. Live is
// asked before each of them as it would be if they were computed now: where it changes something the run goes on from
// there, with the change.
func (r *Runs) Generate(ctx context.Context, q engine.Request) iter.Seq2[engine.Step, error] {
	return func(yield func(engine.Step, error) bool) {
		on := func(s engine.Step, err error) bool {
			if err == nil {
				r.begin()
			}
			if yield(s, err) && err == nil {
				return true
			}
			r.none() // the caller has left, or will have to ask again
			return false
		}
		e := r.take(q)
		defer r.left()
		if e == nil {
			for s, err := range r.generate(ctx, q) {
				if !on(s, err) {
					return
				}
			}
			return
		}
		defer e.stop()
		e.replay(ctx, r.generate, q, on)
	}
}

// take is what is computed of a request; nil: nothing.
func (r *Runs) take(q engine.Request) *early {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under = true
	defer r.drop()
	for _, list := range []*[]*early{&r.stale, &r.coming} {
		i := slices.IndexFunc(*list, func(e *early) bool { return same(e.request, q) })
		if i < 0 {
			continue
		}
		e := (*list)[i]
		*list = slices.Delete(*list, i, i+1)
		if e.cancel != nil { // else it was not begun
			return e
		}
	}
	return nil
}

// left notes that no run is taken any more.
func (r *Runs) left() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under = false
}

// begin begins those that come next, as far as there is room beside the one that is taken. Finished ones count half.
func (r *Runs) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	room := 2 * (r.most - 1)
	for _, e := range r.coming {
		switch {
		case e.cancel == nil && room > 1 && r.base.Err() == nil:
			e.begin(r.base, r.generate, &r.running)
			room -= 2
		case e.cancel != nil && e.over():
			room--
		case e.cancel != nil:
			room -= 2
		}
	}
}
