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
	Threads int // 0: all cores
}

// Graph is one network. It is opened on first use, so that a folder's rarely
// used parts cost nothing; its ports are known from the start.
type Graph struct {
	path    string
	options Options
	in, out []engine.Port

	mu      sync.Mutex
	session *ort.DynamicAdvancedSession
}

// Graph opens the network at the path.
func (r *Runtime) Graph(path string, o Options) (*Graph, error) {
	g := &Graph{path: path, options: o}
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, g.explain(err)
	}
	if g.in, err = ports(in); err != nil {
		return nil, g.explain(err)
	}
	if g.out, err = ports(out); err != nil {
		return nil, g.explain(err)
	}
	return g, nil
}

// explain names the file and says what to do.
func (g *Graph) explain(err error) error {
	return fmt.Errorf("%s is not a network that ONNX Runtime can open, it may be truncated: fetch the model again: %w",
		filepath.Join(filepath.Base(filepath.Dir(g.path)), filepath.Base(g.path)), err)
}

func ports(infos []ort.InputOutputInfo) ([]engine.Port, error) {
	var out []engine.Port
	for _, i := range infos {
		name, ok := types[i.DataType]
		if !ok {
			return nil, fmt.Errorf("%s has elements of a type that this program does not know (%v)", i.Name, i.DataType)
		}
		p := engine.Port{Name: i.Name, Type: name}
		for _, d := range i.Dimensions {
			p.Shape = append(p.Shape, int(max(d, -1)))
		}
		out = append(out, p)
	}
	return out, nil
}

// Ports lists inputs and outputs in the graph's order.
func (g *Graph) Ports() (inputs, outputs []engine.Port) { return g.in, g.out }

func (g *Graph) open() (*ort.DynamicAdvancedSession, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.session != nil {
		return g.session, nil
	}
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	if g.options.Threads > 0 {
		if err := o.SetIntraOpNumThreads(g.options.Threads); err != nil {
			return nil, err
		}
	}
	g.session, err = ort.NewDynamicAdvancedSession(g.path, names(g.in), names(g.out), o)
	if err != nil {
		return nil, g.explain(err)
	}
	return g.session, nil
}

func names(ports []engine.Port) []string {
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = p.Name
	}
	return out
}

// Run feeds the inputs and gives the outputs. When ctx ends the network stops
// within milliseconds; the session stays usable.
func (g *Graph) Run(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := g.open()
	if err != nil {
		return nil, err
	}
	in, err := g.values(inputs)
	defer destroy(in)
	if err != nil {
		return nil, err
	}
	o, err := ort.NewRunOptions()
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); o.Terminate() })
	out := make([]ort.Value, len(g.out))
	err = s.RunWithOptions(in, out, o)
	if !stop() {
		<-ended // Terminate must not touch options that are gone
	}
	o.Destroy()
	defer destroy(out)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(g.path)), err)
	}
	return tensors(out)
}

// Close ends the session and frees its memory. The graph opens itself again when run.
func (g *Graph) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.session == nil {
		return nil
	}
	err := g.session.Destroy()
	g.session = nil
	return err
}
