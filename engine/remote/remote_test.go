package remote_test

import (
	"context"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/remote"
	"nirvana/engine/remote/remotetest"
)

// net3 is a U-Net's shape made of arithmetic.
type net3 struct{ channels int }

func (n net3) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "sample", Type: "float32", Shape: []int{-1, n.channels, -1, -1}}, {Name: "timestep", Type: "int64", Shape: []int{-1}}},
		[]engine.Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, n.channels, -1, -1}}}
}

func (n net3) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	out := in["sample"].Clone()
	for i, v := range out.Data {
		out.Data[i] = 0.7*v + 0.3*float32(math.Sin(float64(in["timestep"].Data[0])/50+3*float64(v)+float64(i%5)))
	}
	return []engine.Tensor{out}, ctx.Err()
}

func server() *remotetest.Server {
	return &remotetest.Server{Graphs: map[string]engine.Graph{"unet": net3{3}, "other": net3{4}}}
}

func pool(t *testing.T, o remote.Options, servers ...remote.Server) *remote.Pool {
	t.Helper()
	p, err := remote.Connect(servers, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// connected is the network "unet" on servers.
func connected(t *testing.T, o remote.Options, servers ...remote.Server) *remote.Graph {
	t.Helper()
	p := pool(t, o, servers...)
	wantIn, wantOut := net3{3}.Ports()
	in, out, wrong, err := p.Check(t.Context(), "unet", wantIn, wantOut)
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	return p.Graph("unet", in, out).Like("sample", 1)
}

func model(t *testing.T, g engine.Graph) *engine.Model {
	t.Helper()
	m, err := engine.New(engine.Parts{Name: "tiny",
		Scheduler: []byte(`{"_class_name":"EulerAncestralDiscreteScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`),
		Denoiser:  engine.Part{Graph: g, Name: "unet", Config: []byte(`{"sample_size":16}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// picture runs a request, and each, where set, after every step.
func picture(t *testing.T, g engine.Graph, each func(engine.Step)) (string, error) {
	t.Helper()
	var last engine.Step
	for s, err := range model(t, g).Generate(t.Context(), engine.Request{Steps: 20, Seed: 9, RNG: "torch"}) {
		if err != nil {
			return "", err
		}
		if last = s; each != nil {
			each(s)
		}
	}
	return last.X.SHA256(), nil
}

// A run whose network is on a server is the local one to the bit, over each transport.
func TestSameAsLocal(t *testing.T) {
	want, err := picture(t, net3{3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := server()
	plain.Plain = true
	secret := server()
	secret.Token = "secret"
	for name, s := range map[string]remote.Server{"grpc": {Address: server().GRPC(t, "127.0.0.1:0")}, "http": {Address: server().HTTP(t, "127.0.0.1:0")},
		"http in lists": {Address: plain.HTTP(t, "127.0.0.1:0")}, "token": {Address: secret.GRPC(t, "127.0.0.1:0"), Token: "secret"}} {
		got, err := picture(t, connected(t, remote.Options{}, s), nil)
		if err != nil || got != want {
			t.Errorf("%s: %s %v, locally %s", name, got, err, want)
		}
	}
}

// A server that is killed, stalls, fails or is restarted in the middle loses nothing: the run goes on from the same step.
func TestFailOver(t *testing.T) {
	want, err := picture(t, net3{3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func(t *testing.T, s *remotetest.Server){
		"killed":  func(_ *testing.T, s *remotetest.Server) { s.Stop() },
		"stalled": func(_ *testing.T, s *remotetest.Server) { s.Stall.Store(true) },
		"fails":   func(_ *testing.T, s *remotetest.Server) { s.Fail.Store(true) },
	} {
		for _, transport := range []func(*remotetest.Server, testing.TB, string) string{(*remotetest.Server).GRPC, (*remotetest.Server).HTTP} {
			first, second := server(), server()
			second.Pause = 20 * time.Millisecond // so that the first is chosen
			g := connected(t, remote.Options{Least: 300 * time.Millisecond, First: time.Second}, remote.Server{Address: transport(first, t, "127.0.0.1:0")}, remote.Server{Address: transport(second, t, "127.0.0.1:0")})
			got, err := picture(t, g, func(s engine.Step) {
				if s.Index == 8 {
					harm(t, first)
				}
			})
			if err != nil || got != want {
				t.Errorf("%s: %s %v", name, got, err)
			}
			if first.Calls.Load() < 5 || second.Calls.Load() < 5 {
				t.Errorf("%s: %d calls of the first, %d of the second", name, first.Calls.Load(), second.Calls.Load())
			}
			first.Stall.Store(false)
		}
	}
	s := server()
	g := connected(t, remote.Options{Patience: 20 * time.Second}, remote.Server{Address: s.GRPC(t, "127.0.0.1:0")})
	got, err := picture(t, g, func(step engine.Step) {
		if step.Index == 8 { // the only one, and it comes back
			at := s.Address()
			s.Stop()
			time.AfterFunc(500*time.Millisecond, func() { s.GRPC(t, at) })
		}
	})
	if err != nil || got != want {
		t.Errorf("restarted: %s %v", got, err)
	}
}

// When a run is stopped, the call is cancelled on the server too.
func TestStop(t *testing.T) {
	for _, transport := range []func(*remotetest.Server, testing.TB, string) string{(*remotetest.Server).GRPC, (*remotetest.Server).HTTP} {
		s := server()
		g := connected(t, remote.Options{}, remote.Server{Address: transport(s, t, "127.0.0.1:0")})
		s.Stall.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		_, err := g.Run(ctx, map[string]engine.Tensor{"sample": engine.Zeros(1, 3, 4, 4), "timestep": {Shape: []int{1}, Data: []float32{1}}})
		if ctx.Err() == nil || err == nil || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		for end := time.Now().Add(5 * time.Second); s.Under.Load() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the server still computes")
			}
		}
	}
}

// Servers that lie are refused in clear words that name them, and one that tells the truth is used instead.
func TestLies(t *testing.T) {
	want, _ := picture(t, net3{3}, nil)
	for name, twist := range map[string]func(string, *remotetest.Output){
		"shape":     func(_ string, o *remotetest.Output) { o.Shape = []int64{1, 3, 16, 8}; o.Data = o.Data[:len(o.Data)/2] },
		"axes":      func(_ string, o *remotetest.Output) { o.Shape = o.Shape[1:] },
		"rows":      func(_ string, o *remotetest.Output) { o.Shape[0] = 2; o.Data = append(o.Data, o.Data...) },
		"size":      func(_ string, o *remotetest.Output) { o.Data = o.Data[:7] },
		"negative":  func(_ string, o *remotetest.Output) { o.Shape[2] = -1 },
		"enormous":  func(_ string, o *remotetest.Output) { o.Shape = []int64{1 << 31, 1 << 31, 1 << 31, 1} },
		"name":      func(_ string, o *remotetest.Output) { o.Name = "another" },
		"type":      func(_ string, o *remotetest.Output) { o.Kind = "BYTES" },
		"no number": func(_ string, o *remotetest.Output) { o.Data[5] = float32(math.NaN()) },
	} {
		liar, honest := server(), server()
		liar.Twist, honest.Pause = twist, 3*time.Millisecond
		address := liar.GRPC(t, "127.0.0.1:0")
		_, err := picture(t, connected(t, remote.Options{Patience: time.Second}, remote.Server{Address: address}), nil)
		if err == nil || !strings.Contains(err.Error(), address) || fault.Of(err) != fault.Server {
			t.Errorf("%s: %v", name, err)
		}
		got, err := picture(t, connected(t, remote.Options{}, remote.Server{Address: address}, remote.Server{Address: honest.GRPC(t, "127.0.0.1:0")}), nil)
		if err != nil || got != want {
			t.Errorf("%s beside an honest one: %v", name, err)
		}
	}
}

// What is checked before the first run.
func TestCheck(t *testing.T) {
	in, out := net3{3}.Ports()
	good := server().GRPC(t, "127.0.0.1:0")
	secret := server()
	secret.Token = "secret"
	moved := http.Server{Handler: http.RedirectHandler("http://"+strings.TrimPrefix(good, "grpc://"), http.StatusTemporaryRedirect)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go moved.Serve(l)
	defer moved.Close()
	endless := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("not JSON")) })}
	l2, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go endless.Serve(l2)
	defer endless.Close()
	for name, c := range map[string]struct {
		server remote.Server
		model  string
		want   string
	}{
		"another model": {remote.Server{Address: good}, "other", "another network"},
		"no model":      {remote.Server{Address: good}, "none", "not ready"},
		"no token":      {remote.Server{Address: secret.GRPC(t, "127.0.0.1:0")}, "unet", "token"},
		"nobody":        {remote.Server{Address: "grpc://127.0.0.1:1"}, "unet", "refused"},
		"redirected":    {remote.Server{Address: "http://" + l.Addr().String()}, "unet", "redirects"},
		"no protocol":   {remote.Server{Address: "http://" + l2.Addr().String()}, "unet", "not the protocol's"},
	} {
		_, _, _, err := pool(t, remote.Options{}, c.server).Check(t.Context(), c.model, in, out)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.server.Address) || fault.Of(err) != fault.Server {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := pool(t, remote.Options{}, remote.Server{Address: "grpc://127.0.0.1:1"}, remote.Server{Address: good})
	if _, _, wrong, err := p.Check(t.Context(), "unet", in, out); err != nil || len(wrong) != 1 || !strings.Contains(p.String(), "remotetest 1") || strings.Contains(p.String(), ":1,") {
		t.Errorf("%v %v %s", wrong, err, p)
	}
	for _, s := range []remote.Server{{Address: "example.org:8001"}, {Address: "ftp://a"}, {Address: "grpc://example.org:1", Token: "t"}, {Address: "grpc://me:pw@127.0.0.1:1"}, {Address: "grpcs://a:1", Authority: "none.pem"}, {}} {
		if _, err := remote.Connect([]remote.Server{s}, remote.Options{}); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

// Calls from several runs go to the servers by what they are measured to do.
func TestSpread(t *testing.T) {
	quick, slow := server(), server()
	quick.Pause, slow.Pause = 4*time.Millisecond, 16*time.Millisecond
	g := connected(t, remote.Options{}, remote.Server{Address: quick.GRPC(t, "127.0.0.1:0")}, remote.Server{Address: slow.GRPC(t, "127.0.0.1:0")})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := picture(t, g, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if q, s := quick.Calls.Load(), slow.Calls.Load(); s < 3 || q < 2*s {
		t.Errorf("%d calls of the quick one, %d of the slow one", q, s)
	}
}

// BenchmarkCall is what a call costs beside the network, on loopback: figures are to be taken on a quiet machine.
func BenchmarkCall(b *testing.B) {
	s := server()
	p, err := remote.Connect([]remote.Server{{Address: s.GRPC(b, "127.0.0.1:0")}}, remote.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	in, out := net3{3}.Ports()
	if in, out, _, err = p.Check(b.Context(), "unet", in, out); err != nil {
		b.Fatal(err)
	}
	g, x := p.Graph("unet", in, out), map[string]engine.Tensor{"sample": engine.Zeros(2, 3, 64, 64), "timestep": {Shape: []int{2}, Data: []float32{1, 1}}}
	for b.Loop() {
		if _, err := g.Run(b.Context(), x); err != nil {
			b.Fatal(err)
		}
	}
}
