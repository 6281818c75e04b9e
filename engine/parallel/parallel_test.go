package parallel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/graph"
	"nirvana/engine/parallel"
)

// net is a network made of arithmetic, which may be told to fail or to wait.
type net struct {
	calls, later atomic.Int64
	fail         atomic.Bool
}

func (*net) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}, {Name: "timestep", Type: "int64"}},
		[]engine.Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}
}

func (n *net) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	n.calls.Add(1)
	if graph.Later(ctx) {
		n.later.Add(1)
		if n.fail.Load() {
			return nil, errors.New("it was told to fail")
		}
	}
	out := in["sample"].Clone()
	for i, v := range out.Data {
		out.Data[i] = 0.7*v + 0.3*float32(math.Sin(float64(in["timestep"].Data[0])/50+3*float64(v)))
	}
	return []engine.Tensor{out}, ctx.Err()
}

func model(t *testing.T, n *net) *engine.Model {
	t.Helper()
	m, err := engine.New(engine.Parts{Name: "tiny",
		Scheduler: []byte(`{"_class_name":"EulerAncestralDiscreteScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`),
		Denoiser:  engine.Part{Graph: n, Name: "unet", Config: []byte(`{"sample_size":8}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func request(seed uint64) engine.Request {
	return engine.Request{Steps: 6, Seed: seed, Guidance: 1, RNG: "torch"}
}

func trail(t *testing.T, steps iter.Seq2[engine.Step, error]) (out []string, err error) {
	t.Helper()
	for s, err := range steps {
		if err != nil {
			return out, err
		}
		out = append(out, fmt.Sprint(s.Index, s.X.SHA256(), s.Timestep, len(s.Changes), s.Pictures != nil))
	}
	return out, nil
}

// ahead lets a first run pass and waits until the second is computed, so that it is taken from what there is.
func ahead(t *testing.T, r *parallel.Runs, n *net, next engine.Request) {
	t.Helper()
	r.Expect([]engine.Request{next})
	if _, err := trail(t, r.Generate(t.Context(), request(1))); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); n.later.Load() < 6 && !n.fail.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d calls ahead", n.later.Load())
		}
	}
}

// What is said on the way to a run that was computed before counts from there, as it does in a run that is computed now; and
// one that pauses waits at the step.
func TestRunsSteered(t *testing.T) {
	eta := float32(0.3)
	live := func(asked *[]int) func(context.Context, int) ([]engine.Change, error) {
		return func(_ context.Context, step int) ([]engine.Change, error) {
			if *asked = append(*asked, step); step == 2 {
				return []engine.Change{{EtaAncestral: &eta}}, nil
			}
			return []engine.Change{{}}, nil
		}
	}
	var askedThen, askedNow []int
	q := request(5)
	q.Live = live(&askedThen)
	want, err := trail(t, model(t, &net{}).Generate(t.Context(), q))
	if err != nil {
		t.Fatal(err)
	}
	n := &net{}
	r := parallel.NewRuns(model(t, n).Generate, 2)
	defer r.Close()
	q.Live = live(&askedNow)
	ahead(t, r, n, q)
	got, err := trail(t, r.Generate(t.Context(), q))
	if err != nil || !slices.Equal(got, want) || !slices.Equal(askedNow, askedThen) {
		t.Errorf("%v\n%v\n%v, want\n%v; asked %v, want %v", err, n.calls.Load(), got, want, askedNow, askedThen)
	}
	if n.later.Load() != 6 {
		t.Errorf("%d calls ahead", n.later.Load())
	}
}

// What fails ahead is computed again when it is asked for. A request that was not expected is computed as ever.
func TestRunsFail(t *testing.T) {
	want, err := trail(t, model(t, &net{}).Generate(t.Context(), request(5)))
	if err != nil {
		t.Fatal(err)
	}
	n := &net{}
	r := parallel.NewRuns(model(t, n).Generate, 2)
	defer r.Close()
	n.fail.Store(true)
	ahead(t, r, n, request(5))
	for n.later.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, expected := range []bool{true, false} {
		got, err := trail(t, r.Generate(t.Context(), request(5)))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("expected %v: %v %v", expected, got, err)
		}
	}
}

// Whoever leaves a run, or stops it, ends what was begun ahead; nothing is left behind.
func TestRunsEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	n := &net{}
	r := parallel.NewRuns(model(t, n).Generate, 3)
	r.Expect([]engine.Request{request(2), request(3), request(4)})
	for range r.Generate(t.Context(), request(1)) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Expect([]engine.Request{request(3)})
	for _, err := range r.Generate(ctx, request(2)) {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	r.Close()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A puller's steps are the run's, its reports come from Next, its panics are errors, and Stop ends it anywhere.
func TestPull(t *testing.T) {
	m := model(t, &net{})
	want, err := trail(t, m.Generate(t.Context(), request(5)))
	if err != nil {
		t.Fatal(err)
	}
	p := parallel.Pull(t.Context(), m.Generate, request(5))
	got, err := trail(t, func(yield func(engine.Step, error) bool) {
		for {
			p.Start()
			s, err, more := p.Next()
			if !more || !yield(s, err) {
				return
			}
		}
	})
	p.Stop()
	p.Stop()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	for i := range 4 {
		p := parallel.Pull(t.Context(), m.Generate, request(5))
		for range i {
			p.Next()
		}
		p.Start()
		p.Stop()
	}
	broken := parallel.Pull(t.Context(), func(context.Context, engine.Request) iter.Seq2[engine.Step, error] {
		return func(func(engine.Step, error) bool) { panic("broken") }
	}, request(1))
	if _, err, more := broken.Next(); err == nil || !more {
		t.Errorf("%v, more %v", err, more)
	}
	broken.Stop()
	told := 0
	q := request(1)
	q.Report = func(engine.Phase, float64) { told++ }
	slow := parallel.Pull(t.Context(), func(_ context.Context, q engine.Request) iter.Seq2[engine.Step, error] {
		return func(yield func(engine.Step, error) bool) {
			for range 20 {
				time.Sleep(time.Millisecond)
				q.Report(engine.Decoding, 0.5)
			}
			yield(engine.Step{}, nil)
		}
	}, q)
	if _, err, more := slow.Next(); err != nil || !more || told == 0 {
		t.Errorf("%d reports, %v", told, err)
	}
	slow.Stop()
}
