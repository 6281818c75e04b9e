package openai

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

type entry struct {
	Base64 string `json:"b64_json,omitempty"`
	URL    string `json:"url,omitempty"`
}

type answer struct {
	Created int64   `json:"created"`
	Data    []entry `json:"data"`
	Format  string  `json:"output_format"`
	Size    string  `json:"size,omitempty"`
}

func (a *API) answer(r *http.Request, j *job, made []work.Picture) (answer, error) {
	out := answer{Created: time.Now().Unix(), Data: []entry{}, Format: j.format}
	for _, p := range made {
		data, err := j.encoded(p)
		if err != nil {
			return out, err
		}
		if size := p.Image.Rect.Size(); out.Size == "" {
			out.Size = fmt.Sprintf("%dx%d", size.X, size.Y)
		}
		if j.byURL {
			out.Data = append(out.Data, entry{URL: address(r) + "/v1/images/files/" + a.files.add(data, j.format)})
		} else {
			out.Data = append(out.Data, entry{Base64: base64.StdEncoding.EncodeToString(data)})
		}
	}
	return out, nil
}

func (j *job) encoded(p work.Picture) ([]byte, error) {
	if j.format == "jpeg" {
		return pixel.JPEG(p.Image, j.quality)
	}
	return p.PNG()
}

// address is the server's address as the client reached it.
func address(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// files are pictures that were returned as URLs: kept for an hour, the newest up to a total size.
type files struct {
	mu    sync.Mutex
	all   []file
	bytes int
}

type file struct {
	name string
	data []byte
	made time.Time
}

const (
	filesFor  = time.Hour
	filesMost = 256 << 20
)

func newFiles() *files { return &files{} }

func (f *files) add(data []byte, format string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := rand.Text() + "." + format
	f.all, f.bytes = append(f.all, file{name, data, time.Now()}), f.bytes+len(data)
	for len(f.all) > 1 && (f.bytes > filesMost || time.Since(f.all[0].made) > filesFor) {
		f.bytes -= len(f.all[0].data)
		f.all = slices.Delete(f.all, 0, 1)
	}
	return name
}

func (f *files) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	i := slices.IndexFunc(f.all, func(e file) bool { return e.name == r.PathValue("name") && time.Since(e.made) < filesFor })
	var data []byte
	if i >= 0 {
		data = f.all[i].data
	}
	f.mu.Unlock()
	if data == nil {
		write(w, http.StatusNotFound, problem{Message: "there is no such picture, or it was made more than an hour ago", Type: "invalid_request_error"})
		return
	}
	_, ending, _ := strings.Cut(r.PathValue("name"), ".")
	w.Header().Set("Content-Type", "image/"+ending)
	w.Write(data)
}

// stream responds with server-sent events: previews of the predicted x_0, then the pictures.
func (a *API) stream(w http.ResponseWriter, r *http.Request, j *job, run *work.Run) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	s := &stream{api: a, w: w, flush: func() { flush.Flush() }, job: j}
	flush.Flush()
	for {
		v, changed := run.View()
		if err := s.send(v); err != nil || v.State.Ended() {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			run.Stop()
			return
		}
	}
}

type stream struct {
	api      *API
	w        http.ResponseWriter
	flush    func()
	job      *job
	picture  int // whose previews were sent
	partials int // previews of it
	sent     int // pictures
}

// send sends what has changed since the last view.
func (s *stream) send(v work.View) error {
	for ; s.sent < len(v.Made); s.sent++ {
		data, err := s.job.encoded(v.Made[s.sent])
		if err != nil {
			return s.event("error", map[string]any{"error": problem{Message: err.Error(), Type: "server_error"}})
		}
		if err := s.event(s.job.event+".completed", s.fields(data, nil)); err != nil {
			return err
		}
	}
	if v.State == work.Failed {
		_, p := problemOf(v.Err)
		return s.event("error", map[string]any{"error": p})
	}
	if v.State != work.Painting || v.Step.X0.Data == nil || v.Step.Of == 0 {
		return nil
	}
	if s.picture != v.Picture {
		s.picture, s.partials = v.Picture, 0
	}
	if s.partials >= s.job.partials || v.Step.Index < v.Step.Of*(s.partials+1)/(s.job.partials+1) {
		return nil
	}
	data, err := recipe.EncodePNG(v.Step.Predicted(0), nil)
	if err != nil {
		return err
	}
	n := s.partials
	s.partials++
	return s.event(s.job.event+".partial_image", s.fields(data, &n))
}

func (s *stream) fields(data []byte, partial *int) map[string]any {
	out := map[string]any{"b64_json": base64.StdEncoding.EncodeToString(data), "created_at": time.Now().Unix(), "size": "auto", "quality": "auto",
		"background": "opaque", "output_format": s.job.format}
	if partial != nil {
		out["partial_image_index"], out["output_format"] = *partial, "png"
	} else {
		out["usage"] = map[string]any{"total_tokens": 0, "input_tokens": 0, "output_tokens": 0, "input_tokens_details": map[string]int{"text_tokens": 0, "image_tokens": 0}}
	}
	return out
}

func (s *stream) event(kind string, fields map[string]any) error {
	fields["type"] = kind
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", kind, data)
	s.flush()
	return err
}
