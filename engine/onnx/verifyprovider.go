package onnx

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
	"nirvana/engine/wholefile"
)

// selectProvider returns the provider to use for the one asked for, and a notice where it is another.
func (r *Runtime) selectProvider(want, cache string) (provider string, notice fault.Notice) {
	switch {
	case want == "" || want == CPU:
		return CPU, notice
	case want == Auto:
		return r.quickest(cache)
	case !slices.Contains(r.Providers(), want):
		return CPU, fault.Notice{Format: fault.NoDevice, Args: []any{shown(want)}, Detail: r.lacking(want)}
	}
	if err := r.verifyProvider(want); err != nil {
		return CPU, fault.Notice{Format: fault.DeviceUnfit, Args: []any{shown(want)}, Detail: firstLine(err)}
	}
	return want, notice
}

// verifyProvider tests a provider, once a program, and returns its error.
func (r *Runtime) verifyProvider(provider string) error { return r.tried(provider, false) }

// computesHalf reports whether a provider computes in half precision by itself, without handing anything to the CPU.
func (r *Runtime) computesHalf(provider string) bool { return r.tried(provider, true) == nil }

// trialOf is a test of a provider.
type trialOf struct {
	provider string
	half     bool
}

func (r *Runtime) tried(provider string, half bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	which := trialOf{provider, half}
	err, tried := r.verified[which]
	if !tried {
		err = r.smokeTest(which)
		if r.verified == nil {
			r.verified = map[trialOf]error{}
		}
		r.verified[which] = err
	}
	return err
}

// smokeTest runs a small network on the provider and on the CPU and compares the outputs.
func (r *Runtime) smokeTest(which trialOf) error {
	dir, err := wholefile.TemporaryFolder("try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, most := trial(), 2e-3
	reference, path := filepath.Join(dir, "reference.onnx"), filepath.Join(dir, "model.onnx")
	if err := writeModel(m, reference); err != nil {
		return err
	}
	if which.half {
		rewrite.Half(m)
		most = 2e-2
	}
	if err := writeModel(m, path); err != nil {
		return err
	}
	want, err := r.trialOn(reference, trialOf{provider: CPU})
	if err != nil {
		return err
	}
	got, err := r.trialOn(path, which)
	if err != nil {
		return err
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d <= most*math.Max(1, math.Abs(float64(w)))) {
			return fmt.Errorf("it computes wrongly: %g instead of %g in a trial", got[i], w)
		}
	}
	return nil
}

// writeModel writes a network's file.
func writeModel(m *graphfile.Model, path string) error {
	data, err := m.Bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// trialOn runs the test; a provider that leaves the session to the CPU has failed.
func (r *Runtime) trialOn(path string, which trialOf) ([]float32, error) {
	var why fault.Notice
	g, err := r.Graph(path, Options{Threads: 1, Provider: which.provider, alone: which.half, Notify: func(n fault.Notice) { why = n }})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	x := engine.Zeros(1, 4, 8, 8)
	for i := range x.Data {
		x.Data[i] = float32(math.Sin(float64(i) * 0.7))
	}
	out, err := g.Run(context.Background(), map[string]engine.Tensor{"x": x})
	if err != nil {
		return nil, err
	}
	if why.Format != "" {
		return nil, fmt.Errorf("%s", why)
	}
	return out[0].Data, nil
}

// trial is a convolution, its activation and attention over its positions: what diffusion networks consist of.
func trial() *graphfile.Model {
	m := graphfile.New(17)
	weights := func(name string, dims ...int64) {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Cos(float64(i)*1.3) / 3)
		}
		m.Tensors = append(m.Tensors, graphfile.NewFloats(name, dims, v))
	}
	weights("w", 8, 4, 3, 3)
	weights("q", 8, 8)
	m.Tensors = append(m.Tensors, graphfile.NewInts("rows", 1, 8, -1))
	node := func(op, out string, in ...string) *graphfile.Node {
		n := &graphfile.Node{Name: out, Op: op, Inputs: in, Outputs: []string{out}}
		m.Nodes = append(m.Nodes, n)
		return n
	}
	node("Conv", "conv", "x", "w").SetInts("pads", 1, 1, 1, 1)
	node("Sigmoid", "gate", "conv")
	node("Mul", "silu", "conv", "gate")
	node("Reshape", "flat", "silu", "rows")
	node("Transpose", "places", "flat").SetInts("perm", 0, 2, 1)
	node("MatMul", "query", "places", "q")
	node("MatMul", "scores", "query", "flat")
	node("Softmax", "share", "scores").SetInt("axis", -1)
	node("MatMul", "y", "share", "places")
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, 1, 4, -1, -1)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("y", graphfile.Float32, 1, -1, 8)}
	return m
}
