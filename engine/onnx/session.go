package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/network"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
)

// edits are the changes to a network's file, made in memory before it is opened.
type edits struct {
	loras []adapter.Weighted
	rows  []float32 // appended to the token table
}

func (e edits) empty() bool { return len(e.loras) == 0 && len(e.rows) == 0 }

// readPorts reads names, types and shapes from the file, without opening a session.
func (g *Graph) readPorts() error {
	f, err := g.file()
	if err != nil {
		return err
	}
	defer f.Close()
	g.bytes = f.Size
	paths := []string{g.path}
	for _, d := range f.Outside() {
		g.bytes += d.Size
		paths = append(paths, d.Path)
	}
	for _, t := range f.Tensors {
		g.kept += widened(t)
	}
	if g.build == nil {
		g.sources = seen(paths...)
	} else if g.written, err = hashed(f.Model); err != nil {
		return fmt.Errorf("%s: %w", g.name(), err)
	}
	if g.in, err = ports(f.Feeds()); err == nil {
		g.out, err = ports(f.Outputs)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", g.name(), err)
	}
	biases, others := rewrite.CrossBiases(f.Model, states)
	for _, b := range biases {
		g.biases = append(g.biases, engine.Bias{Name: b.Input, Stride: b.Stride})
	}
	if others {
		p := g.in[slices.IndexFunc(g.in, func(p engine.Port) bool { return p.Name == states })]
		p.Name = rewrite.OtherStates
		g.others = &p
	}
	return nil
}

// takes are the inputs of a session with biases, or without.
func (g *Graph) takes(biased bool) []engine.Port {
	all := slices.Clip(g.in)
	if biased {
		for _, b := range g.biases {
			all = append(all, engine.Port{Name: b.Name, Type: "float32", Shape: []int{-1, 1, -1, -1}})
		}
		if g.others != nil {
			all = append(all, *g.others)
		}
	}
	return all
}

// widened is what a weight takes once its session is open on the processor: float32 in place of narrower numbers.
func widened(t *graphfile.Tensor) int64 {
	size := int64(4)
	switch t.Type {
	case graphfile.Int8, graphfile.Uint8, graphfile.Bool: // quantised, and stays so
		size = 1
	case graphfile.Float64, graphfile.Int64:
		size = 8
	}
	return size * max(0, t.Elements())
}

// hashed identifies a graph without its weights.
func hashed(m *graphfile.Model) (string, error) {
	data, err := m.Bytes()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// file maps the network's file and checks its external data.
func (g *Graph) file() (*graphfile.File, error) {
	f, _, err := g.fileFor(CPU)
	return f, err
}

// fileFor is file, and the weights that are handed over from memory, as a device takes them.
func (g *Graph) fileFor(device string) (*graphfile.File, []network.Made, error) {
	if err := g.changed(false); err != nil {
		return nil, nil, err
	}
	f, made, err := g.model(device != CPU)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range f.Outside() {
		if d.Err != nil {
			f.Close()
			return nil, nil, fault.Incomplete.Errorf("%s, which %s needs beside it, is missing or truncated: fetch the model again: %w", d.Name, g.name(), d.Err)
		}
	}
	return f, made, nil
}

// model opens the file, or builds the network; made are the weights that are handed over from memory.
func (g *Graph) model(wide bool) (f *graphfile.File, made []network.Made, err error) {
	if g.build == nil {
		if f, err = graphfile.Open(g.path); err != nil {
			return nil, nil, g.explain(err)
		}
		return f, nil, nil
	}
	n, err := g.build(wide)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", g.name(), err)
	}
	return graphfile.InMemory(n.Model, n.Folder), n.Made, nil
}

func ports(values []graphfile.Value) ([]engine.Port, error) {
	var out []engine.Port
	for _, v := range values {
		name := v.Type.String()
		if !known[name] {
			return nil, fault.Unknown.Errorf("%s has elements of %s, which this program does not know: choose an export in float32 or float16", v.Name, name)
		}
		port := engine.Port{Name: v.Name, Type: name, Shape: v.Dims}
		if v.Shaped && port.Shape == nil {
			port.Shape = []int{} // a scalar
		}
		out = append(out, port)
	}
	return out, nil
}

// wide is the name of a half-precision port that was widened in the graph: the binding cannot allocate half-precision
// outputs by itself, nor create such inputs without axes.
const wide = "/nirvana/float32"

// feed is the name of a session's input.
func (g *Graph) feed(p engine.Port) string {
	if g.halfScalar(p) {
		return p.Name + wide
	}
	return p.Name
}

func (g *Graph) halfScalar(p engine.Port) bool {
	return g.typeOf(p) == "float16" && p.Shape != nil && len(p.Shape) == 0
}

// typeOf is the present type of a port: the file's, or float32 after Widen.
func (g *Graph) typeOf(p engine.Port) string {
	if g.widened && p.Type == "float16" {
		return "float32"
	}
	return p.Type
}

// outputs are the names of the session's outputs.
func (g *Graph) outputs() []string {
	out := make([]string, len(g.out))
	for i, p := range g.out {
		out[i] = p.Name
		if g.typeOf(p) == "float16" {
			out[i] += wide
		}
	}
	return out
}

// widen adds a float32 form of every half-precision output, and replaces every such input without axes.
func widen(m *graphfile.Model) (changed bool) {
	fed := func(name string) bool {
		return slices.ContainsFunc(m.Feeds(), func(v graphfile.Value) bool { return v.Name == name })
	}
	for i, v := range m.Inputs {
		if v.Type != graphfile.Float16 || !v.Shaped || len(v.Dims) > 0 || !fed(v.Name) {
			continue
		}
		m.Inputs[i] = graphfile.NewValue(v.Name+wide, graphfile.Float32)
		cast := &graphfile.Node{Name: v.Name + wide, Op: "Cast", Inputs: []string{v.Name + wide}, Outputs: []string{v.Name}}
		m.Nodes = append([]*graphfile.Node{cast.SetInt("to", int64(graphfile.Float16))}, m.Nodes...)
		changed = true
	}
	for _, v := range m.Outputs {
		if v.Type != graphfile.Float16 {
			continue
		}
		cast := &graphfile.Node{Name: v.Name + wide, Op: "Cast", Inputs: []string{v.Name}, Outputs: []string{v.Name + wide}}
		m.Nodes = append(m.Nodes, cast.SetInt("to", int64(graphfile.Float32)))
		m.Outputs = append(m.Outputs, graphfile.NewValue(v.Name+wide, graphfile.Float32, v.Dims...))
		changed = true
	}
	return changed
}

// edit replaces the changes to the network. An open session is closed.
func (g *Graph) edit(e edits) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.edits.empty() && e.empty() {
		return nil
	}
	g.edits = e
	return errors.Join(g.closeOthers(), g.close())
}
