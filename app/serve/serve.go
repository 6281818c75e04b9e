// Package serve is `nirvana serve`: the engine behind a queue, over HTTP. It provides AUTOMATIC1111's API (sdapi),
// OpenAI's images API (openai) and its own (stream), and a page that paints from a browser (page). Start with Listen;
// access.go controls access.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"nirvana/app/serve/openai"
	"nirvana/app/serve/page"
	"nirvana/app/serve/sdapi"
	"nirvana/app/serve/stream"
	"nirvana/app/serve/work"
)

// Options are a server's options.
type Options struct {
	// Address is where it listens, host:port. Hosts other than loopback need Token and TLS.
	Address string
	// Token is required in every request; "": none, on loopback only.
	Token string
	// Certificate and Key are PEM files; "": no TLS.
	Certificate, Key string
	// Body is the size of the largest request, bytes; 0: 64 MiB.
	Body int64
	// Queue is how many orders may wait; 0: 256.
	Queue  int
	Limits work.Limits // zero: work.Usual
	// Log is called with a line for each request, without prompts; may be nil.
	Log func(string)
	// LogPrompts logs the prompts of accepted orders too.
	LogPrompts bool
}

// Usual are the values of Options that are 0.
const (
	UsualAddress = "127.0.0.1:7860"
	usualBody    = 64 << 20
	usualQueue   = 256
)

// Server listens at an address. Serve serves it until its context ends.
type Server struct {
	options  Options
	listener net.Listener
	queue    *work.Queue
}

// Listen opens the address. It fails, before anything is opened, if the options would let anybody in.
func Listen(e work.Engine, o Options) (*Server, error) {
	if o.Address == "" {
		o.Address = UsualAddress
	}
	if o.Body == 0 {
		o.Body = usualBody
	}
	if o.Queue == 0 {
		o.Queue = usualQueue
	}
	if o.Limits == (work.Limits{}) {
		o.Limits = work.Usual
	}
	if err := o.safe(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("the server cannot listen on %s: choose another --listen (%w)", o.Address, err)
	}
	if o.LogPrompts && o.Log != nil {
		e.Accepted = o.logPrompts
	}
	return &Server{o, l, work.New(e, o.Limits, o.Queue)}, nil
}

// URL is the page's URL.
func (s *Server) URL() string {
	scheme := "http://"
	if s.options.Certificate != "" {
		scheme = "https://"
	}
	return scheme + s.listener.Addr().String() + "/"
}

// Queue has the current and the waiting orders.
func (s *Server) Queue() *work.Queue { return s.queue }

// shutdown is how long requests in progress may take at the end.
const shutdown = 5 * time.Second

// Serve serves until ctx ends, then stops the current run and closes the model.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{Handler: Handler(s.queue, s.options), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	worked := make(chan error, 1)
	go func() { worked <- s.queue.Work(ctx) }()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		end, stop := context.WithTimeout(context.Background(), shutdown)
		defer stop()
		if server.Shutdown(end) != nil {
			server.Close()
		}
	}()
	var err error
	if s.options.Certificate != "" {
		err = server.ServeTLS(s.listener, s.options.Certificate, s.options.Key)
	} else {
		err = server.Serve(s.listener)
	}
	cancel()
	<-ended
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-worked)
}

// Handler serves all APIs and the page, within the options' limits.
func Handler(q *work.Queue, o Options) http.Handler {
	apis := map[string]http.Handler{"/sdapi/": sdapi.New(q), "/v1/": openai.New(q), "/nirvana/": stream.New(q)}
	paint := page.Handler()
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for prefix, api := range apis {
			if strings.HasPrefix(r.URL.Path, prefix) {
				api.ServeHTTP(w, r)
				return
			}
		}
		if page.Has(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			paint.ServeHTTP(w, r)
			return
		}
		sdapi.Fail(w, errNotFound)
	})
	return o.logged(o.admitted(o.bounded(h)))
}
