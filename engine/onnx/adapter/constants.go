package adapter

import (
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// weights are a graph's constant values, with shape and type.
type weights struct {
	tensors map[string]*graphfile.Tensor
	makers  map[string]*graphfile.Node
}

func constants(m *graphfile.Model) weights {
	w := weights{map[string]*graphfile.Tensor{}, map[string]*graphfile.Node{}}
	for _, t := range m.Tensors {
		w.tensors[t.Name] = t
	}
	for _, n := range m.Nodes {
		for _, out := range n.Outputs {
			w.makers[out] = n
		}
		if n.Op == "Constant" && len(n.Outputs) == 1 {
			if t := n.Tensor("value"); t != nil {
				w.tensors[n.Outputs[0]] = t
			}
		}
	}
	return w
}

// look follows a value back to the weight it is computed from: through transposition, casts and quantised storage.
func (w weights) look(name string) (dims []int64, kind graphfile.Type, ok bool) {
	if t := w.tensors[name]; t != nil {
		return t.Dims, t.Type, true
	}
	n := w.makers[name]
	if n == nil || len(n.Inputs) == 0 {
		return nil, 0, false
	}
	switch n.Op {
	case "Identity":
		return w.look(n.Inputs[0])
	case "Cast":
		dims, _, ok = w.look(n.Inputs[0])
		return dims, graphfile.Type(n.Int("to", 0)), ok
	case "Mul": // 8 bits with a scale
		if dims, kind, ok = w.look(n.Inputs[0]); ok && len(n.Inputs) == 2 && w.constant(n.Inputs[1]) {
			return dims, kind, true
		}
	case "Reshape": // blocks that are decoded in the graph
		if shape := w.tensors[n.Inputs[len(n.Inputs)-1]]; shape != nil && w.constant(n.Inputs[0]) {
			dims, whole := shape.Ints()
			return dims, w.typeOf(n.Inputs[0]), whole && !slices.ContainsFunc(dims, func(d int64) bool { return d < 1 })
		}
	case "DequantizeLinear":
		if len(n.Inputs) < 2 {
			return nil, 0, false
		}
		dims, _, ok = w.look(n.Inputs[0])
		_, kind, known := w.look(n.Inputs[1])
		return dims, kind, ok && known
	case "Transpose":
		dims, kind, ok = w.look(n.Inputs[0])
		perm := n.Ints("perm")
		if !ok || len(dims) != 2 || perm != nil && !slices.Equal(perm, []int64{1, 0}) {
			return nil, 0, false
		}
		return []int64{dims[1], dims[0]}, kind, true
	}
	return nil, 0, false
}

// constant reports whether a value depends on no input.
func (w weights) constant(name string) bool {
	if w.tensors[name] != nil {
		return true
	}
	n := w.makers[name]
	return n != nil && len(n.Inputs) > 0 && !slices.ContainsFunc(n.Inputs, func(in string) bool { return in != "" && !w.constant(in) })
}

// typeOf is the type of an arithmetic result: that of the nearest cast, or of the weight.
func (w weights) typeOf(name string) graphfile.Type {
	if t := w.tensors[name]; t != nil {
		return t.Type
	}
	n := w.makers[name]
	switch {
	case n == nil || len(n.Inputs) == 0:
		return 0
	case n.Op == "Cast":
		return graphfile.Type(n.Int("to", 0))
	}
	return w.typeOf(n.Inputs[0])
}

// place is the node's weight; nil without one.
func (w weights) place(n *graphfile.Node) *place {
	p := &place{node: n, input: 1}
	switch n.Op {
	case "Conv":
	case "Gemm":
		p.transposed = n.Int("transB", 0) == 0
	case "MatMul":
		p.transposed = true
	case "MatMulInteger", "DynamicQuantizeMatMul", "MatMulNBits", "QLinearMatMul", "QLinearConv", "ConvInteger", "MatMulIntegerToFloat":
		p.quantised = true
	default:
		return nil
	}
	if len(n.Inputs) < 2 || strings.HasSuffix(n.Inputs[1], graphfile.OffsetsPart) {
		return nil
	}
	if p.blocks = w.blocks(n); p.blocks != nil {
		p.quantised, p.transposed, p.dims, p.kind = false, true, p.blocks.wide.Dims, p.blocks.wide.Type
		return p
	}
	var ok bool
	p.dims, p.kind, ok = w.look(n.Inputs[p.input])
	if p.quantised {
		return p
	}
	if !ok || len(p.dims) < 2 || n.Op != "Conv" && len(p.dims) != 2 {
		return nil
	}
	return p
}
