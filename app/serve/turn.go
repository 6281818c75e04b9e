package serve

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// mostReading is how many large bodies are read at once, to bound their memory.
const mostReading = 8

// Bodies up to small are read without waiting for a turn; reading is how long one may take to arrive.
const (
	small   = 1 << 20 // bytes
	reading = 2 * time.Minute
)

// bounded limits the bodies: each in bytes and time, and large ones in number.
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

// turn is a body that, if it is large, waits for its turn at the first read and returns it at the end.
type turn struct {
	turns      chan struct{} // nil: it does not wait
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
		t.connection.SetReadDeadline(time.Now().Add(reading)) // unsupported by a test's recorder: ignored
	}
	n, err := t.inner.Read(p)
	if err != nil {
		t.end()
	}
	return n, err
}

// end returns the turn and clears the deadline, which would otherwise end the request while its picture is made.
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
