package network

import (
	"encoding/binary"
	"math"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// Made is a weight that is not in the artist's file as the graph wants it: it is read and handed over from memory when the
// network is opened. Only what the graph still has then is made.
type Made struct {
	Name  string
	Type  graphfile.Type
	Dims  []int64
	Bytes func() ([]byte, error)
}

// make adds a weight that is made when the network is opened.
func (g *graph) make(name string, kind graphfile.Type, dims []int64, bytes func() ([]byte, error)) string {
	name = g.unique(name)
	g.m.Tensors = append(g.m.Tensors, &graphfile.Tensor{Name: name, Type: kind, Dims: dims, External: map[string]string{"location": graphfile.Memory}})
	g.later = append(g.later, Made{name, kind, dims, bytes})
	return name
}

// blocks is a weight in GGUF's blocks as float32.
func (g *graph) blocks(name string, t checkpoint.Tensor, dims []int64) string {
	if dims == nil {
		dims = t.Shape
	}
	if elements(dims) != elements(t.Shape) {
		g.fail("%s has the shape %v where the network has %v: the file is of another model", name, t.Shape, dims)
	}
	return g.make(name+"/numbers", graphfile.Float32, dims, func() ([]byte, error) {
		groups, err := t.Groups()
		if err != nil {
			return nil, err
		}
		return floatBytes(groups.Values()), nil
	})
}

// Parts of the names of a linear layer's weight that stays quantised, behind the weight's own name. The widened one stands
// beside it for LoRAs that need the numbers; a network that does not use it never makes it.
const (
	quantisedPart = graphfile.QuantisedPart
	factorsPart   = "/factors"
	offsetsPart   = graphfile.OffsetsPart
	widePart      = graphfile.WidePart
)

// withBlocks is the operator set that knows numbers with factors in groups.
const withBlocks = 21

// quantised is a linear layer whose weight, [out, in] in GGUF's blocks, stays quantised: numbers of 4 bits in the one
// operation for them, which was measured to be as quick as float32; others of 8 bits, widened for the product and
// forgotten. What is added to each group's numbers is a product of its own, of the groups' sums. false where its rows are
// no whole groups.
func (m module) quantised(x string, t checkpoint.Tensor) (string, bool) {
	kind, ok := t.Type.Grouping()
	out, in := t.Shape[0], elements(t.Shape)/max(1, t.Shape[0])
	if !ok || m.wide || t.Turned || in%int64(kind.Size) != 0 {
		return "", false
	}
	name, groups := m.name("weight"), in/int64(kind.Size)
	read := func() (grouped, error) { return m.last.of(name, t) }
	zero := 0
	var y string
	if kind.Most-kind.Least < 16 {
		if kind.Least == 0 { // the operation takes 8 off
			zero = 8
		}
		m.m.Opsets["com.microsoft"] = 1
		q := m.make(name+quantisedPart, graphfile.Uint8, []int64{out, groups, int64(kind.Size) / 2}, func() ([]byte, error) {
			g, err := read()
			return fourBits(g.Numbers, 8-zero), err
		})
		f := m.make(name+factorsPart, graphfile.Float32, []int64{out * groups}, func() ([]byte, error) {
			g, err := read()
			return floatBytes(g.Factors), err
		})
		y = m.op("MatMulNBits", func(n *graphfile.Node) {
			n.Domain = "com.microsoft"
			n.SetInt("K", in).SetInt("N", out).SetInt("bits", 4).SetInt("block_size", int64(kind.Size)).SetInt("accuracy_level", 1) // float32
		}, x, q, f)
	} else {
		m.m.Opsets[""] = withBlocks
		q := m.make(name+quantisedPart, graphfile.Int8, []int64{in, out}, func() ([]byte, error) {
			g, err := read()
			return turnedBytes(g.Numbers, int(out), int(in)), err
		})
		f := m.make(name+factorsPart, graphfile.Float32, []int64{groups, out}, func() ([]byte, error) {
			g, err := read()
			return floatBytes(turned(g.Factors, int(out), int(groups))), err
		})
		w := m.op("DequantizeLinear", func(n *graphfile.Node) { n.SetInt("axis", 0).SetInt("block_size", int64(kind.Size)) }, q, f)
		// reshaped to what it is: otherwise ONNX Runtime makes one operation of both that rounds x to 8 bits
		y = m.op("MatMul", nil, x, m.reshape(w, in, out))
	}
	if kind.Offset || zero != 0 {
		y = m.offset(y, x, name, in, out, int64(kind.Size), func() ([]byte, error) {
			g, err := read()
			return floatBytes(turned(g.added(float32(zero)), int(out), int(groups))), err
		})
	}
	m.make(name+widePart, graphfile.Float32, []int64{in, out}, func() ([]byte, error) {
		g, err := read()
		return floatBytes(turned(g.Values(), int(out), int(in))), err
	})
	return y, true
}

// widenLate puts the operations that widen weights before all others: ONNX Runtime's order goes back from the outputs and
// takes what was written last first, so that those run right before the products that need them, and are forgotten, not
// all of them at the beginning.
func (g *graph) widenLate() {
	widened := map[string]bool{}
	var first, rest []*graphfile.Node
	for _, n := range g.m.Nodes {
		if n.Op == "DequantizeLinear" || n.Op == "Reshape" && widened[n.Inputs[0]] {
			widened[n.Outputs[0]] = true
			first = append(first, n)
		} else {
			rest = append(rest, n)
		}
	}
	g.m.Nodes = append(first, rest...)
}

// offset adds the product of x, summed up by groups, and what is added to the groups.
func (m module) offset(y, x, name string, in, out, size int64, bytes func() ([]byte, error)) string {
	o := m.make(name+offsetsPart, graphfile.Float32, []int64{in / size, out}, bytes)
	sums := m.op("ReduceSum", integer("keepdims", 0), m.reshape(x, -1, in/size, size), m.ints(2))
	plus := m.op("Reshape", nil, m.op("Gemm", nil, sums, o), m.op("Shape", nil, y))
	return m.add(y, plus)
}

// grouped are groups with what is done to them here.
type grouped struct{ checkpoint.Groups }

// lastRead keeps the groups that were read last: a weight's numbers, factors and offsets are made one behind the other.
type lastRead struct {
	name   string
	groups grouped
}

func (l *lastRead) of(name string, t checkpoint.Tensor) (grouped, error) {
	if l.name == name {
		return l.groups, nil
	}
	g, err := t.Groups()
	if err == nil {
		l.name, l.groups = name, grouped{g}
	}
	return grouped{g}, err
}

// added is what is added to each group's numbers where the operation takes so much off each.
func (g grouped) added(zero float32) []float32 {
	out := make([]float32, len(g.Factors))
	for i, f := range g.Factors {
		out[i] = zero * f
		if g.Offsets != nil {
			out[i] += g.Offsets[i]
		}
	}
	return out
}

// fourBits puts numbers, plus so much, two into a byte, the first into its lower half.
func fourBits(n []int8, plus int) []byte {
	out := make([]byte, len(n)/2)
	for i := range out {
		out[i] = byte(int(n[2*i])+plus) | byte(int(n[2*i+1])+plus)<<4
	}
	return out
}

// turned is a matrix with its rows as columns.
func turned[T any](x []T, rows, columns int) []T {
	out := make([]T, len(x))
	const tile = 64 // a tile's rows stay in the processor's cache
	for r0 := 0; r0 < len(x)/max(1, columns); r0 += tile {
		for c0 := 0; c0 < columns; c0 += tile {
			for r := r0; r < min(r0+tile, rows); r++ {
				for c := c0; c < min(c0+tile, columns); c++ {
					out[c*rows+r] = x[r*columns+c]
				}
			}
		}
	}
	return out
}

func turnedBytes(x []int8, rows, columns int) []byte {
	out := make([]byte, len(x))
	for i, v := range turned(x, rows, columns) {
		out[i] = byte(v)
	}
	return out
}

func floatBytes(v []float32) []byte {
	out := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(x))
	}
	return out
}
