package serve

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// mostReading is how many large bodies are read at once: the memory of all of them is bounded.
const mostReading = 8

// small bodies are read without waiting for a turn; reading is how long any may take to come in.
const (
	small   = 1 << 20 // bytes
	reading = 2 * time.Minute
)

// bounded bounds the bodies: each in bytes and in time, and the large ones in number.
func (o Options) bounded(h http.Handler) http.Handler {
	turns := make(chan struct{}, mostReading)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most, t := o.Body, &turn{turns: turns, request: r, connection: http.NewResponseController(w)}
		if r.ContentLength >= 0 && r.ContentLength <= small {
			most, t.turns = min(small, o.Body), nil
		}
		t.inner = http.MaxBytesReader(w, r.Body, most)
		r.Body = t
		defer t.end()
		h.ServeHTTP(w, r)
	})
}

// turn is a body that, where it is large, waits for its turn with its first read and gives it back when it was read.
type turn struct {
	turns      chan struct{} // nil: it need not wait
	request    *http.Request
	connection *http.ResponseController
	inner      io.ReadCloser
	begun      bool
	once       sync.Once
}

func (t *turn) Read(p []byte) (int, error) {
	if !t.begun {
		if t.turns != nil {
			select {
			case t.turns <- struct{}{}:
			case <-t.request.Context().Done():
				return 0, t.request.Context().Err()
			}
		}
		t.begun = true
		t.connection.SetReadDeadline(time.Now().Add(reading)) // a test's recorder knows none
	}
	n, err := t.inner.Read(p)
	if err != nil {
		t.end()
	}
	return n, err
}

// end gives the turn back. The deadline is taken away: it would end the request while its picture is painted.
func (t *turn) end() {
	if !t.begun {
		return
	}
	t.once.Do(func() {
		t.connection.SetReadDeadline(time.Time{})
		if t.turns != nil {
			<-t.turns
		}
	})
}

func (t *turn) Close() error {
	t.end()
	return t.inner.Close()
}
