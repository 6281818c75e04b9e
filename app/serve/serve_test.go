package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/work"
	"nirvana/engine"
)

// Without a token the server does not listen on addresses that other machines can reach, and a token is never sent
// unencrypted.
func TestListensOnLoopbackOnly(t *testing.T) {
	long := strings.Repeat("t", 16)
	for _, o := range []serve.Options{{Address: "0.0.0.0:0"}, {Address: ":0"}, {Address: "[::]:0"}, {Address: "192.0.2.1:0"}, {Address: "0.0.0.0:0", Token: long}, {Address: "0.0.0.0:0", Certificate: "c", Key: "k"},
		{Address: "127.0.0.1:0", Token: "short"}, {Address: "127.0.0.1:0", Certificate: "c"}, {Address: "no address"}} {
		if s, err := serve.Listen(servetest.Engine(t, &servetest.Net{}), o); err == nil {
			t.Errorf("%+v listens at %s", o, s.URL())
		}
	}
	s, err := serve.Listen(servetest.Engine(t, &servetest.Net{}), serve.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Serve(ctx) }()
	if r, err := http.Get(s.URL()); err != nil || r.StatusCode != 200 || !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v %v", r, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := net.DialTimeout("tcp", strings.Trim(strings.TrimPrefix(s.URL(), "http://"), "/"), time.Second); err == nil {
		t.Error("it still listens")
	}
}

func get(t *testing.T, url string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			r.Host = v
		}
		r.Header.Set(k, v)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(data)
}

// The token gives access to every API, in each form that clients send; without it each API refuses in its own form.
func TestToken(t *testing.T) {
	token := "a-token-of-some-length"
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{Token: token})
	for path, form := range map[string]string{"/sdapi/v1/options": `"detail":"Not authenticated"`, "/v1/models": `"code":"invalid_api_key"`, "/nirvana/v1/models": `"message":"Not authenticated"`} {
		for _, h := range []map[string]string{{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer " + token + "x"}, {"Authorization": "Basic eDp5"}} {
			if status, body := get(t, s.URL+path, h); status != 401 || !strings.Contains(body, form) {
				t.Errorf("%s with %v: %d %s", path, h, status, body)
			}
		}
		if status, body := get(t, s.URL+path, map[string]string{"Authorization": "Bearer " + token}); status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
		r, _ := http.NewRequest("GET", s.URL+path, nil)
		r.SetBasicAuth("anybody", token)
		if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != 200 {
			t.Errorf("%s with a password: %v %v", path, answer, err)
		}
	}
	if status, _ := get(t, s.URL+"/", nil); status != 200 {
		t.Error("the page cannot ask for the token")
	}
}

// Browsers send requests of other servers' pages, and a foreign name can point to this machine.
func TestOtherSites(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	for _, h := range []map[string]string{{"Origin": "http://example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "example.org"}, {"Host": "example.org:7860"}} {
		if status, body := get(t, s.URL+"/sdapi/v1/options", h); status != 403 {
			t.Errorf("%v: %d %s", h, status, body)
		}
	}
	if status, _ := get(t, s.URL+"/sdapi/v1/options", map[string]string{"Origin": s.URL}); status != 200 {
		t.Error("the page itself is kept out")
	}
}

// Bodies over the limit are refused in each API's form, whatever their header declares.
func TestBodies(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{Body: 100 << 10})
	large := bytes.Repeat([]byte(" "), 1<<20)
	for path, form := range map[string]string{"/sdapi/v1/txt2img": "RequestTooLarge", "/v1/images/generations": "invalid_request_error", "/nirvana/v1/runs": "too large"} {
		for _, body := range []io.Reader{bytes.NewReader(large), io.MultiReader(bytes.NewReader(large))} { // with a length, and in chunks
			answer, err := http.Post(s.URL+path, "application/json", body)
			if err != nil {
				t.Fatal(err)
			}
			data, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != 413 || !strings.Contains(string(data), form) {
				t.Errorf("%s: %d %s", path, answer.StatusCode, data)
			}
		}
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")) // declares a body that never arrives
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fmt.Fprintf(c, "POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{", int64(1)<<40)
	time.Sleep(100 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if after.HeapSys > before.HeapSys+32<<20 {
		t.Errorf("%d bytes were taken for a declaration", after.HeapSys-before.HeapSys)
	}
}

// 200 requests from 20 clients: none is lost, each gets its own picture, and memory does not grow with their number.
func TestLoad(t *testing.T) {
	s, q := servetest.Start(t, &servetest.Net{}, serve.Options{})
	const clients, each = 20, 10
	var failed, made atomic.Int64
	seeds := sync.Map{}
	one := func(client, i int) {
		seed := 1000*client + i
		body := fmt.Sprintf(`{"prompt":"sun","steps":4,"seed":%d,"width":32,"height":32}`, seed)
		answer, err := http.Post(s.URL+"/sdapi/v1/txt2img", "application/json", strings.NewReader(body))
		if err != nil {
			failed.Add(1)
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		var out struct {
			Images []string
			Info   string
		}
		if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != 200 || len(out.Images) != 1 || !strings.Contains(out.Info, fmt.Sprintf(`"seed":%d,`, seed)) {
			failed.Add(1)
			t.Errorf("%d %v %.200s", answer.StatusCode, err, out.Info)
			return
		}
		if was, there := seeds.LoadOrStore(out.Images[0], seed); there {
			t.Errorf("seeds %d and %v have one picture", seed, was)
		}
		made.Add(1)
	}
	round := func(base int) uint64 {
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for i := range each {
					one(base+c, i)
				}
			})
		}
		wg.Wait()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := round(0)
	seeds.Clear()
	second := round(clients)
	if made.Load() != 2*clients*each || failed.Load() != 0 || q.Waiting() != 0 {
		t.Errorf("%d of %d made, %d failed, %d wait", made.Load(), 2*clients*each, failed.Load(), q.Waiting())
	}
	if second > first+first/2+8<<20 {
		t.Errorf("memory grew from %d to %d bytes", first, second)
	}
}

// A full queue reports it, and accepts orders again later; an engine's error or panic fails its order only.
func TestFullQueueAndFaults(t *testing.T) {
	n := &servetest.Net{Pause: 50 * time.Millisecond}
	e := servetest.Engine(t, n)
	s, q := servetest.StartWith(t, e, serve.Options{Queue: 2})
	var runs []*work.Run
	order := work.Order{}
	order.Recipe.Steps, order.Recipe.Prompt = 4, "sun"
	for {
		r, err := q.Add(order)
		if errors.Is(err, work.ErrFull) {
			break
		}
		if err != nil || len(runs) > 4 {
			t.Fatal(len(runs), err)
		}
		runs = append(runs, r)
		for q.Current() == nil { // the worker has taken the first
			time.Sleep(time.Millisecond)
		}
	}
	answer, err := http.Post(s.URL+"/v1/images/generations", "application/json", strings.NewReader(`{"prompt":"sun"}`))
	if err != nil || answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%v %v", answer, err)
	}
	for _, r := range runs {
		if v, err := r.Wait(t.Context()); err != nil || len(v.Made) != 1 {
			t.Errorf("%+v %v", v.State, err)
		}
	}
	n.Wrong, n.Pause = errors.New("the card fell off"), 0
	r, err := q.Add(order)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := r.Wait(t.Context()); err == nil || v.State != work.Failed || !strings.Contains(err.Error(), "the card fell off") {
		t.Errorf("%v %v", v.State, err)
	}
	n.Wrong = nil
	panics, controlled := order, order
	panics.Watch = func(engine.Step) { panic("at work") }
	controlled.Control = []work.Control{{Picture: servetest.Picture(8, 8)}}
	for want, o := range map[string]work.Order{"at work": panics, "has no ControlNet": controlled} {
		if r, err = q.Add(o); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if r, err = q.Add(order); err != nil {
		t.Fatal(err)
	}
	if v, err := r.Wait(t.Context()); err != nil || len(v.Made) != 1 {
		t.Errorf("after the faults: %v %v", v.State, err)
	}
}

// Prompts are logged where that is asked for, each of an accepted order, in one line.
func TestLogPrompts(t *testing.T) {
	lines := make(chan string, 10)
	for _, o := range []serve.Options{{LogPrompts: true}, {}} {
		o.Address, o.Log = "127.0.0.1:0", func(l string) { lines <- l }
		s, err := serve.Listen(servetest.Engine(t, &servetest.Net{}), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Serve(ctx) }()
		answer, err := http.Post(s.URL()+"sdapi/v1/txt2img", "application/json", strings.NewReader(`{"prompt":"sun\n00:00:00 POST","negative_prompt":"moon","steps":1}`))
		if err != nil || answer.StatusCode != 200 {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if o.LogPrompts {
			if l := <-lines; !strings.HasSuffix(l, `prompt "sun\n00:00:00 POST" negative prompt "moon"`) {
				t.Errorf("%q", l)
			}
		}
		if l := <-lines; strings.Contains(l, "moon") || !strings.Contains(l, " 200 ") {
			t.Errorf("%q", l)
		}
		if len(lines) != 0 {
			t.Errorf("%d lines more", len(lines))
		}
	}
}

// Prompts are not logged otherwise.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{Log: func(l string) { mu.Lock(); lines = append(lines, l); mu.Unlock() }})
	answer, err := http.Post(s.URL+"/sdapi/v1/txt2img?prompt=secret", "application/json", strings.NewReader(`{"prompt":"the secret sun","steps":1}`))
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	}
	io.Copy(io.Discard, answer.Body)
	s.Close()
	mu.Lock()
	defer mu.Unlock()
	if len(lines) != 1 || strings.Contains(lines[0], "secret") || !strings.Contains(lines[0], "POST") || !strings.Contains(lines[0], "200") {
		t.Errorf("%q", lines)
	}
}
