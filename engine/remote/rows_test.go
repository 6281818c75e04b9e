package remote_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/remote"
	"nirvana/engine/remote/remotetest"
)

// rowNet computes one row after another, each for so long, as a graphics card that is full does. Rows do not depend on
// each other.
type rowNet struct {
	each time.Duration
	busy *sync.Mutex
}

func (rowNet) Ports() (in, out []engine.Port) { return net3{3}.Ports() }

func (n rowNet) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	n.busy.Lock()
	defer n.busy.Unlock()
	x, t := in["sample"], in["timestep"].Data
	out := x.Clone()
	for r := range x.Shape[0] {
		select {
		case <-time.After(n.each):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		row := out.Row(r).Data
		for i, v := range row {
			row[i] = 0.7*v + 0.3*float32(math.Sin(float64(t[min(r, len(t)-1)])/50+3*float64(v)+float64(i%5)))
		}
	}
	return []engine.Tensor{out}, nil
}

func rowServer(each time.Duration) *remotetest.Server {
	return &remotetest.Server{Graphs: map[string]engine.Graph{"unet": rowNet{each, &sync.Mutex{}}}}
}

// rowsOn is the network on so many servers.
func rowsOn(t testing.TB, servers ...*remotetest.Server) *remote.Graph {
	t.Helper()
	var at []remote.Server
	for _, s := range servers {
		at = append(at, remote.Server{Address: s.GRPC(t, "127.0.0.1:0")})
	}
	p, err := remote.Connect(at, remote.Options{Least: 300 * time.Millisecond, First: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	in, out := rowNet{}.Ports()
	if in, out, _, err = p.Check(t.Context(), "unet", in, out); err != nil {
		t.Fatal(err)
	}
	return p.Graph("unet", in, out).Like("sample", 1).Apart()
}

// A batch's rows are computed at once on two servers, and are what one server makes of the batch, to the bit; also where
// one of the two is killed on the way.
func TestRowsApart(t *testing.T) {
	x := map[string]engine.Tensor{"sample": engine.Zeros(2, 3, 4, 4), "timestep": {Shape: []int{2}, Data: []float32{500, 20}}}
	for i := range x["sample"].Data {
		x["sample"].Data[i] = float32(i) / 50
	}
	want, err := rowNet{0, &sync.Mutex{}}.Run(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	first, second := rowServer(2*time.Millisecond), rowServer(2*time.Millisecond)
	g := rowsOn(t, first, second)
	for call := range 12 {
		if call == 8 {
			first.Stop()
		}
		got, err := g.Run(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].SHA256() != want[0].SHA256() {
			t.Fatalf("call %d differs, shape %v", call, got[0].Shape)
		}
	}
	if a, b := first.Calls.Load(), second.Calls.Load(); a < 6 || b < 10 || a+b < 24 {
		t.Errorf("%d rows on the one, %d on the other", a, b)
	}
	alone := rowServer(0)
	if _, err := rowsOn(t, alone).Run(t.Context(), x); err != nil || alone.Calls.Load() != 1 {
		t.Errorf("%d calls of one server: %v", alone.Calls.Load(), err)
	}
	// Another number of rows in one input is nobody's to split.
	x["timestep"] = engine.Tensor{Shape: []int{3}, Data: []float32{1, 2, 3}}
	before := second.Calls.Load()
	if _, err := g.Run(t.Context(), x); err != nil || second.Calls.Load() != before+1 {
		t.Errorf("%d calls: %v", second.Calls.Load()-before, err)
	}
}

// BenchmarkPool is guidance's two rows on one server and on two, whose network takes 50 ms a row: the ratio of both times.
func BenchmarkPool(b *testing.B) {
	x := map[string]engine.Tensor{"sample": engine.Zeros(2, 3, 64, 64), "timestep": {Shape: []int{2}, Data: []float32{1, 1}}}
	took := func(g *remote.Graph) time.Duration {
		began := time.Now()
		for range 10 {
			if _, err := g.Run(b.Context(), x); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began)
	}
	const each = 50 * time.Millisecond
	one, two := rowsOn(b, rowServer(each)), rowsOn(b, rowServer(each), rowServer(each))
	var alone, both time.Duration
	for b.Loop() {
		alone += took(one)
		both += took(two)
	}
	b.ReportMetric(float64(alone)/float64(both), "times-one")
	b.ReportMetric(0, "ns/op")
}
