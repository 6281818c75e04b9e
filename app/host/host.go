// Package host is `nirvana serve` inside the studio: it listens where the artist allows it, carries the orders of other
// programs out with the studio's own engine in the turns that the studio lends, and tells the studio what is painted.
// Start with New.
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

// Options are what a host stands on.
type Options struct {
	// Home is the data folder: serve.json and the certificate lie there.
	Home string
	// Post runs a function on the owner's goroutine.
	Post     func(func())
	Studio   Studio
	Pictures worker.Pictures // where finished pictures go
	// Engine is what orders are carried out with, but for opening models and for its turns.
	Engine work.Engine
	// Model is a lent model as orders use it.
	Model func(worker.Generator) *work.Model
	// Told is called on the owner's goroutine when the service has begun, ended or failed; nil: nobody.
	Told func()
}

// Host is the service. Its methods are the owner's, but for those that say otherwise.
type Host struct {
	options Options
	status  guest.Status
	stop    func() // ends the server that listens; nil: none does
	begun   int    // counts the services, so that an earlier one's end tells nothing of the present
	ending  sync.WaitGroup

	// Read beside the owner.
	chosen  atomic.Pointer[library.Model]
	queue   atomic.Pointer[work.Queue]
	telling atomic.Bool
	stored  atomic.Bool

	loan worker.Loan // the turn's; used by the queue's goroutine, in turns
}

// New is a host of the service that serve.json tells of, which has not begun; nothing listens before Begin.
func New(o Options) *Host {
	h := &Host{options: o}
	h.status.Service = read(filepath.Join(o.Home, "serve.json"))
	return h
}

// read gives the service that was set; the usual one, which is off, where none was.
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

// Begin listens, where that is set.
func (h *Host) Begin() {
	if h.status.On {
		h.listen()
	}
}

// Status is the service as it is.
func (h *Host) Status() guest.Status { return h.status }

// Follow tells which model the artist has chosen, on which hardware: orders that name none are painted with it.
func (h *Host) Follow(m library.Model) { h.chosen.Store(&m) }

// Set makes the service another one, and keeps it for the next start.
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

// listen begins the service beside the owner: a certificate may have to be made, and the old server to end.
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

// apply changes the status on the owner, unless another service has begun since.
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

// halt ends the server that listens; what it has under way is stopped.
func (h *Host) halt() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
		h.begun++
	}
}

// Close ends the service and waits for its end, before the studio is closed.
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

// engine is the options' with turns that the studio lends.
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
		m := library.Model{Name: f.Name, Dir: f.Dir}
		if chosen := h.chosen.Load(); chosen != nil {
			m.On = chosen.On
		}
		g, err := h.loan.Open(ctx, m)
		if err != nil {
			return nil, err
		}
		model := h.options.Model(g)
		model.Close = func() error { return nil } // it stays the studio's
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
