// Package sdapi is AUTOMATIC1111's API, /sdapi/v1, as its clients use it: its requests, responses and errors, over
// the queue. Start with New; request.go reads requests, answer.go writes responses.
//
// Parameters, names and responses are those of stable-diffusion-webui 1.10 (modules/api). Parameters that the engine
// has no counterpart of (face restoration, scripts) are refused, not ignored.
package sdapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
)

// origin marks the queue's orders of this API.
const origin = "sdapi"

// API serves /sdapi/v1/.
type API struct {
	queue *work.Queue
	mux   *http.ServeMux

	mu      sync.Mutex
	options options
}

// New returns the API over a queue.
func New(q *work.Queue) *API {
	a := &API{queue: q, mux: http.NewServeMux(), options: usualOptions()}
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"POST txt2img": a.txt2img, "POST img2img": a.img2img, "POST extra-single-image": a.extraSingle, "POST extra-batch-images": a.extraBatch,
		"POST png-info": pngInfo, "GET progress": a.progress, "POST interrupt": a.interrupt, "POST skip": a.skip, "GET options": a.getOptions,
		"POST options": a.setOptions, "GET sd-models": a.models, "GET samplers": samplers, "GET schedulers": schedulers, "GET upscalers": a.upscalers,
		"GET loras": a.loras, "GET embeddings": a.embeddings, "GET prompt-styles": a.promptStyles, "GET memory": memoryNow, "GET cmd-flags": nothing,
		"GET latent-upscale-modes": latentModes, "GET sd-vae": a.vaes, "GET hypernetworks": none, "GET face-restorers": none, "GET realesrgan-models": none,
		"GET scripts": scripts, "GET script-info": none, "GET sd-modules": none, "GET extensions": none, "POST refresh-checkpoints": null, "POST refresh-loras": null,
		"POST refresh-vae": null, "POST refresh-embeddings": null, "POST unload-checkpoint": a.unload, "POST reload-checkpoint": null,
	} {
		var method, name string
		fmt.Sscanf(pattern, "%s %s", &method, &name)
		a.mux.Handle(method+" /sdapi/v1/"+name, handler(answer))
	}
	a.mux.Handle("/", handler(func(*http.Request) (any, error) { return nil, errNotFound }))
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func nothing(*http.Request) (any, error) { return struct{}{}, nil }
func none(*http.Request) (any, error)    { return []string{}, nil }
func null(*http.Request) (any, error)    { return nil, nil }
func scripts(*http.Request) (any, error) {
	return map[string][]string{"txt2img": {}, "img2img": {}}, nil
}
func latentModes(*http.Request) (any, error) { return []map[string]string{{"name": "Latent"}}, nil }

// refusal is an error with its own status code, in FastAPI's form.
type refusal struct {
	status int
	detail string
}

func (e *refusal) Error() string { return e.detail }

var errNotFound = &refusal{http.StatusNotFound, "Not Found"}

// handler responds with JSON; errors have AUTOMATIC1111's form.
func handler(answer func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := answer(r)
		if err == nil {
			wire.Write(w, http.StatusOK, v)
			return
		}
		Fail(w, err)
	})
}

// Fail writes an error as AUTOMATIC1111 does: FastAPI's list of fields for an invalid request, one object for others.
func Fail(w http.ResponseWriter, err error) {
	var bad *work.Invalid
	var fail *refusal
	switch {
	case errors.As(err, &fail):
		wire.Write(w, fail.status, map[string]string{"detail": fail.detail})
	case errors.As(err, &bad):
		loc := []string{"body"}
		if bad.Field != "" {
			loc = append(loc, bad.Field)
		}
		wire.Write(w, http.StatusUnprocessableEntity, map[string]any{"detail": []any{map[string]any{"loc": loc, "msg": bad.Text, "type": "value_error"}}})
	case errors.Is(err, wire.ErrTooLarge):
		object(w, http.StatusRequestEntityTooLarge, "RequestTooLarge", err)
	case errors.Is(err, work.ErrFull), errors.Is(err, work.ErrClosed):
		w.Header().Set("Retry-After", "5")
		object(w, http.StatusServiceUnavailable, "Busy", err)
	case errors.Is(err, context.Canceled): // the client is gone
	default:
		object(w, http.StatusInternalServerError, "RuntimeError", err)
	}
}

func object(w http.ResponseWriter, status int, kind string, err error) {
	wire.Write(w, status, map[string]string{"error": kind, "detail": err.Error(), "body": "", "errors": err.Error()})
}
