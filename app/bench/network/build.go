package network

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"nirvana/engine/onnx/graphfile"
)

// builder adds operations to a small network. Names are numbered.
type builder struct {
	m *graphfile.Model
	n int
}

func newBuilder() *builder { return &builder{m: graphfile.New(17)} }

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

// conv is a convolution without bias; gain scales its output.
func (b *builder) conv(x string, in, out, side int64, gain float64) string {
	pad := side / 2
	return b.op("Conv", func(n *graphfile.Node) {
		n.SetInts("kernel_shape", side, side).SetInts("pads", pad, pad, pad, pad)
	}, x, b.weight(gain/math.Sqrt(float64(in*side*side)), out, in, side, side))
}

// enlarge is nearest-neighbour upsampling of [batch, c, h, w].
func (b *builder) enlarge(x string, times float32) string {
	b.n++
	sizes := graphfile.NewFloats(fmt.Sprintf("sizes_%d", b.n), []int64{4}, []float32{1, 1, times, times})
	b.m.Tensors = append(b.m.Tensors, sizes)
	return b.op("Resize", func(n *graphfile.Node) {
		n.SetString("coordinate_transformation_mode", "asymmetric").SetString("mode", "nearest").SetString("nearest_mode", "floor")
	}, x, "", sizes.Name)
}

// weight is a tensor of pseudo-random numbers with this standard deviation.
func (b *builder) weight(deviation float64, dims ...int64) string {
	b.n++
	t := &graphfile.Tensor{Name: fmt.Sprintf("weight_%d", b.n), Type: graphfile.Float32, Dims: dims}
	n, at := int(t.Elements()), b.n*7919%len(noise)
	for i := range n {
		t.Raw = binary.LittleEndian.AppendUint32(t.Raw, math.Float32bits(noise[(at+i)%len(noise)]*float32(deviation)))
	}
	b.m.Tensors = append(b.m.Tensors, t)
	return t.Name
}

// named names the network's only output.
func (b *builder) named(x, name string, dims ...int) *graphfile.Model {
	b.m.Nodes = append(b.m.Nodes, &graphfile.Node{Name: name, Op: "Identity", Inputs: []string{x}, Outputs: []string{name}})
	b.m.Outputs = []graphfile.Value{graphfile.NewValue(name, graphfile.Float32, dims...)}
	return b.m
}

// noise is the table that weights are copied from: normal numbers with standard deviation 1. Its length is prime, so
// that no two rows of a weight are the same.
var noise = func() []float32 {
	rng := rand.New(rand.NewPCG(8, 8))
	v := make([]float32, 1048573)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}()
