package parallel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/engine"
	"nirvana/engine/parallel"
)

// counting is a network that adds 1, and tells how many rows its calls have.
type counting struct {
	mu   sync.Mutex
	rows []int
	fail error
}

func (*counting) Ports() (in, out []engine.Port) { return nil, nil }

func (n *counting) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	x := in["sample"]
	n.mu.Lock()
	n.rows = append(n.rows, x.Shape[0])
	n.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
	}
	out := x.Clone()
	for i := range out.Data {
		out.Data[i] += in["timestep"].Data[0]
	}
	return []engine.Tensor{out}, n.fail
}

// steps has a run evaluate the network with so many rows, step by step, beginning from its seed.
func steps(g engine.Graph, rows, side int) engine.Generator {
	return func(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
		return func(yield func(engine.Step, error) bool) {
			x := engine.Zeros(rows, 4, side, side)
			for i := range x.Data {
				x.Data[i] = float32(r.Seed) + float32(i)
			}
			for i := 0; i <= r.Steps; i++ {
				if !yield(engine.Step{Index: i, Of: r.Steps, X: x}, nil) || i == r.Steps {
					return
				}
				out, err := g.Run(ctx, map[string]engine.Tensor{"sample": x, "timestep": {Data: []float32{float32(i)}}, "states": engine.Zeros(rows, 3, 2)})
				if err != nil {
					yield(engine.Step{}, err)
					return
				}
				x = out[0]
			}
		}
	}
}

// taken takes turns, as a search does, with so many runs of 3 steps.
func taken(t *testing.T, n, rows, side int, net *counting) (values []float32, errs []error) {
	g, pull := parallel.Join(net)
	var runs []engine.Puller
	for i := range n {
		runs = append(runs, pull(t.Context(), steps(g, rows, side), engine.Request{Seed: uint64(100 * i), Steps: 3}))
	}
	for turn := range 4 {
		for _, p := range runs {
			if turn > 0 {
				p.Start()
			}
		}
		for _, p := range runs {
			s, err, _ := p.Next()
			if errs = append(errs, err); turn == 3 && err == nil {
				values = append(values, s.X.Data...)
			}
			if turn > 0 && turn < 3 {
				p.Start()
			}
		}
	}
	for _, p := range runs {
		p.Stop()
	}
	return values, errs
}

// The calls of runs that are computed beside each other are one, as large as is of use; each run gets its own rows. Calls of
// one row are not joined.
func TestJoin(t *testing.T) {
	for _, c := range []struct {
		n, rows, side int
		want          []int
	}{
		{5, 2, 32, []int{10, 10, 10}},
		{9, 2, 32, []int{16, 2, 16, 2, 16, 2}},
		{3, 2, 64, []int{4, 2, 4, 2, 4, 2}},
		{2, 2, 128, []int{2, 2, 2, 2, 2, 2}},
		{1, 2, 32, []int{2, 2, 2}},
		{3, 1, 32, []int{1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		synctest.Test(t, func(t *testing.T) {
			net := &counting{}
			values, errs := taken(t, c.n, c.rows, c.side, net)
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(net.rows, c.want) {
				t.Errorf("%d runs of %d rows of %d x %d: calls of %v rows, want %v", c.n, c.rows, c.side, c.side, net.rows, c.want)
			}
			per := c.rows * 4 * c.side * c.side
			for i, v := range values {
				if want := float32(100*(i/per)) + float32(i%per) + 0 + 1 + 2; v != want {
					t.Fatalf("value %d is %v, want %v", i, v, want)
				}
			}
		})
	}
}

// Where the network fails, every run is told; where one run is left, the others go on; where all are, the call under way ends.
func TestJoinFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &counting{fail: errors.New("out of memory")}
		_, errs := taken(t, 3, 2, 32, net)
		if !slices.Equal(errs[3:6], []error{net.fail, net.fail, net.fail}) {
			t.Errorf("%v", errs)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		net := &counting{}
		g, pull := parallel.Join(net)
		var runs []engine.Puller
		for i := range 3 {
			runs = append(runs, pull(t.Context(), steps(g, 2, 32), engine.Request{Seed: uint64(i), Steps: 3}))
			runs[i].Next()
		}
		for _, p := range runs {
			p.Start()
		}
		runs[2].Stop() // it has come as far as to wait for the others
		for _, p := range runs[:2] {
			if _, err, more := p.Next(); err != nil || !more {
				t.Errorf("%v, %v", err, more)
			}
		}
		if fmt.Sprint(net.rows) != "[4]" {
			t.Errorf("calls of %v rows", net.rows)
		}
		began := time.Now()
		runs[0].Start()
		runs[1].Start()
		go func() {
			time.Sleep(100 * time.Millisecond)
			runs[1].Stop()
			runs[0].Stop()
		}()
		if _, err, _ := runs[0].Next(); !errors.Is(err, context.Canceled) || time.Since(began) > 200*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
