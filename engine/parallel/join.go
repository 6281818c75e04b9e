package parallel

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"nirvana/engine"
)

// joinedMost is the number of values of x_t in a joint call: 16 rows of the model that ships, of 256 px. Larger calls do not
// take less time a row (docs/benchmarks.md).
const joinedMost = 16 * 4 * 32 * 32

// Join joins the calls of a network by runs that are computed beside each other: once all of them wait for it, their rows
// are computed in calls of many rows. The returned network is for the runs that the returned function takes, which is an
// engine.Parts.Pull. Calls of one row are left alone: their numbers may differ, in the last bits, from those among others,
// where the numbers of two rows do not differ from those of more.
func Join(g engine.Graph) (engine.Graph, func(context.Context, engine.Generator, engine.Request) engine.Puller) {
	j := &joint{Graph: g}
	return j, j.pull
}

// joint is a network whose calls are joined.
type joint struct {
	engine.Graph

	mu      sync.Mutex
	waiting []*call
	running int     // runs whose next step is under way
	awaited *joined // whose step the caller waits for; nil: it does not wait
}

// call is a call that waits for the others.
type call struct {
	ctx  context.Context
	of   *joined
	in   map[string]engine.Tensor
	rows int
	lead chan []*call // it is to compute these, itself among them
	done chan answer
}

type answer struct {
	out []engine.Tensor
	err error
}

// joined is a run whose calls are joined with those of others.
type joined struct {
	engine.Puller
	to    *joint
	begun bool // the next step is under way
}

type runKey struct{}

func (j *joint) pull(ctx context.Context, generate engine.Generator, r engine.Request) engine.Puller {
	p := &joined{to: j}
	p.Puller = Pull(context.WithValue(ctx, runKey{}, p), j.counted(generate), r)
	return p
}

// counted counts a run out while it waits for its next step to be asked for.
func (j *joint) counted(generate engine.Generator) engine.Generator {
	return func(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
		return func(yield func(engine.Step, error) bool) {
			under := true
			defer func() {
				if under {
					j.count(-1)
				}
			}()
			for step, err := range generate(ctx, r) {
				j.count(-1)
				if under = false; !yield(step, err) {
					return
				}
				under = true // Start has counted it in
			}
		}
	}
}

func (j *joint) count(by int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running += by
	j.begin()
}

// await notes whose step the caller waits for.
func (j *joint) await(p *joined) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.awaited = p
	j.begin()
}

// begin has the calls that wait be computed, once all runs under way wait, and the caller for one of them: before, it may
// begin others.
func (j *joint) begin() {
	if len(j.waiting) == 0 || len(j.waiting) < j.running || j.awaited == nil {
		return
	}
	i := slices.IndexFunc(j.waiting, func(c *call) bool { return c.of == j.awaited })
	if i < 0 {
		return
	}
	all := j.waiting
	j.waiting = nil
	all[i].lead <- all
}

// Start implements engine.Puller.
func (p *joined) Start() {
	if !p.begun {
		p.begun = true
		p.to.count(1)
	}
	p.Puller.Start()
}

// Next implements engine.Puller.
func (p *joined) Next() (engine.Step, error, bool) {
	p.Start()
	p.to.await(p)
	defer p.to.await(nil)
	step, err, more := p.Puller.Next()
	p.begun = false
	return step, err, more
}

// Run implements engine.Graph.
func (j *joint) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	of, _ := ctx.Value(runKey{}).(*joined)
	c := &call{ctx: ctx, of: of, in: in, rows: rowsOf(in), lead: make(chan []*call, 1), done: make(chan answer, 1)}
	if of == nil || c.rows < 2 {
		return j.Graph.Run(ctx, in)
	}
	j.mu.Lock()
	j.waiting = append(j.waiting, c)
	j.begin()
	j.mu.Unlock()
	select {
	case all := <-c.lead:
		j.compute(all)
	case a := <-c.done:
		return a.out, a.err
	case <-ctx.Done():
		j.mu.Lock()
		j.waiting = slices.DeleteFunc(j.waiting, func(o *call) bool { return o == c })
		j.begin()
		j.mu.Unlock()
		select {
		case all := <-c.lead: // the others wait for it
			j.compute(all)
		default:
			return nil, ctx.Err()
		}
	}
	a := <-c.done
	return a.out, a.err
}

// compute computes calls, as many in one as may be.
func (j *joint) compute(all []*call) {
	for len(all) > 0 {
		n, size := 1, sizeOf(all[0].in)
		for n < len(all) && alike(all[0], all[n]) && (n+1)*size <= joinedMost {
			n++
		}
		j.together(all[:n])
		all = all[n:]
	}
}

// together computes calls in one.
func (j *joint) together(all []*call) {
	in := all[0].in
	if len(all) > 1 {
		in = stacked(all)
	}
	ctx, cancel := forAll(all)
	out, err := j.Graph.Run(ctx, in)
	cancel()
	from := 0
	for _, c := range all {
		a := answer{err: err}
		for _, t := range out {
			a.out = append(a.out, rowsFrom(t, from, c.rows))
		}
		from += c.rows
		c.done <- a
	}
}

// forAll ends when all calls have ended.
func forAll(all []*call) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(all[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(all)))
	var stops []func() bool
	for _, c := range all {
		stops = append(stops, context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// rowsOf is how many rows a call has.
func rowsOf(in map[string]engine.Tensor) (rows int) {
	for _, t := range in {
		if len(t.Shape) > 1 {
			rows = max(rows, t.Shape[0])
		}
	}
	return rows
}

// sizeOf is the number of values of x_t, of all rows.
func sizeOf(in map[string]engine.Tensor) (n int) {
	for _, t := range in {
		if len(t.Shape) == 4 {
			n = max(n, len(t.Data))
		}
	}
	return max(n, 1)
}

// alike reports whether two calls can be one: all inputs have a row for each of the call's, and the same shapes, or are the
// same numbers.
func alike(a, b *call) bool {
	if a.rows != b.rows || !slices.Equal(slices.Sorted(maps.Keys(a.in)), slices.Sorted(maps.Keys(b.in))) {
		return false
	}
	for name, t := range a.in {
		if o := b.in[name]; !slices.Equal(t.Shape, o.Shape) || !byRow(t, a.rows) && !slices.Equal(t.Data, o.Data) {
			return false
		}
	}
	return true
}

// byRow reports whether a tensor has something for each row.
func byRow(t engine.Tensor, rows int) bool { return len(t.Shape) > 0 && t.Shape[0] == rows }

// stacked are the inputs of several calls as those of one.
func stacked(all []*call) map[string]engine.Tensor {
	in := maps.Clone(all[0].in)
	for name, t := range in {
		if !byRow(t, all[0].rows) {
			continue
		}
		whole := engine.Tensor{Shape: slices.Clone(t.Shape)}
		whole.Shape[0] *= len(all)
		for _, c := range all {
			whole.Data = append(whole.Data, c.in[name].Data...)
		}
		in[name] = whole
	}
	return in
}

// rowsFrom are some rows of an output.
func rowsFrom(t engine.Tensor, from, rows int) engine.Tensor {
	if len(t.Shape) == 0 || t.Shape[0] < from+rows {
		return t
	}
	per := len(t.Data) / t.Shape[0]
	shape := slices.Clone(t.Shape)
	shape[0] = rows
	return engine.Tensor{Shape: shape, Data: t.Data[from*per : (from+rows)*per : (from+rows)*per]}
}
