package stream_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/stream"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

type event struct {
	kind string
	data map[string]any
}

func start(t *testing.T, url, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.Post(url+"/nirvana/v1/runs", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, out
}

// events reads a run's events and passes each on as it arrives.
func events(t *testing.T, url string, see func(event)) (all []event) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil || r.StatusCode != 200 {
		t.Fatal(r, err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 4<<20)
	var e event
	for lines.Scan() {
		if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			e.kind = kind
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			e.data = nil
			if err := json.Unmarshal([]byte(data), &e.data); err != nil {
				t.Fatal(err)
			}
			if see != nil {
				see(e)
			}
			all = append(all, e)
		}
	}
	return all
}

// A run is reported step by step, with the remaining noise and the predicted picture.
func TestSteps(t *testing.T) {
	turns := make(chan struct{}, 100)
	s, _ := servetest.Start(t, &servetest.Net{Turns: turns}, serve.Options{})
	status, run := start(t, s.URL, `{"recipe":{"prompt":"sun","steps":8,"sampler":"Euler","seed":4},"count":2}`)
	if status != 202 {
		t.Fatal(status, run)
	}
	at := s.URL + "/nirvana/v1/runs/" + run["id"].(string)
	turns <- struct{}{}
	all := events(t, at+"/events?x_t=true", func(e event) {
		if e.kind == "step" { // the next call waits until the reader has this step
			turns <- struct{}{}
		}
	})
	steps, pictures, sigma, of := 0, 0, 1e9, -1.0
	for _, e := range all {
		switch e.kind {
		case "step":
			steps++
			now := e.data["sigma"].(float64)
			if picture := e.data["picture"].(float64); picture != of {
				sigma, of = 1e9, picture
			}
			if now >= sigma || e.data["of"].(float64) != 8 {
				t.Errorf("sigma %g after %g of %v", now, sigma, e.data["of"])
			}
			sigma = now
			for _, name := range []string{"x0", "x_t"} {
				png, _ := base64.StdEncoding.DecodeString(e.data[name].(string))
				if img, err := pixel.Decode(bytes.NewReader(png)); err != nil || img.Rect.Dx() != 32 {
					t.Fatal(name, err)
				}
			}
		case "picture":
			pictures++
			png, _ := base64.StdEncoding.DecodeString(e.data["png"].(string))
			if f, err := recipe.Read(png); err != nil || f.Recipe.Seed != uint64(3+pictures) {
				t.Error(f.Recipe.Seed, err)
			}
		}
	}
	if last := all[len(all)-1]; steps < 16 || pictures != 2 || last.kind != "end" || last.data["state"] != "finished" {
		t.Errorf("%d steps, %d pictures, last %v", steps, pictures, last)
	}
	r, err := http.Get(at) // a client that lost the connection
	if err != nil {
		t.Fatal(err)
	}
	data, _ := io.ReadAll(r.Body)
	if !strings.Contains(string(data), `"state":"finished"`) || strings.Count(string(data), `"png":`) != 2 {
		t.Errorf("%.200s", data)
	}
	if again := events(t, at+"/events", nil); again[len(again)-1].kind != "end" {
		t.Error("an ended run's events do not end")
	}
}

// 60 runs of 20 clients that wait for each other: each is told its place, then that it is painted, and sees a preview before its
// picture, which is its own.
func TestPreviewsOfMany(t *testing.T) {
	s, q := servetest.Start(t, &servetest.Net{Pause: time.Millisecond}, serve.Options{})
	var wg sync.WaitGroup
	for client := range 20 {
		wg.Go(func() {
			for i := range 3 {
				seed := 100*client + i
				_, run := start(t, s.URL, fmt.Sprintf(`{"recipe":{"prompt":"sun","steps":4,"seed":%d}}`, seed))
				var kinds []string
				for _, e := range events(t, s.URL+"/nirvana/v1/runs/"+run["id"].(string)+"/events", nil) {
					kind := e.kind
					if state, there := e.data["state"].(string); there {
						kind += " " + state
					}
					if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
						kinds = append(kinds, kind)
					}
					if e.kind == "picture" && int(e.data["recipe"].(map[string]any)["seed"].(float64)) != seed {
						t.Errorf("%d: the picture of %v", seed, e.data["recipe"])
					}
				}
				step, picture := slices.Index(kinds, "step"), slices.Index(kinds, "picture")
				if step < 0 || picture < step || kinds[len(kinds)-1] != "end finished" {
					t.Errorf("%d: %q", seed, kinds)
				}
			}
		})
	}
	wg.Wait()
	if q.Waiting() != 0 {
		t.Errorf("%d wait", q.Waiting())
	}
}

func TestStopAndInterrupt(t *testing.T) {
	s, q := servetest.Start(t, &servetest.Net{Pause: 20 * time.Millisecond}, serve.Options{})
	for _, c := range []struct{ method, path, state string }{{"POST", "/interrupt", "finished"}, {"DELETE", "", "stopped"}} {
		_, run := start(t, s.URL, `{"recipe":{"prompt":"sun","steps":500}}`)
		at := s.URL + "/nirvana/v1/runs/" + run["id"].(string)
		asked := false
		all := events(t, at+"/events", func(e event) {
			if e.kind != "step" || e.data["index"].(float64) < 2 || asked {
				return
			}
			asked = true
			r, _ := http.NewRequest(c.method, at+c.path, nil)
			if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != 204 {
				t.Error(answer, err)
			}
		})
		if last := all[len(all)-1]; last.data["state"] != c.state || (last.data["made"].(float64) == 1) != (c.state == "finished") {
			t.Errorf("%s%s: %v", c.method, c.path, last)
		}
	}
	if q.Current() != nil && q.Waiting() != 0 {
		t.Error("something is left")
	}
}

func TestRefused(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	for body, field := range map[string]string{`{}`: "recipe", `{"recipe":[]}`: "recipe", `{"recipe":{"model":"../x"}}`: "recipe.model", `{"recipe":{"width":99999,"height":5}}`: "recipe", `{"recipe":{"steps":-1}}`: "recipe",
		`{"recipe":{"steps":2000}}`: "steps", `{"recipe":{"prompt":"sun"},"count":-1}`: "n", `{"recipe":{"prompt":"sun"},"count":1e9}`: "n", `{"recipe":{"prompt":"sun"},"image":"file:///etc/passwd"}`: "image",
		`{"recipe":{"width":100000,"height":100000}}`: "recipe", `{"recipe":{"prompt":"sun"},"image":"` + servetest.Bomb(60000) + `"}`: "image", `{"recipe":{"prompt":"` + strings.Repeat("sun ", 100000) + `"}}`: "prompt", `x`: "",
		`{"recipe":{"prompt":"` + strings.Repeat("sun ", 1e6) + `"}}`: "prompt", `{"recipe":{"prompt":["sun"` + strings.Repeat(`,"sun"`, 1e6) + `]}}`: "recipe", `{"recipe":{"width":-64,"height":64}}`: "recipe"} {
		status, answer := start(t, s.URL, body)
		if status != 400 || answer["error"].(map[string]any)["field"] != field {
			t.Errorf("%.200s: %d %v", body, status, answer)
		}
	}
	if r, err := http.Get(s.URL + "/nirvana/v1/runs/none"); err != nil || r.StatusCode != 404 {
		t.Error(r, err)
	}
	_, run := start(t, s.URL, `{"recipe":{"prompt":"no such class"}}`)
	all := events(t, s.URL+"/nirvana/v1/runs/"+run["id"].(string)+"/events", nil)
	if last := all[len(all)-1]; last.data["state"] != "failed" || !strings.Contains(last.data["error"].(string), "apple, heart") {
		t.Error(last)
	}
}

// References are pictures, not more than any model takes; a model that takes none says so.
func TestReferencesRefused(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	var b bytes.Buffer
	if err := png.Encode(&b, servetest.Picture(8, 8)); err != nil {
		t.Fatal(err)
	}
	one := `"` + base64.StdEncoding.EncodeToString(b.Bytes()) + `"`
	for name, all := range map[string]string{"no picture": one + `,"` + base64.StdEncoding.EncodeToString([]byte("text")) + `"`, "a file of the server": `"file:///etc/passwd"`,
		"too many": one + strings.Repeat(","+one, work.MaxReferences), "too large": `"` + servetest.Bomb(60000) + `"`} {
		status, answer := start(t, s.URL, `{"recipe":{"prompt":"sun"},"references":[`+all+`]}`)
		if status != 400 || answer["error"].(map[string]any)["field"] != "references" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	_, run := start(t, s.URL, `{"recipe":{"prompt":"sun"},"references":[`+one+`]}`)
	all := events(t, s.URL+"/nirvana/v1/runs/"+run["id"].(string)+"/events", nil)
	if last := all[len(all)-1]; last.data["state"] != "failed" || !strings.Contains(last.data["error"].(string), "takes no reference pictures") {
		t.Error(last)
	}
}

// The OpenAPI document lists exactly the served paths.
func TestOpenAPI(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	r, err := http.Get(s.URL + "/nirvana/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	data, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(data, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			r, _ := http.NewRequest(strings.ToUpper(method), s.URL+strings.ReplaceAll(path, "{id}", "none"), strings.NewReader("{}"))
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode == 405 || strings.Contains(string(body), `"message":"not found"`) {
				t.Errorf("%s %s is not answered: %d", method, path, answer.StatusCode)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/(\w+)/(\w+)"`).FindAllStringSubmatch(string(data), -1) {
		var parts struct {
			Components map[string]map[string]any
		}
		json.Unmarshal(data, &parts)
		if parts.Components[ref[1]][ref[2]] == nil {
			t.Errorf("%s is not there", ref[0])
		}
	}
}

// A run whose only reader is gone ends; one whose reader comes back, or that never had one, continues.
func TestDeadReader(t *testing.T) {
	_, q := servetest.Start(t, &servetest.Net{Pause: 5 * time.Millisecond}, serve.Options{})
	api := stream.New(q)
	api.Grace = 100 * time.Millisecond
	s := httptest.NewServer(api)
	defer s.Close()
	const long = `{"recipe":{"prompt":"sun","steps":300,"width":32,"height":32}}`
	follow := func(id string) (leave func()) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/nirvana/v1/runs/"+id+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(answer.Body); lines.Scan() && lines.Text() != "event: step"; {
		}
		return func() { cancel(); answer.Body.Close() }
	}
	run := func() (string, *work.Run) {
		_, out := start(t, s.URL, long)
		id := out["id"].(string)
		return id, q.Find(id)
	}
	ended := func(r *work.Run, within time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		for {
			v, changed := r.View()
			if v.State.Ended() {
				return true
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return false
			}
		}
	}
	id, r := run()
	follow(id)()
	if !ended(r, 5*time.Second) {
		t.Error("the reader is dead, and the run goes on")
	}
	id, r = run()
	first, second := follow(id), follow(id)
	first()
	if ended(r, 300*time.Millisecond) {
		t.Error("one of two readers went, and the run ended")
	}
	second()
	follow(id)
	if ended(r, 300*time.Millisecond) {
		t.Error("the reader came back, and the run ended")
	}
	r.Stop()
	_, r = run()
	if ended(r, 400*time.Millisecond) {
		t.Error("nobody followed the run, and it ended")
	}
	r.Stop()
}
