package remote_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/parallel"
	"nirvana/engine/remote"
	"nirvana/engine/remote/remotetest"
)

// red is a verifier that likes red.
type red struct{}

func (red) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "pixel_values", Type: "float32", Shape: []int{-1, 3, 8, 8}}}, []engine.Port{{Name: "logits_per_image", Type: "float32", Shape: []int{-1, 1}}}
}

func (red) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	x := in["pixel_values"]
	out := engine.Zeros(x.Shape[0], 1)
	for i := range out.Data {
		for _, v := range x.Row(i).Data[:64] {
			out.Data[i] += v
		}
	}
	return []engine.Tensor{out}, ctx.Err()
}

// verified is a model with a verifier, whose denoiser runs here, or on servers.
func verified(t testing.TB, net engine.Graph, servers ...*remotetest.Server) (m *engine.Model, p *remote.Pool) {
	t.Helper()
	parts := engine.Parts{Name: "tiny",
		Scheduler: []byte(`{"_class_name":"DDIMScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`),
		Verifier:  &engine.VerifierPart{Part: engine.Part{Graph: red{}, Name: "verifier"}},
		Denoiser:  engine.Part{Graph: net, Name: "unet", Config: []byte(`{"sample_size":16}`)}}
	if len(servers) > 0 {
		var at []remote.Server
		for _, s := range servers {
			at = append(at, remote.Server{Address: s.GRPC(t, "127.0.0.1:0")})
		}
		var err error
		if p, err = remote.Connect(at, remote.Options{Least: 300 * time.Millisecond, First: time.Second}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		if wrong, err := remote.Place(t.Context(), p, &parts, map[string]string{"unet": "unet"}); err != nil || len(wrong) > 0 {
			t.Fatal(wrong, err)
		}
	}
	m, err := engine.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	return m, p
}

// harms are what may happen to a server in the middle.
var harms = map[string]func(s *remotetest.Server){
	"nothing": func(*remotetest.Server) {},
	"killed":  func(s *remotetest.Server) { s.Stop() },
	"stalled": func(s *remotetest.Server) { s.Stall.Store(true) },
	"fails":   func(s *remotetest.Server) { s.Fail.Store(true) },
}

// searched is every step of a search, by run and index, and the last of it.
func searched(t *testing.T, m *engine.Model, each func(engine.SearchStep)) (steps map[string]string, last engine.SearchStep) {
	t.Helper()
	steps = map[string]string{}
	for s, err := range m.Search(t.Context(), engine.Request{Steps: 20, Seed: 40, Guidance: 1, RNG: "torch"}, 8) {
		if err != nil {
			t.Fatal(err)
		}
		steps[fmt.Sprint(s.Run, s.Index)] = s.X.SHA256()
		if last = s; each != nil {
			each(s)
		}
	}
	return steps, last
}

// A search whose runs are spread over two servers is the local one to the bit, step by step, also where one of the servers
// is killed, stalls or fails in the middle. Both compute.
func TestSearchSpread(t *testing.T) {
	local, _ := verified(t, net3{3})
	want, best := searched(t, local, nil)
	for name, harm := range harms {
		first, second := pacedServer(time.Millisecond), pacedServer(time.Millisecond)
		m, _ := verified(t, net3{3}, first, second)
		once := false
		got, last := searched(t, m, func(s engine.SearchStep) {
			if s.Index == 6 && !once {
				once = true
				harm(first)
			}
		})
		if last.Seed != best.Seed || last.Score != best.Score || !slices.Equal(last.Pictures[0].Pix, best.Pictures[0].Pix) {
			t.Errorf("%s: seed %d, score %g; locally %d, %g", name, last.Seed, last.Score, best.Seed, best.Score)
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d steps, locally %d", name, len(got), len(want))
		}
		for at, sum := range want {
			if got[at] != sum {
				t.Errorf("%s: run and step %s differ", name, at)
			}
		}
		if a, b := first.Calls.Load(), second.Calls.Load(); a < 1 || b < 15 || name == "nothing" && a+b != 4*4+2*7+10+20 {
			t.Errorf("%s: %d calls of the one, %d of the other", name, a, b)
		}
		first.Stall.Store(false)
	}
}

// paced is a network that computes one call at a time, each for so long.
type paced struct {
	net3
	each time.Duration
	busy *sync.Mutex
}

func (n paced) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	n.busy.Lock()
	defer n.busy.Unlock()
	select {
	case <-time.After(n.each):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return n.net3.Run(ctx, in)
}

func pacedServer(each time.Duration) *remotetest.Server {
	return &remotetest.Server{Graphs: map[string]engine.Graph{"unet": paced{net3{3}, each, &sync.Mutex{}}}}
}

// unguided are the requests of so many pictures of seeds that follow each other.
func unguided(n int) (all []engine.Request) {
	for i := range n {
		all = append(all, engine.Request{Steps: 12, Seed: 70 + uint64(i), Guidance: 1, RNG: "torch"})
	}
	return all
}

// trails are the steps of each request, which are expected before they are asked for.
func trails(t testing.TB, runs *parallel.Runs, all []engine.Request, each func(run int, s engine.Step)) (out [][]string) {
	t.Helper()
	for i, q := range all {
		runs.Expect(all[i+1:])
		var trail []string
		for s, err := range runs.Generate(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			if trail = append(trail, fmt.Sprint(s.Index, s.X.SHA256(), s.Timestep)); each != nil {
				each(i, s)
			}
		}
		out = append(out, trail)
	}
	return out
}

// Several pictures are spread over two servers, and each step of each is the local one to the bit, also where one of the
// servers is killed, stalls or fails in the middle.
func TestRunsSpread(t *testing.T) {
	local, _ := verified(t, net3{3})
	alone := parallel.NewRuns(local.Generate, 1)
	want := trails(t, alone, unguided(5), nil)
	alone.Close()
	for name, harm := range harms {
		first, second := pacedServer(2*time.Millisecond), pacedServer(2*time.Millisecond)
		m, p := verified(t, net3{3}, first, second)
		runs := parallel.NewRuns(m.Generate, p.Len())
		got := trails(t, runs, unguided(5), func(run int, s engine.Step) {
			if run == 1 && s.Index == 5 {
				harm(first)
			}
		})
		runs.Close()
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s: picture %d has %d steps, locally %d, or others", name, i, len(got[i]), len(want[i]))
			}
		}
		if a, b := first.Calls.Load(), second.Calls.Load(); a < 1 || b < 8 || name == "nothing" && (a+b != 60 || min(a, b) < 10) {
			t.Errorf("%s: %d calls of the one, %d of the other", name, a, b)
		}
		first.Stall.Store(false)
	}
}

// BenchmarkSpread is four unguided pictures, and a search of eight seeds, on two servers and on one, whose network takes 50 ms:
// the ratios of both times.
func BenchmarkSpread(b *testing.B) {
	const each = 50 * time.Millisecond
	for name, work := range map[string]func(m *engine.Model, p *remote.Pool){
		"pictures": func(m *engine.Model, p *remote.Pool) {
			runs := parallel.NewRuns(m.Generate, p.Len())
			trails(b, runs, unguided(4), nil)
			runs.Close()
		},
		"search": func(m *engine.Model, _ *remote.Pool) {
			for _, err := range m.Search(b.Context(), unguided(1)[0], 8) {
				if err != nil {
					b.Fatal(err)
				}
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			one, onePool := verified(b, net3{3}, pacedServer(each))
			two, twoPool := verified(b, net3{3}, pacedServer(each), pacedServer(each))
			var alone, both time.Duration
			for b.Loop() {
				began := time.Now()
				work(one, onePool)
				alone += time.Since(began)
				began = time.Now()
				work(two, twoPool)
				both += time.Since(began)
			}
			b.ReportMetric(float64(alone)/float64(both), "times-one")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// scalar is a network whose timestep has no axes.
type scalar struct{ net3 }

func (scalar) Ports() (in, out []engine.Port) {
	in, out = net3{3}.Ports()
	in[1].Shape = []int{}
	return in, out
}

// A single number is sent with its empty shape, over each transport.
func TestScalar(t *testing.T) {
	x := map[string]engine.Tensor{"sample": engine.Zeros(1, 3, 4, 4), "timestep": {Shape: []int{}, Data: []float32{7}}}
	want, err := scalar{net3{3}}.Run(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	served := func(plain bool) *remotetest.Server {
		return &remotetest.Server{Plain: plain, Graphs: map[string]engine.Graph{"unet": scalar{net3{3}}}}
	}
	for name, address := range map[string]string{"grpc": served(false).GRPC(t, "127.0.0.1:0"), "http": served(false).HTTP(t, "127.0.0.1:0"), "lists": served(true).HTTP(t, "127.0.0.1:0")} {
		p := pool(t, remote.Options{Patience: time.Second}, remote.Server{Address: address})
		in, out := scalar{}.Ports()
		got, err := p.Graph("unet", in, out).Run(t.Context(), x)
		if err != nil || got[0].SHA256() != want[0].SHA256() {
			t.Errorf("%s: %v", name, err)
		}
	}
}
