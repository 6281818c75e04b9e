package onnx

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
)

// Options of a session.
type Options struct {
	Threads  int    // 0: all cores
	Provider string // one of Providers; "" or "cpu": the processor
	// Cache is a folder for optimised graphs; "": none.
	Cache string
	// Fuse rewrites attention into one operation where the network writes it out.
	Fuse bool
	// Notify is told in a sentence when a session goes on otherwise than asked; nil: nobody.
	Notify func(string)
}

// Graph is one network. It is opened on first use, so that a folder's rarely
// used parts cost nothing; its ports are known from the start. It is safe for
// use from many goroutines.
type Graph struct {
	runtime *Runtime
	path    string
	options Options
	in, out []engine.Port

	mu      sync.RWMutex // held for reading while the session runs
	session *ort.DynamicAdvancedSession
	device  string // where the session runs; "" before it is open
	edits   edits
}

// Graph describes the network at the path. The error names the file and says what to do.
func (r *Runtime) Graph(path string, o Options) (*Graph, error) {
	g := &Graph{runtime: r, path: path, options: o}
	return g, g.readPorts()
}

// explain names the file and says what to do.
func (g *Graph) explain(err error) error {
	return fmt.Errorf("%s is not a network that ONNX Runtime can open, it may be truncated: fetch the model again: %w", g.name(), err)
}

// name is the file with its folder, for messages.
func (g *Graph) name() string {
	return filepath.Join(filepath.Base(filepath.Dir(g.path)), filepath.Base(g.path))
}

// Ports lists inputs and outputs in the graph's order.
func (g *Graph) Ports() (inputs, outputs []engine.Port) { return g.in, g.out }

// Device is where the session runs: "cpu", "cuda", ...; "" before the first Run.
func (g *Graph) Device() string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.device
}

// Run feeds the inputs and gives the outputs. When ctx ends the network stops
// within milliseconds; the session stays usable. A provider other than the
// processor that fails is left, with a notice, and the run begun anew without it.
func (g *Graph) Run(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in, err := g.values(inputs)
	defer destroy(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(g.path)), err)
	}
	for {
		device, err := g.acquire()
		if err != nil {
			return nil, err
		}
		out, err := g.run(ctx, in)
		switch {
		case err == nil:
			return out, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case device == CPU:
			return nil, fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(g.path)), err)
		}
		if err := g.leave(device, err); err != nil {
			return nil, err
		}
	}
}

// acquire opens the session if need be and holds it for reading.
func (g *Graph) acquire() (device string, err error) {
	for {
		g.mu.RLock()
		if g.session != nil {
			return g.device, nil
		}
		g.mu.RUnlock()
		g.mu.Lock()
		if g.session == nil {
			err = g.open()
		}
		g.mu.Unlock()
		if err != nil {
			return "", err
		}
	}
}

// run is one run of the open session, which acquire holds, and lets go of it.
func (g *Graph) run(ctx context.Context, in []ort.Value) ([]engine.Tensor, error) {
	defer g.mu.RUnlock()
	o, err := ort.NewRunOptions()
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); o.Terminate() })
	out, err := g.scalars()
	defer destroy(out)
	if err == nil {
		err = g.session.RunWithOptions(in, out, o)
	}
	if !stop() {
		<-ended // Terminate must not touch options that are gone
	}
	if err != nil {
		return nil, err
	}
	return tensors(out)
}

// leave closes a session whose provider failed; the next one is the processor's.
func (g *Graph) leave(device string, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.device != device { // another run was quicker
		return nil
	}
	g.options.Provider = CPU
	g.notify(fmt.Sprintf("%s failed in %s, the processor goes on: %s", device, filepath.Base(filepath.Dir(g.path)), firstLine(why)))
	return g.close()
}

func (g *Graph) notify(s string) {
	if g.options.Notify != nil {
		g.options.Notify(s)
	}
}

// Close ends the session and frees its memory, after runs under way. The graph opens itself again when run.
func (g *Graph) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.close()
}

func (g *Graph) close() error {
	if g.session == nil {
		return nil
	}
	err := g.session.Destroy()
	g.session, g.device = nil, ""
	return err
}
