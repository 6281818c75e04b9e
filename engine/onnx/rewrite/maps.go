package rewrite

import (
	"fmt"

	"nirvana/engine/onnx/graphfile"
)

// CrossMap is an output that CrossMaps added: the attention weights of one block, the mean over its heads, float32
// [batch, position, token]. Those of a position sum to 1.
type CrossMap struct {
	Output string
	Stride int // see Cross
}

// CrossMaps adds an output for every block of cross-attention (Tang et al., "What the DAAM", 2022). Blocks whose
// operation adds biases or masks of its own are left out.
func CrossMaps(m *graphfile.Model, states string) []CrossMap {
	var all []CrossMap
	for i, c := range CrossAttention(m, states) {
		w := mapWriter{m: m, scope: fmt.Sprint("/nirvana/attention", i)}
		if !w.write(c) {
			continue
		}
		all = append(all, CrossMap{w.scope, c.Stride})
		m.Outputs = append(m.Outputs, graphfile.NewValue(w.scope, graphfile.Float32, -1, -1, -1))
	}
	return all
}

// mapWriter adds the operations of one map to the end of the graph.
type mapWriter struct {
	m     *graphfile.Model
	scope string // of the names; the output's too
	n     int
}

func (w *mapWriter) write(c Cross) bool {
	weights, merged := "", false
	if c.Softmax != nil {
		weights, merged = w.cast(c.Softmax.Outputs[0]), c.Merged
	} else if weights = w.fused(c); weights == "" {
		return false
	}
	if merged {
		weights = w.split(weights, c.Heads)
	}
	w.mean(weights)
	return true
}

func (w *mapWriter) op(op string, set func(*graphfile.Node), in ...string) string {
	w.n++
	return w.named(fmt.Sprint(w.scope, "/", w.n), op, set, in...)
}

func (w *mapWriter) named(out, op string, set func(*graphfile.Node), in ...string) string {
	n := &graphfile.Node{Name: out, Op: op, Inputs: in, Outputs: []string{out}}
	if set != nil {
		set(n)
	}
	w.m.Nodes = append(w.m.Nodes, n)
	return out
}

func (w *mapWriter) ints(v ...int64) string {
	w.n++
	name := fmt.Sprint(w.scope, "/", w.n)
	w.m.Tensors = append(w.m.Tensors, graphfile.NewInts(name, v...))
	return name
}

func (w *mapWriter) cast(value string) string {
	return w.op("Cast", func(n *graphfile.Node) { n.SetInt("to", int64(graphfile.Float32)) }, value)
}

// part is the sizes of the axes from from to until.
func (w *mapWriter) part(value string, from, until int64) string {
	return w.op("Slice", nil, w.op("Shape", nil, value), w.ints(from), w.ints(until), w.ints(0))
}

// split makes [batch, head, position, token] of [batch*head, position, token]; one picture's where the number of heads
// is not known.
func (w *mapWriter) split(weights string, heads int64) string {
	first := w.ints(-1, heads)
	if heads == 0 {
		first = w.ints(1, -1)
	}
	shape := w.op("Concat", func(n *graphfile.Node) { n.SetInt("axis", 0) }, first, w.part(weights, 1, 3))
	return w.op("Reshape", nil, weights, shape)
}

// mean is over the heads.
func (w *mapWriter) mean(weights string) {
	if w.m.Opsets[""] >= 18 {
		w.named(w.scope, "ReduceMean", func(n *graphfile.Node) { n.SetInt("keepdims", 0) }, weights, w.ints(1))
		return
	}
	w.named(w.scope, "ReduceMean", func(n *graphfile.Node) { n.SetInts("axes", 1).SetInt("keepdims", 0) }, weights)
}

// fused computes the attention weights of a block that one operation computes; "" where it has biases or masks.
func (w *mapWriter) fused(c Cross) string {
	n := c.Fused
	own := n.Op == "MultiHeadAttention"
	bias := ""
	for i, in := range n.Inputs[2:] {
		switch {
		case in == "" || i == 0: // the values
		case own && i == 3, !own && i == 1 && w.float(in): // attention_bias, or attn_mask
			bias = in
		default:
			return ""
		}
	}
	if c.Heads == 0 && own || n.Float("softcap", 0) != 0 || n.Int("is_causal", 0)+n.Int("unidirectional", 0) != 0 {
		return ""
	}
	q, k := w.byHead(n.Inputs[0], c.Heads), ""
	if own && (len(n.Inputs) < 3 || n.Inputs[2] == "") { // keys and values in one: [batch, token, head, 2, width]
		k = w.op("Gather", func(n *graphfile.Node) { n.SetInt("axis", 3) }, w.cast(n.Inputs[1]), w.scalar(0))
		k = w.op("Transpose", func(n *graphfile.Node) { n.SetInts("perm", 0, 2, 3, 1) }, k)
	} else {
		k = w.op("Transpose", func(n *graphfile.Node) { n.SetInts("perm", 0, 1, 3, 2) }, w.byHead(n.Inputs[1], c.Heads))
	}
	scores := w.scaled(w.op("MatMul", nil, q, k), q, n.Float("scale", 0))
	if bias != "" {
		scores = w.op("Add", nil, scores, w.cast(bias))
	}
	return w.op("Softmax", func(n *graphfile.Node) { n.SetInt("axis", -1) }, scores)
}

// float reports whether a mask is known to be added to the scores: it is an input, or cast, and not boolean.
func (w *mapWriter) float(mask string) bool {
	for _, v := range w.m.Inputs {
		if v.Name == mask {
			return v.Type == graphfile.Float32 || v.Type == graphfile.Float16
		}
	}
	for _, n := range w.m.Nodes {
		if n.Op == "Cast" && n.Outputs[0] == mask {
			to := graphfile.Type(n.Int("to", 0))
			return to == graphfile.Float32 || to == graphfile.Float16
		}
	}
	return false
}

func (w *mapWriter) scalar(v int64) string {
	name := w.ints(v)
	w.m.Tensors[len(w.m.Tensors)-1].Dims = nil
	return name
}

// byHead makes [batch, head, position, width] of [batch, position, head*width]; heads of 0: it is that already.
func (w *mapWriter) byHead(value string, heads int64) string {
	value = w.cast(value)
	if heads == 0 {
		return value
	}
	value = w.op("Reshape", nil, value, w.ints(0, 0, heads, -1))
	return w.op("Transpose", func(n *graphfile.Node) { n.SetInts("perm", 0, 2, 1, 3) }, value)
}

// scaled is the scores times scale; with 0, divided by the root of the heads' width.
func (w *mapWriter) scaled(scores, query string, scale float32) string {
	if scale == 0 {
		return w.op("Div", nil, scores, w.op("Sqrt", nil, w.cast(w.part(query, 3, 4))))
	}
	w.n++
	name := fmt.Sprint(w.scope, "/", w.n)
	w.m.Tensors = append(w.m.Tensors, graphfile.NewFloats(name, nil, []float32{scale}))
	return w.op("Mul", nil, scores, name)
}
