package rewrite

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/x448/float16"

	"nirvana/engine/onnx/graphfile"
)

// narrow are the operations that are computed in half precision: those that take the time, and what lies between them.
// What sums squares, or makes waves of timesteps, needs float32's range and is left in it.
var narrow = map[string]bool{"MatMul": true, "Conv": true, "Gemm": true, "MultiHeadAttention": true, "Softmax": true, "InstanceNormalization": true,
	"LayerNormalization": true, "Add": true, "Sub": true, "Mul": true, "Div": true, "Neg": true, "Sigmoid": true, "Tanh": true, "Erf": true, "Gelu": true,
	"Relu": true, "LeakyRelu": true, "Resize": true, "Gather": true, "Reshape": true, "Transpose": true, "Concat": true, "Split": true, "Slice": true,
	"Unsqueeze": true, "Squeeze": true, "Expand": true, "Identity": true}

// precise are the operations whose inputs are computed in float32 too, back to the last product or normalisation.
var precise = map[string]bool{"Sin": true, "Cos": true, "ReduceSum": true, "Sqrt": true, "Log": true, "Exp": true}

// heavy end that way back: their outputs are widened instead.
var heavy = map[string]bool{"MatMul": true, "Conv": true, "Gemm": true, "MultiHeadAttention": true, "Softmax": true, "InstanceNormalization": true,
	"LayerNormalization": true, "Gather": true}

// Half changes a network of float32 to compute in half precision. Its inputs and outputs stay float32, weights that are
// in half precision are used as they are, without a Cast, and small ones are converted. False where nodes hold graphs;
// then nothing is changed.
func Half(m *graphfile.Model) bool {
	if nested(m) {
		return false
	}
	h := &halver{index: newIndex(m), made: map[string]bool{}, kinds: map[string]graphfile.Type{}, half: map[string]string{}, exact: map[*graphfile.Node]bool{}}
	m.ForgetTypes()
	for _, v := range m.Inputs {
		h.kinds[v.Name] = v.Type
	}
	for _, t := range m.Tensors {
		h.kinds[t.Name] = t.Type
	}
	for _, n := range m.Nodes {
		if precise[n.Op] {
			h.mark(n)
		}
	}
	for _, n := range m.Nodes {
		h.visit(n)
	}
	for _, v := range m.Outputs {
		if v.Type == graphfile.Float32 {
			h.single(v.Name)
		}
	}
	m.Nodes = h.nodes
	prune(m)
	return true
}

// halver writes a network's nodes again, each after those that it needs.
type halver struct {
	*index
	nodes []*graphfile.Node
	made  map[string]bool           // values that are there
	kinds map[string]graphfile.Type // types that the values had
	half  map[string]string         // values in half precision, by what they are called in float32
	exact map[*graphfile.Node]bool  // nodes that stay in float32
}

// mark keeps a node in float32, and what it is computed from.
func (h *halver) mark(n *graphfile.Node) {
	if h.exact[n] {
		return
	}
	h.exact[n] = true
	for _, in := range n.Inputs {
		if from := h.maker[in]; from != nil && !heavy[from.Op] {
			h.mark(from)
		}
	}
}

// visit writes a node, after those that it needs.
func (h *halver) visit(n *graphfile.Node) {
	if len(n.Outputs) > 0 && h.made[n.Outputs[0]] {
		return
	}
	for _, out := range n.Outputs {
		h.made[out] = true
	}
	for _, in := range n.Inputs {
		if from := h.maker[in]; from != nil {
			h.visit(from)
		}
	}
	kind := h.kind(n)
	for _, out := range n.Outputs {
		h.kinds[out] = kind
	}
	switch {
	case n.Op == "Cast" && kind == graphfile.Float32 && h.kinds[n.Inputs[0]] == graphfile.Float16:
		h.half[n.Outputs[0]] = n.Inputs[0] // a weight as it is
		h.nodes = append(h.nodes, n)
	case kind == graphfile.Float32 && narrow[n.Op] && !h.exact[n]:
		h.narrowed(n)
	case n.Op == "Shape" && h.half[n.Inputs[0]] != "": // the same, whatever the precision
		n = n.Clone()
		n.Inputs[0] = h.half[n.Inputs[0]]
		h.nodes = append(h.nodes, n)
	default:
		for _, in := range n.Inputs {
			h.single(in)
		}
		h.nodes = append(h.nodes, n)
	}
}

// kind is the type of a node's outputs.
func (h *halver) kind(n *graphfile.Node) graphfile.Type {
	switch n.Op {
	case "Cast":
		return graphfile.Type(n.Int("to", 0))
	case "Shape", "Size", "ArgMax":
		return graphfile.Int64
	case "Equal", "Greater", "Less", "Not", "And", "Or":
		return graphfile.Bool
	case "Constant", "ConstantOfShape":
		if t := n.Tensor("value"); t != nil {
			return t.Type
		}
		return graphfile.Float32
	case "Where", "DequantizeLinear":
		return h.kinds[n.Inputs[1]]
	}
	if len(n.Inputs) == 0 {
		return 0
	}
	return h.kinds[n.Inputs[0]]
}

// narrowed writes a node in half precision.
func (h *halver) narrowed(n *graphfile.Node) {
	n = n.Clone()
	for i, in := range n.Inputs {
		if h.kinds[in] == graphfile.Float32 && !(n.Op == "Resize" && i > 0) {
			n.Inputs[i] = h.halved(in)
		}
	}
	for i, out := range n.Outputs {
		if out == "" {
			continue
		}
		h.half[out] = out + halfName
		n.Outputs[i] = out + halfName
	}
	h.nodes = append(h.nodes, n)
}

// halved is a value in half precision.
func (h *halver) halved(value string) string {
	if name := h.half[value]; name != "" {
		return name
	}
	name := value + halfName
	h.half[value] = name
	if t := h.tensor[value]; t != nil {
		if v, ok := t.Floats(); ok && t.Type == graphfile.Float32 {
			h.model.Tensors = append(h.model.Tensors, inHalf(name, t.Dims, v))
			return name
		}
	}
	h.nodes = append(h.nodes, cast(value, name, graphfile.Float16))
	return name
}

// single sees to it that a value is there in float32.
func (h *halver) single(value string) {
	from := h.maker[value]
	name := h.half[value]
	if from == nil || name != value+halfName || h.kinds[value] != graphfile.Float32 || !narrow[from.Op] || h.exact[from] || h.made[value+" single"] {
		return
	}
	h.made[value+" single"] = true
	h.nodes = append(h.nodes, cast(name, value, graphfile.Float32))
}

// inHalf is a constant in half precision; numbers beyond its range, such as masks', become its largest.
func inHalf(name string, dims []int64, v []float32) *graphfile.Tensor {
	const most = 65504
	raw := make([]byte, 0, 2*len(v))
	for _, x := range v {
		x = float32(math.Max(-most, math.Min(most, float64(x))))
		raw = binary.LittleEndian.AppendUint16(raw, float16.Fromfloat32(x).Bits())
	}
	return &graphfile.Tensor{Name: name, Type: graphfile.Float16, Dims: slices.Clone(dims), Raw: raw}
}
