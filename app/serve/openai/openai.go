// Package openai is OpenAI's images API, as its clients use it: /v1/images/generations, /v1/images/edits and
// /v1/images/variations, with pictures in base64 or as URLs of this server, and streamed previews; and /v1/models.
// Start with New.
package openai

import (
	"context"
	"errors"
	"net/http"
	"time"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
)

const origin = "openai"

// API serves /v1/.
type API struct {
	queue *work.Queue
	mux   *http.ServeMux
	files *files
}

// New returns the API over a queue.
func New(q *work.Queue) *API {
	a := &API{queue: q, mux: http.NewServeMux(), files: newFiles()}
	a.mux.HandleFunc("POST /v1/images/generations", a.answered(a.generations))
	a.mux.HandleFunc("POST /v1/images/edits", a.answered(a.edits))
	a.mux.HandleFunc("POST /v1/images/variations", a.answered(a.variations))
	a.mux.HandleFunc("GET /v1/models", a.models)
	a.mux.HandleFunc("GET /v1/models/{name}", a.model)
	a.mux.HandleFunc("GET /v1/images/files/{name}", a.files.serve)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusNotFound, problem{Message: "Invalid URL (" + r.Method + " " + r.URL.Path + ")", Type: "invalid_request_error"})
	})
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// answered runs a request and sends its result, at once or as a stream.
func (a *API) answered(read func(*http.Request) (*job, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		j, err := read(r)
		if err == nil {
			err = a.check(j)
		}
		if err != nil {
			Fail(w, err)
			return
		}
		run, err := a.queue.Add(j.order)
		if err != nil {
			Fail(w, err)
			return
		}
		if j.stream {
			a.stream(w, r, j, run)
			return
		}
		v, err := run.Wait(r.Context())
		if err != nil {
			Fail(w, err)
			return
		}
		answer, err := a.answer(r, j, v.Made)
		if err != nil {
			Fail(w, err)
			return
		}
		wire.Write(w, http.StatusOK, answer)
	}
}

// problem is an error in OpenAI's form.
type problem struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// Fail writes an error as OpenAI does.
func Fail(w http.ResponseWriter, err error) {
	status, p := problemOf(err)
	if status == 0 {
		return // the client is gone
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	write(w, status, p)
}

// Refuse writes an error of the server itself, such as a missing token.
func Refuse(w http.ResponseWriter, status int, text, code string) {
	write(w, status, problem{Message: text, Type: "invalid_request_error", Code: &code})
}

func write(w http.ResponseWriter, status int, p problem) {
	wire.Write(w, status, map[string]problem{"error": p})
}

func problemOf(err error) (int, problem) {
	p := problem{Message: err.Error(), Type: "invalid_request_error"}
	code := func(s string) *string { return &s }
	var bad *work.Invalid
	switch {
	case errors.As(err, &bad):
		p.Message = bad.Text
		if bad.Field != "" {
			p.Param = &bad.Field
		}
		if bad.Field == "model" {
			p.Code = code("model_not_found")
			return http.StatusNotFound, p
		}
		return http.StatusBadRequest, p
	case errors.Is(err, wire.ErrTooLarge):
		return http.StatusRequestEntityTooLarge, p
	case errors.Is(err, work.ErrFull), errors.Is(err, work.ErrClosed):
		p.Type, p.Code = "server_error", code("overloaded")
		return http.StatusServiceUnavailable, p
	case errors.Is(err, context.Canceled):
		return 0, p
	}
	p.Type = "server_error"
	return http.StatusInternalServerError, p
}

func (a *API) models(w http.ResponseWriter, _ *http.Request) {
	data := []modelEntry{}
	for _, f := range a.queue.Engine().Catalogue.List() {
		data = append(data, entryOf(f.Name))
	}
	wire.Write(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

func (a *API) model(w http.ResponseWriter, r *http.Request) {
	f, err := a.folder(r.PathValue("name"))
	if err != nil {
		Fail(w, err)
		return
	}
	wire.Write(w, http.StatusOK, entryOf(f.Name))
}

type modelEntry struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	Owner   string `json:"owned_by"`
}

func entryOf(name string) modelEntry {
	return modelEntry{ID: name, Object: "model", Created: time.Now().Unix(), Owner: "local"}
}
