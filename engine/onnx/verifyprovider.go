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
func (r *Runtime) verifyProvider(provider string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err, tried := r.verified[provider]
	if !tried {
		err = r.smokeTest(provider)
		if r.verified == nil {
			r.verified = map[string]error{}
		}
		r.verified[provider] = err
	}
	return err
}

// smokeTest runs a small network on the provider and on the CPU and compares the outputs.
func (r *Runtime) smokeTest(provider string) error {
	dir, err := wholefile.TemporaryFolder("try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data, err := trial().Bytes()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	want, err := r.trialOn(path, CPU)
	if err != nil {
		return err
	}
	got, err := r.trialOn(path, provider)
	if err != nil {
		return err
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d <= 2e-3*math.Max(1, math.Abs(float64(w)))) {
			return fmt.Errorf("it computes wrongly: %g instead of %g in a trial", got[i], w)
		}
	}
	return nil
}

// trialOn runs the test; a provider that leaves the session to the CPU has failed.
func (r *Runtime) trialOn(path, provider string) ([]float32, error) {
	var why fault.Notice
	g, err := r.Graph(path, Options{Threads: 1, Provider: provider, Notify: func(n fault.Notice) { why = n }})
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
