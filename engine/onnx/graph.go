package onnx

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/network"
	"nirvana/models"
)

// Options are a session's options.
type Options struct {
	Threads  int    // 0: all cores
	Provider string // one of Providers; "" or "cpu": CPU
	// Cache is a folder for optimised graphs, which open faster the next time; "": none.
	Cache string
	// Fuse replaces attention that is written out by one operation.
	Fuse bool
	// Plain leaves the graph as it is written: its weights stay in their file and are widened at each run, which takes less memory
	// and more time.
	Plain bool
	// Idle closes the session when it was not used for this long; 0: never. It opens again on the next Run.
	Idle time.Duration
	// Notify receives a notice when a session differs from what was asked for; may be nil.
	Notify func(fault.Notice)

	awake string            // how long threads wait for work before they sleep, microseconds; "": always awake
	trip  func() error      // lets a provider fail during a run, for tests; nil
	alone bool              // nothing that the provider lacks is left to the processor: it fails then
	half  bool              // in half precision on the processor too, for tests
	away  func(string) bool // in place of files.Remote, for tests; nil
}

// Graph is one network. It is opened on first use, so that a folder's rarely used parts cost nothing; its ports are
// known from the start. It is safe for concurrent use.
type Graph struct {
	runtime *Runtime
	path    string
	// build writes the network from weights, which stay quantised or are made wide; nil: it is the file at path
	build   func(wide bool) (*network.Graph, error)
	inHalf  bool // the network that is built can stay in half precision
	options Options
	in, out []engine.Port
	biases  []engine.Bias // inputs that cross-attention can be opened with; none: it takes none
	others  *engine.Port  // with biases, of text states outside of cross-attention; nil: none
	bytes   int64         // of the file with its external data
	kept    int64         // about what it takes in the cache, bytes
	written string        // hash of the graph that was built from weights; "": it is the file at path
	sources []source      // the files that it is read from

	mu      sync.RWMutex // read-locked while a session runs
	opened  *opened      // nil before the first Run and after Close
	device  string       // where it runs; "" before it is open
	lost    int64        // lostPages when it was opened
	reuses  bool         // opened with a shallow network for DeepCache
	biased  bool         // opened with the biases
	halved  bool         // opened in half precision, where the weights are in it
	widened bool         // from half precision to float32
	edits   edits
	draft   *models.Draft // merged when it is opened; nil: this is not a draft's denoiser
	idle    idle

	skip    int            // last layers that are left out
	shorter map[int]*Graph // made by Skip

	attends   bool   // the maps of cross-attention are outputs too
	strides   []int  // of them
	attending *Graph // made by RunAttending; nil: none
}

// Graph describes the network at the path. Errors name the file and say what to do.
func (r *Runtime) Graph(path string, o Options) (*Graph, error) {
	g := r.ofFile(path, o)
	return g, g.readPorts()
}

// ofFile is Graph whose ports are not read yet.
func (r *Runtime) ofFile(path string, o Options) *Graph {
	return &Graph{runtime: r, path: path, options: o}
}

// Network describes a network that is built from weights, which stay in their file. controlled adds inputs for
// ControlNets' residuals to a U-Net. Errors say what to do.
func (r *Runtime) Network(p models.Part, controlled bool, o Options) (*Graph, error) {
	g := r.ofWeights(p, controlled, o)
	return g, g.readPorts()
}

// ofWeights is Network whose ports are not read yet.
func (r *Runtime) ofWeights(p models.Part, controlled bool, o Options) *Graph {
	g := &Graph{runtime: r, path: filepath.Join(p.Path, p.Name), options: o, inHalf: network.Half(p.Config, p.Weights)}
	g.build = func(wide bool) (*network.Graph, error) {
		return network.Build(p.Name, p.Config, p.Weights, network.Options{Controlled: controlled, Wide: wide})
	}
	g.sources = weightSources(p)
	return g
}

// Ports lists inputs and outputs in the graph's order.
func (g *Graph) Ports() (inputs, outputs []engine.Port) { return g.in, g.out }

// Biases are inputs that Run takes in addition, all or none. With them the network is opened again, with cross-attention that
// takes them, until it runs without.
func (g *Graph) Biases() (all []engine.Bias, others string) {
	if g.others != nil {
		others = g.others.Name
	}
	return g.biases, others
}

// withBiases reports whether inputs have biases.
func (g *Graph) withBiases(inputs map[string]engine.Tensor) bool {
	for _, b := range g.biases {
		if _, ok := inputs[b.Name]; ok {
			return true
		}
	}
	return false
}

// Device is the provider that the session runs on: "cpu", "cuda", ...; "" before the first Run.
func (g *Graph) Device() string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.device
}

// Run computes the outputs. When ctx ends the network stops within milliseconds; the session stays usable. Where a
// provider other than the CPU fails, the run is repeated on the CPU, with a notice.
func (g *Graph) Run(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	return g.runAs(ctx, inputs, whole)
}

// RunReusing is Run with DeepCache (Ma et al., 2023): with fresh, the inner layers' outputs are kept under the row's
// name; without, only the outer layers run, on the outputs kept. A network that cannot be cut runs whole.
func (g *Graph) RunReusing(ctx context.Context, inputs map[string]engine.Tensor, row string, fresh bool) ([]engine.Tensor, error) {
	g.mu.Lock()
	if !g.reuses {
		g.reuses = true
		g.close()
	}
	g.mu.Unlock()
	return g.runAs(ctx, inputs, call{reuse: true, row: row, fresh: fresh})
}

// call is which part of the network runs.
type call struct {
	reuse, fresh bool
	row          string
}

var whole call

func (g *Graph) runAs(ctx context.Context, inputs map[string]engine.Tensor, c call) ([]engine.Tensor, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := g.sound(); err != nil {
			return nil, err
		}
		lost := lostPages()
		device, err := g.acquireWithin(ctx, g.withBiases(inputs))
		if err != nil {
			return nil, err
		}
		out, err := g.run(ctx, inputs, c)
		if ctx.Err() != nil && err != nil {
			return nil, ctx.Err()
		}
		if gone := g.intact(lost, true); gone != nil {
			return nil, errors.Join(gone, g.Close())
		}
		switch {
		case err == nil:
			return out, nil
		case device == CPU:
			return nil, g.failed(err)
		}
		if err := g.leave(device, err); err != nil {
			return nil, err
		}
	}
}

// acquire opens the session, with biases or without, if necessary and read-locks it.
func (g *Graph) acquire(biased bool) (device string, err error) {
	for {
		g.mu.RLock()
		if g.opened != nil && g.biased == biased {
			return g.device, nil
		}
		g.mu.RUnlock()
		g.mu.Lock()
		if g.biased != biased {
			err = g.close()
			g.biased = biased
		}
		if g.opened == nil && err == nil {
			err = g.open()
		}
		g.mu.Unlock()
		if err != nil {
			return "", err
		}
	}
}

// acquireWithin is acquire, for which nobody waits longer than ctx: a session that is being opened goes on opening, and is
// there the next time.
func (g *Graph) acquireWithin(ctx context.Context, biased bool) (device string, err error) {
	if g.mu.TryRLock() {
		if g.opened != nil && g.biased == biased {
			return g.device, nil
		}
		g.mu.RUnlock()
	}
	type result struct {
		device string
		err    error
	}
	done := make(chan result)
	hand(func() {
		device, err := g.acquire(biased)
		select {
		case done <- result{device, err}:
		case <-ctx.Done():
			if err == nil {
				g.mu.RUnlock()
			}
		}
	})
	select {
	case r := <-done:
		return r.device, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// patience is how long a stopped run is waited for. Operations cannot be interrupted, and the largest of a VAE take
// longer: they end by themselves.
const patience = 100 * time.Millisecond

// run runs the open session, which acquire locked, and unlocks it.
func (g *Graph) run(ctx context.Context, inputs map[string]engine.Tensor, c call) ([]engine.Tensor, error) {
	type result struct {
		out []engine.Tensor
		err error
	}
	done := make(chan result, 1)
	hand(func() {
		defer g.mu.RUnlock()
		out, err := g.runOpen(ctx, inputs, c)
		g.idle.used(g)
		done <- result{out, err}
	})
	select {
	case r := <-done:
		return r.out, r.err
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(patience):
	}
	return nil, ctx.Err()
}

func (g *Graph) runOpen(ctx context.Context, inputs map[string]engine.Tensor, c call) ([]engine.Tensor, error) {
	defer g.runtime.turn(g.device)()
	if trip := g.options.trip; trip != nil && g.device != CPU {
		if err := trip(); err != nil {
			return nil, err
		}
	}
	takes := g.takes(g.biased)
	in, err := g.values(takes, inputs)
	defer destroy(in)
	if err != nil {
		return nil, err
	}
	fed := map[string]ort.Value{}
	for i, p := range takes {
		fed[g.feed(p)] = in[i]
	}
	o, err := ort.NewRunOptions()
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); o.Terminate() })
	defer func() {
		if !stop() {
			<-ended // Terminate must not touch freed options
		}
	}()
	release, err := g.opened.addPromptValues(inputs, fed, o)
	if err != nil {
		return nil, err
	}
	defer release()
	out, err := g.scalars()
	defer func() { destroy(out) }()
	if err != nil {
		return nil, err
	}
	if out, err = g.opened.run(fed, out, c, o); err != nil {
		return nil, err
	}
	return tensors(out)
}

// leave closes a session whose provider failed; the next one uses the CPU.
func (g *Graph) leave(device string, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.device != device { // another run was faster
		return nil
	}
	g.options.Provider = CPU
	g.notify(fault.DeviceFailed, device, why)
	return g.close()
}

// notify reports that a provider is given up, and why.
func (g *Graph) notify(format, device string, why error) {
	if g.options.Notify != nil {
		g.options.Notify(fault.Notice{Format: format, Args: []any{shown(device), g.part()}, Detail: firstLine(why)})
	}
}

// Close ends the session and frees its memory, after runs under way. The next run opens it again.
func (g *Graph) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Join(g.closeOthers(), g.close())
}

func (g *Graph) close() error {
	if g.opened == nil {
		return nil
	}
	defer g.runtime.turn(g.device)()
	err := g.opened.close()
	g.opened, g.device = nil, ""
	return err
}
