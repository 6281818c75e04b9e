// Package host is `nirvana serve` inside the studio: it listens if the artist allows it, executes the orders of other
// programs with the studio's engine in the turns that the studio lends, and reports its progress to the studio. Start
// with New.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"nirvana/app/guest"
	"nirvana/app/library"
	"nirvana/app/serve"
	"nirvana/app/serve/work"
	"nirvana/app/worker"
	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// Studio lends the engine; its methods are called on the owner's goroutine.
type Studio interface {
	Lend(func(worker.Loan))
	SetGuests(list guest.List, stored bool)
}

// Options are a host's parameters.
type Options struct {
	// Home is the data folder, with serve.json and the certificate.
	Home string
	// Post runs a function on the owner's goroutine.
	Post     func(func())
	Studio   Studio
	Pictures worker.Pictures // receives finished pictures
	// Engine executes orders, except that opening models and turns are replaced by the studio's.
	Engine work.Engine
	// Model is a lent model as orders use it.
	Model func(worker.Generator) *work.Model
	// Told is called on the owner's goroutine when the service has started, ended or failed; may be nil.
	Told func()
}

// Host is the service. Its methods are the owner's, unless they say otherwise.
type Host struct {
	options Options
	status  guest.Status
	stop    func() // stops the listening server; nil if there is none
	begun   int    // counts the services, so that the end of an earlier one is ignored
	ending  sync.WaitGroup

	// Read on other goroutines.
	chosen  atomic.Pointer[library.Model]
	queue   atomic.Pointer[work.Queue]
	telling atomic.Bool
	stored  atomic.Bool

	loan worker.Loan // the current turn's; used by the queue's goroutine
}

// New is a host with the service of serve.json, not started: nothing listens before Begin.
func New(o Options) *Host {
	h := &Host{options: o}
	h.status.Service = read(filepath.Join(o.Home, "serve.json"))
	return h
}

// read returns the configured service; by default it is off.
func read(path string) guest.Service {
	s := guest.Service{Port: guest.UsualPort}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &s) != nil || s.Port < 1 || s.Port > 65535 {
		s = guest.Service{Port: guest.UsualPort}
	}
	if len(s.Token) < serve.ShortestToken {
		s.Token = serve.NewToken()
	}
	return s
}

// Begin starts listening, if the service is on.
func (h *Host) Begin() {
	if h.status.On {
		h.listen()
	}
}

// Status is the service's present state.
func (h *Host) Status() guest.Status { return h.status }

// Follow sets the artist's model and hardware, which orders without a model use.
func (h *Host) Follow(m library.Model) { h.chosen.Store(&m) }

// Set changes the service, also for the next start.
func (h *Host) Set(s guest.Service) error {
	if s.Port < 1 || s.Port > 65535 {
		s.Port = guest.UsualPort
	}
	if len(s.Token) < serve.ShortestToken {
		s.Token = serve.NewToken()
	}
	h.halt()
	h.status = guest.Status{Service: s}
	err := h.keep(s)
	h.Begin()
	return err
}

func (h *Host) keep(s guest.Service) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(h.options.Home, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fault.Unwritable.Mark(err)
	}
	return fault.Unwritable.Mark(wholefile.Write(filepath.Join(h.options.Home, "serve.json"), 0o600, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}))
}

// listen starts the service in the background: creating a certificate and ending the old server take time.
func (h *Host) listen() {
	h.begun++
	number, s := h.begun, h.status.Service
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	h.ending.Add(1)
	go func() {
		defer h.ending.Done()
		err := h.serve(ctx, s, func(addresses []string, fingerprint string) {
			h.apply(number, func() { h.status.Addresses, h.status.Fingerprint = addresses, fingerprint })
		})
		h.queue.Store(nil)
		h.apply(number, func() { h.status.Addresses, h.status.Err = nil, err })
		h.changed()
	}()
}

// apply changes the status on the owner's goroutine, unless another service has started since.
func (h *Host) apply(number int, change func()) {
	h.options.Post(func() {
		if number != h.begun {
			return
		}
		change()
		if h.options.Told != nil {
			h.options.Told()
		}
	})
}

// halt stops the listening server and its current run.
func (h *Host) halt() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
		h.begun++
	}
}

// Close stops the service and waits for its end, before the studio is closed.
func (h *Host) Close() {
	h.halt()
	h.ending.Wait()
}

func (h *Host) serve(ctx context.Context, s guest.Service, began func([]string, string)) error {
	o := serve.Options{Address: address(s)}
	var fingerprint string
	if s.Network {
		own, err := serve.OwnCertificate(h.options.Home)
		if err != nil {
			return err
		}
		o.Token, o.Certificate, o.Key, fingerprint = s.Token, own.Certificate, own.Key, own.Fingerprint
	}
	server, err := listenSoon(ctx, h.engine(), o)
	if err != nil {
		return err
	}
	h.queue.Store(server.Queue())
	began(addresses(server.URL(), s), fingerprint)
	return server.Serve(ctx)
}

// engine is the options' engine with the studio's turns and models.
func (h *Host) engine() work.Engine {
	e := h.options.Engine
	e.Turn, e.Told, e.Made = h.turn, h.changed, h.made
	e.Usual = func() string {
		if m := h.chosen.Load(); m != nil {
			return m.Dir
		}
		return h.options.Engine.Default
	}
	e.Open = func(ctx context.Context, f models.Folder) (*work.Model, error) {
		m := library.Model{Name: f.Name, Dir: f.Dir, With: library.With{VAE: f.VAE}}
		if chosen := h.chosen.Load(); chosen != nil {
			m.On = chosen.On
		}
		g, err := h.loan.Open(ctx, m)
		if err != nil {
			return nil, err
		}
		model := h.options.Model(g)
		model.Close = func() error { return nil } // it belongs to the studio
		return model, nil
	}
	return e
}

// turn waits until the studio lends its engine.
func (h *Host) turn(ctx context.Context) (end func(), err error) {
	given, done := make(chan worker.Loan), make(chan struct{})
	h.options.Post(func() {
		h.options.Studio.Lend(func(l worker.Loan) {
			select {
			case given <- l:
				<-done
			case <-ctx.Done():
			}
		})
	})
	select {
	case h.loan = <-given:
		return func() { close(done) }, nil
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
}
