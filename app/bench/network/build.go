// Package network writes U-Nets with random weights, so that the benchmark needs no download. Their operations are
// those of optimum's exporter for Stable Diffusion, in the same order. Start with Folder; Mini and StableDiffusion
// are its arguments.
package network

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"nirvana/engine/onnx/graphfile"
)

// builder adds operations to a network. Names count upwards.
type builder struct {
	m *graphfile.Model
	n int
	// outside takes the weights; nil: they go into the file itself.
	outside *weights
}

// weights is a file of external data that is being written.
type weights struct {
	to   io.Writer
	at   int64
	name string
	err  error
}

func newBuilder(outside *weights) *builder { return &builder{m: graphfile.New(17), outside: outside} }

// op adds an operation and names its output.
func (b *builder) op(kind string, set func(*graphfile.Node), in ...string) string {
	b.n++
	out := fmt.Sprintf("%s_%d", kind, b.n)
	n := &graphfile.Node{Name: out, Op: kind, Inputs: in, Outputs: []string{out}}
	if set != nil {
		set(n)
	}
	b.m.Nodes = append(b.m.Nodes, n)
	return out
}

func ints(name string, v ...int64) func(*graphfile.Node) {
	return func(n *graphfile.Node) { n.SetInts(name, v...) }
}

func integer(name string, v int64) func(*graphfile.Node) {
	return func(n *graphfile.Node) { n.SetInt(name, v) }
}

// shape is a constant list of integers.
func (b *builder) shape(v ...int64) string {
	b.n++
	name := fmt.Sprintf("shape_%d", b.n)
	b.m.Tensors = append(b.m.Tensors, graphfile.NewInts(name, v...))
	return name
}

// floats is a constant in the file itself.
func (b *builder) floats(dims []int64, v ...float32) string {
	b.n++
	name := fmt.Sprintf("constant_%d", b.n)
	b.m.Tensors = append(b.m.Tensors, graphfile.NewFloats(name, dims, v))
	return name
}

func (b *builder) scalar(v float32) string { return b.floats(nil, v) }

// filled is a tensor of one value.
func (b *builder) filled(v float32, dims ...int64) string {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = v
	}
	return b.floats(dims, values...)
}

// noise is the table that weights are cut from: normal numbers of deviation 1. Its length
// is prime, so that no two rows of a weight are alike.
var noise = func() []float32 {
	rng := rand.New(rand.NewPCG(8, 8))
	v := make([]float32, 1048573)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}()

// weight is a tensor of made-up numbers of the deviation.
func (b *builder) weight(deviation float64, dims ...int64) string {
	b.n++
	t := &graphfile.Tensor{Name: fmt.Sprintf("weight_%d", b.n), Type: graphfile.Float32, Dims: dims}
	size := 4 * t.Elements()
	at := b.n * 7919 % len(noise)
	if b.outside == nil {
		t.Raw = scaled(make([]byte, 0, size), int(size/4), at, deviation)
	} else {
		t.External = b.outside.take(int(size/4), at, deviation)
	}
	b.m.Tensors = append(b.m.Tensors, t)
	return t.Name
}

func scaled(to []byte, n, at int, deviation float64) []byte {
	for range n {
		to = binary.LittleEndian.AppendUint32(to, math.Float32bits(noise[at]*float32(deviation)))
		if at++; at == len(noise) {
			at = 0
		}
	}
	return to
}

// take writes a tensor in pieces and says where it is.
func (w *weights) take(n, at int, deviation float64) map[string]string {
	place := map[string]string{"location": w.name, "offset": fmt.Sprint(w.at), "length": fmt.Sprint(4 * n)}
	buffer := make([]byte, 0, 4<<20)
	for n > 0 && w.err == nil {
		k := min(n, 1<<20)
		buffer = scaled(buffer[:0], k, at, deviation)
		if _, w.err = w.to.Write(buffer); w.err != nil {
			break
		}
		w.at += int64(len(buffer))
		at, n = (at+k)%len(noise), n-k
	}
	if rest := w.at % 4096; rest != 0 && w.err == nil { // pages, so that the file can be mapped
		_, w.err = w.to.Write(make([]byte, 4096-rest))
		w.at += 4096 - rest
	}
	return place
}
