// Package stream is Nirvana's own API, /nirvana/v1: runs are started, watched step by step as server-sent events, and
// stopped. openapi.json describes it. Start with New.
package stream

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net/http"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

//go:embed openapi.json
var openAPI []byte

const origin = "nirvana"

// API serves /nirvana/v1/.
type API struct {
	// Grace is how long a run continues after its only reader has disconnected.
	Grace time.Duration
	queue *work.Queue
	mux   *http.ServeMux
}

// New returns the API over a queue.
func New(q *work.Queue) *API {
	a := &API{Grace: grace, queue: q, mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /nirvana/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(openAPI)
	})
	a.mux.HandleFunc("GET /nirvana/v1/models", a.models)
	a.mux.HandleFunc("POST /nirvana/v1/runs", a.start)
	a.mux.HandleFunc("GET /nirvana/v1/runs/{id}", a.found(a.show))
	a.mux.HandleFunc("GET /nirvana/v1/runs/{id}/events", a.found(a.events))
	a.mux.HandleFunc("POST /nirvana/v1/runs/{id}/interrupt", a.found(func(w http.ResponseWriter, _ *http.Request, run *work.Run) {
		run.Interrupt()
		w.WriteHeader(http.StatusNoContent)
	}))
	a.mux.HandleFunc("DELETE /nirvana/v1/runs/{id}", a.found(func(w http.ResponseWriter, _ *http.Request, run *work.Run) {
		run.Stop()
		w.WriteHeader(http.StatusNoContent)
	}))
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusNotFound, "", "not found") })
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// found calls the handler with the run in the path.
func (a *API) found(answer func(http.ResponseWriter, *http.Request, *work.Run)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		run := a.queue.Find(r.PathValue("id"))
		if run == nil {
			write(w, http.StatusNotFound, "id", "there is no such run, or it ended more than some minutes ago")
			return
		}
		answer(w, r, run)
	}
}

func write(w http.ResponseWriter, status int, field, text string) {
	wire.Write(w, status, map[string]any{"error": map[string]string{"field": field, "message": text}})
}

// Fail writes an error as this API does.
func Fail(w http.ResponseWriter, err error) {
	var bad *work.Invalid
	switch {
	case errors.As(err, &bad):
		write(w, http.StatusBadRequest, bad.Field, bad.Text)
	case errors.Is(err, wire.ErrTooLarge):
		write(w, http.StatusRequestEntityTooLarge, "", err.Error())
	case errors.Is(err, work.ErrFull), errors.Is(err, work.ErrClosed):
		w.Header().Set("Retry-After", "5")
		write(w, http.StatusServiceUnavailable, "", err.Error())
	case errors.Is(err, context.Canceled):
	default:
		write(w, http.StatusInternalServerError, "", err.Error())
	}
}

// models lists the models that runs can use, with the size that each was trained at.
func (a *API) models(w http.ResponseWriter, _ *http.Request) {
	out := []map[string]any{}
	for _, f := range a.queue.Engine().Catalogue.List() {
		width, height := f.Resolution()
		out = append(out, map[string]any{"name": f.Name, "kind": f.Kind(), "width": width, "height": height, "licence": f.Licence})
	}
	usual := ""
	if f, err := a.queue.Engine().Catalogue.Find(a.queue.Engine().UsualModel()); err == nil {
		usual = f.Name
	}
	wire.Write(w, http.StatusOK, map[string]any{"models": out, "default": usual})
}

// asked is the body of a new run: a recipe as in picture files, and what recipes do not contain.
type asked struct {
	Recipe     json.RawMessage `json:"recipe"`
	Count      wire.Int        `json:"count"`
	Image      string          `json:"image"`
	Mask       string          `json:"mask"`
	References []string        `json:"references"`
	OnlyMasked wire.Bool       `json:"only_masked"`
	Padding    wire.Int        `json:"padding"`
	Feather    *wire.Int       `json:"feather"`
}

func (a *API) start(w http.ResponseWriter, r *http.Request) {
	var q asked
	err := wire.JSON(r, &q)
	var o work.Order
	if err == nil {
		o, err = a.order(q)
	}
	var run *work.Run
	if err == nil {
		run, err = a.queue.Add(o)
	}
	if err != nil {
		Fail(w, err)
		return
	}
	w.Header().Set("Location", "/nirvana/v1/runs/"+run.ID)
	v, _ := run.View()
	wire.Write(w, http.StatusAccepted, state(run, v))
}

func (a *API) order(q asked) (work.Order, error) {
	o := work.Order{Origin: origin, Count: int(min(max(q.Count, -1), 1<<20)), OnlyMasked: bool(q.OnlyMasked), Padding: int(min(max(q.Padding, 0), 4096)), Feather: task.Feather, Match: true}
	if len(q.Recipe) == 0 {
		return o, wire.Invalid("recipe", "it is missing")
	}
	var err error
	if o.Recipe, err = recipe.Parse(q.Recipe); err != nil {
		return o, wire.Invalid("recipe", "%v", err)
	}
	if q.Feather != nil {
		o.Feather = int(min(max(*q.Feather, 0), 4096))
	}
	if o.Model, err = a.model(o.Recipe.Model); err != nil {
		return o, err
	}
	if o.References, err = references(q.References); err != nil || q.Image == "" {
		return o, err
	}
	if o.Init, err = wire.Picture("image", q.Image); err != nil || q.Mask == "" {
		return o, err
	}
	mask, err := wire.Picture("mask", q.Mask)
	if err != nil {
		return o, err
	}
	o.Mask = pixel.MaskOf(mask)
	if o.Mask.Rect.Size() == o.Init.Rect.Size() && pixel.Empty(o.Mask, o.Mask.Rect) {
		o.Mask = nil
	}
	return o, nil
}

// references are the pictures that the model sees beside the one that the run begins from.
func references(all []string) (out []*image.RGBA, err error) {
	if len(all) > work.MaxReferences {
		return nil, wire.Invalid("references", "%d are more than the %d that any model takes", len(all), work.MaxReferences)
	}
	for _, text := range all {
		img, err := wire.Picture("references", text)
		if err != nil {
			return nil, err
		}
		out = append(out, img)
	}
	return out, nil
}

// model is the folder of a recipe's model; clients may not choose paths.
func (a *API) model(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	for _, f := range a.queue.Engine().Catalogue.List() {
		if f.Name == name {
			return f.Dir, nil
		}
	}
	return "", wire.Invalid("recipe.model", "%.80q is none of the models", name)
}

// run is a run as this API reports it.
type run struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Place    int      `json:"place,omitempty"`
	Share    float64  `json:"share"`
	Picture  int      `json:"picture"`
	Pictures int      `json:"pictures"`
	Made     int      `json:"made"`
	Error    string   `json:"error,omitempty"`
	Notices  []string `json:"notices,omitempty"`
}

func state(r *work.Run, v work.View) run {
	out := run{ID: r.ID, State: v.State.String(), Place: v.Place, Share: v.Share(), Picture: v.Picture, Pictures: v.Pictures, Made: len(v.Made)}
	if v.Err != nil {
		out.Error = v.Err.Error()
	}
	for _, n := range v.Notices {
		out.Notices = append(out.Notices, n.String())
	}
	return out
}

// show is a run with its pictures.
func (a *API) show(w http.ResponseWriter, _ *http.Request, r *work.Run) {
	r.Asked()
	v, _ := r.View()
	images := []picture{}
	for i := range v.Made {
		p, err := pictureOf(v, i)
		if err != nil {
			Fail(w, err)
			return
		}
		images = append(images, p)
	}
	wire.Write(w, http.StatusOK, struct {
		run
		Images []picture `json:"images"`
	}{state(r, v), images})
}

// step describes an evaluation of the denoiser.
type step struct {
	Picture  int     `json:"picture"`
	Index    int     `json:"index"`
	Of       int     `json:"of"`
	Timestep float32 `json:"timestep"`
	Sigma    float32 `json:"sigma"`
	Guidance float32 `json:"guidance"`
	Share    float64 `json:"share"`
	X0       string  `json:"x0"`            // a PNG in base64: the predicted x_0, one pixel for each latent position
	X        string  `json:"x_t,omitempty"` // x_t likewise
}

type picture struct {
	Picture    int             `json:"picture"`
	PNG        string          `json:"png"`
	Recipe     json.RawMessage `json:"recipe"`
	Unfinished bool            `json:"unfinished,omitempty"`
}

func pictureOf(v work.View, i int) (picture, error) {
	p := v.Made[i]
	data, err := p.PNG()
	if err != nil {
		return picture{}, err
	}
	rec, err := p.Recipe.JSON()
	return picture{Picture: i, PNG: base64.StdEncoding.EncodeToString(data), Recipe: rec, Unfinished: p.Unfinished}, err
}

const (
	// beat is how often an idle connection gets a comment that keeps it open.
	beat = 15 * time.Second
	// grace is how long a run continues after its only reader has disconnected: browsers reconnect after some
	// seconds.
	grace = 10 * time.Second
	// stalled is how long a reader may take to receive an event; then it is disconnected.
	stalled = 30 * time.Second
)

// events reports a run in progress: "run" at changes of its state, "step" after evaluations, "picture" for each
// finished one, "end" last. A reader that is slower than the engine gets the latest step only: events are not
// buffered.
func (a *API) events(w http.ResponseWriter, r *http.Request, running *work.Run) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	t := &eventWriter{w: w, flush: http.NewResponseController(w), run: running, noisy: r.URL.Query().Get("x_t") == "true"}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	defer running.Attend(a.Grace)()
	defer t.flush.SetWriteDeadline(time.Time{}) // the connection's next request has its own deadline
	for {
		t.flush.SetWriteDeadline(time.Now().Add(stalled)) // unsupported by a test's recorder: ignored
		v, changed := running.View()
		if err := t.send(v); err != nil || v.State.Ended() {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
			if _, err := fmt.Fprint(w, ": \n\n"); err != nil {
				return
			}
			t.flush.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

type eventWriter struct {
	w     http.ResponseWriter
	flush *http.ResponseController
	run   *work.Run
	noisy bool
	last  run
	at    [2]int // last reported picture and step
	begun bool
	made  int
}

func (t *eventWriter) send(v work.View) error {
	now := state(t.run, v)
	if !t.begun || now.State != t.last.State || now.Place != t.last.Place {
		if err := t.event("run", now); err != nil {
			return err
		}
	}
	if at := [2]int{v.Picture, v.Step.Index}; v.Step.X.Data != nil && (at != t.at || !t.begun) {
		t.at = at
		s, err := t.step(v)
		if err == nil {
			err = t.event("step", s)
		}
		if err != nil {
			return err
		}
	}
	t.begun, t.last = true, now
	for ; t.made < len(v.Made); t.made++ {
		p, err := pictureOf(v, t.made)
		if err == nil {
			err = t.event("picture", p)
		}
		if err != nil {
			return err
		}
	}
	if v.State.Ended() {
		return t.event("end", now)
	}
	return nil
}

func (t *eventWriter) step(v work.View) (step, error) {
	s := v.Step
	out := step{Picture: v.Picture, Index: s.Index, Of: s.Of, Timestep: s.Timestep, Sigma: s.Sigma, Guidance: s.Guidance, Share: v.Share()}
	var err error
	if out.X0, err = wire.Base64(small(s.Predicted(0))); err == nil && t.noisy {
		out.X, err = wire.Base64(small(s.Noisy(0)))
	}
	return out, err
}

// small limits a preview's size: in pixel space it is the whole picture.
func small(img *image.RGBA) *image.RGBA { return pixel.Thumbnail(img, 512) }

func (t *eventWriter) event(kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(t.w, "event: %s\ndata: %s\n\n", kind, data); err != nil {
		return err
	}
	return t.flush.Flush()
}
