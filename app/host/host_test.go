package host

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"image"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nirvana/app/guest"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/work"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// owner is the studio and its goroutine.
type owner struct {
	posted chan func()
	worker *worker.Worker
	waits  []func(worker.Loan)
	seen   chan guest.List
}

func (o *owner) Lend(f func(worker.Loan)) { o.waits = append(o.waits, f); o.lend() }

func (o *owner) lend() {
	if len(o.waits) > 0 && !o.worker.Busy() {
		f := o.waits[0]
		o.waits = o.waits[1:]
		o.worker.Lend(f)
	}
}

func (o *owner) SetGuests(l guest.List, _ bool) {
	select {
	case o.seen <- l:
	default:
	}
}

// do runs f as the owner.
func (o *owner) do(f func()) {
	done := make(chan struct{})
	o.posted <- func() { f(); close(done) }
	<-done
}

type generator struct{ *engine.Model }

func (g generator) Close() error { return nil }

type pictures struct{ n atomic.Int64 }

func (p *pictures) AddFile(*image.RGBA, image.Image, recipe.Recipe) (int64, error) {
	return p.n.Add(1), nil
}

// started is a host with a model of one formula, and its owner. opened counts the models that were opened.
func started(t *testing.T, n *servetest.Net, home string) (h *Host, o *owner, made *pictures, opened *atomic.Int64) {
	t.Helper()
	e := servetest.Engine(t, n)
	made, opened = &pictures{}, &atomic.Int64{}
	o = &owner{posted: make(chan func(), 1000), seen: make(chan guest.List, 10000)}
	load := func(ctx context.Context, of library.Model) (worker.Generator, error) {
		opened.Add(1)
		f, err := models.Read(of.Dir)
		if err != nil {
			return nil, err
		}
		m, err := e.Open(ctx, f)
		if err != nil {
			return nil, err
		}
		return generator{m.Model}, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.worker = worker.New(ctx, load, func(e worker.Event) {
		if _, free := e.(worker.Free); free {
			o.posted <- func() { o.worker.Rest(); o.lend() }
		}
	})
	h = New(Options{Home: home, Post: func(f func()) { o.posted <- f }, Studio: o, Pictures: made, Engine: e, Model: func(g worker.Generator) *work.Model {
		m := g.(generator).Model
		return &work.Model{Model: m, Generate: m.Generate, Device: "CPU", Runtime: "0"}
	}})
	ended := make(chan struct{})
	go func() {
		for f := range o.posted {
			f()
		}
		close(ended)
	}()
	t.Cleanup(func() {
		o.do(h.halt)
		h.Close()
		cancel()
		o.worker.Wait()
		close(o.posted)
		<-ended
	})
	return h, o, made, opened
}

func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// set changes the service, and waits until it has started or failed.
func set(t *testing.T, h *Host, o *owner, s guest.Service) (now guest.Status) {
	t.Helper()
	o.do(func() {
		if err := h.Set(s); err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if o.do(func() { now = h.Status() }); !s.On || len(now.Addresses) > 0 || now.Err != nil {
			return now
		}
	}
	t.Fatal("it does not listen")
	return now
}

const asked = `{"prompt":"sun","steps":6,"seed":3,"width":32,"height":32}`

func paint(t *testing.T, c *http.Client, url, token string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequest("POST", url+"sdapi/v1/txt2img", strings.NewReader(asked))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, body
}

// Requests of other programs are run in the studio's turn and with its model, shown in progress, and added to the
// history; a separate server makes the same picture.
func TestPaintsInTheStudiosTurn(t *testing.T) {
	h, o, made, opened := started(t, &servetest.Net{Pause: time.Millisecond}, t.TempDir())
	port := free(t)
	s := set(t, h, o, guest.Service{On: true, Port: port})
	if s.Err != nil || len(s.Addresses) != 1 || !strings.HasPrefix(s.Addresses[0], "http://127.0.0.1:") {
		t.Fatalf("%+v", s)
	}
	c := &http.Client{}
	status, body := paint(t, c, s.Addresses[0], "")
	var out struct{ Images []string }
	if err := json.Unmarshal(body, &out); err != nil || status != 200 || len(out.Images) != 1 {
		t.Fatalf("%d %s", status, body)
	}
	if status, _ := paint(t, c, s.Addresses[0], ""); status != 200 || opened.Load() != 1 {
		t.Errorf("%d, the model was opened %d times", status, opened.Load())
	}
	alone, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	if status, other := paint(t, c, alone.URL+"/", ""); status != 200 || !samePicture(t, body, other) {
		t.Errorf("a server of its own paints another picture (%d)", status)
	}
	if made.n.Load() != 2 {
		t.Errorf("%d pictures in the history", made.n.Load())
	}
	var painting, preview bool
	for len(o.seen) > 0 {
		if now, ok := (<-o.seen).Current(); ok {
			painting = painting || now.State == "painting" && now.From == "AUTOMATIC1111" && now.Prompt == "sun" && now.Of == 6
			preview = preview || now.Preview != nil && now.Preview.Rect.Dx() == 32
		}
	}
	if !painting || !preview {
		t.Errorf("the studio was told of painting: %v, with a preview: %v", painting, preview)
	}
	if s = set(t, h, o, guest.Service{Port: port}); len(s.Addresses) != 0 {
		t.Errorf("switched off: %+v", s)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		l, err := net.Listen("tcp", address(guest.Service{Port: port}))
		if err == nil {
			l.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("it still listens")
		}
	}
}

// During the artist's own run, orders wait; a waiting guest that is stopped takes no turn.
func TestWaitsForItsTurn(t *testing.T) {
	h, o, _, _ := started(t, &servetest.Net{}, t.TempDir())
	s := set(t, h, o, guest.Service{On: true, Port: free(t)})
	busy := make(chan struct{})
	o.do(func() { o.Lend(func(worker.Loan) { <-busy }) })
	done := make(chan int, 1)
	go func() { status, _ := paint(t, &http.Client{}, s.Addresses[0], ""); done <- status }()
	var waits guest.List
	for end := time.Now().Add(5 * time.Second); len(waits) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		for len(o.seen) > 0 {
			waits = (<-o.seen).Waiting()
		}
	}
	select {
	case status := <-done:
		t.Fatalf("it was painted in the artist's turn: %d", status)
	case <-time.After(50 * time.Millisecond):
	}
	if len(waits) != 1 || waits[0].State != "waiting" || waits[0].Size != image.Pt(32, 32) {
		t.Fatalf("%+v", waits)
	}
	close(busy)
	if status := <-done; status != 200 {
		t.Errorf("%d after the artist's turn", status)
	}
}

// Other machines need TLS and the token; the self-signed certificate is kept.
func TestOtherMachines(t *testing.T) {
	home := t.TempDir()
	h, o, _, _ := started(t, &servetest.Net{}, home)
	port := free(t)
	s := set(t, h, o, guest.Service{On: true, Network: true, Port: port})
	if s.Err != nil || len(s.Fingerprint) != 95 || len(s.Token) < 20 {
		t.Fatalf("%+v", s)
	}
	for _, a := range s.Addresses {
		if !strings.HasPrefix(a, "https://") {
			t.Errorf("%s is told", a)
		}
	}
	pool := x509.NewCertPool()
	data, err := os.ReadFile(filepath.Join(home, "serve-cert.pem"))
	if err != nil || !pool.AppendCertsFromPEM(data) {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer c.CloseIdleConnections()
	url := "https://127.0.0.1:" + strings.TrimPrefix(address(guest.Service{Port: port}), "127.0.0.1:") + "/"
	if status, body := paint(t, c, url, "another token of some length"); status != 401 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := paint(t, c, url, s.Token); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	for _, name := range []string{"serve.json", "serve-key.pem"} {
		if info, err := os.Stat(filepath.Join(home, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	again := New(Options{Home: home, Post: func(func()) {}})
	if got := again.Status().Service; got != s.Service {
		t.Errorf("kept %+v, was %+v", got, s.Service)
	}
	s2 := set(t, h, o, s.Service)
	if s2.Fingerprint != s.Fingerprint {
		t.Error("the certificate is another one")
	}
}

// A port in use is reported, and has no other effect; services that are off do not listen.
func TestNotOn(t *testing.T) {
	h, o, _, _ := started(t, &servetest.Net{}, t.TempDir())
	o.do(h.Begin)
	if s := h.Status(); s.On || len(s.Addresses) > 0 || s.Port != guest.UsualPort {
		t.Errorf("at first %+v", s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := set(t, h, o, guest.Service{On: true, Port: l.Addr().(*net.TCPAddr).Port})
	if s.Err == nil || len(s.Addresses) > 0 {
		t.Errorf("%+v", s)
	}
}

func samePicture(t *testing.T, a, b []byte) bool {
	t.Helper()
	pixels := func(body []byte) string {
		var out struct{ Images []string }
		json.Unmarshal(body, &out)
		data, err := base64.StdEncoding.DecodeString(out.Images[0])
		if err != nil {
			t.Fatal(err)
		}
		img, err := pixel.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return string(img.Pix)
	}
	return pixels(a) == pixels(b)
}
