package rewrite

import (
	"cmp"
	"fmt"
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// CrossBias is an input that CrossBiases added, float32 [1 or batch, 1, position, token].
type CrossBias struct {
	Input  string
	Stride int // see Cross
}

// OtherStates is an input that CrossBiases adds where text states act outside of cross-attention too, such as their mean:
// those that act there. The text states' own input is that of cross-attention alone then.
const OtherStates = "/nirvana/states"

// CrossBiases adds inputs whose values are added to the scores of cross-attention before softmax (Balaji et al., "eDiff-I",
// 2022, paint-with-words): one for the blocks of each size of positions, the smallest stride first. other: OtherStates
// was added. It returns none, and leaves the network unchanged, where a block takes no bias or something else is done with the
// tokens than what is known.
func CrossBiases(m *graphfile.Model, states string) (all []CrossBias, other bool) {
	blocks := CrossAttention(m, states)
	if len(blocks) == 0 {
		return nil, false
	}
	x := newIndex(m)
	joins, ok := x.joins(states, blocks)
	if !ok || slices.ContainsFunc(blocks, func(c Cross) bool { return !c.biasable() }) {
		return nil, false
	}
	x.giveOthers(joins, states)
	for i, c := range blocks {
		b := CrossBias{fmt.Sprint("/nirvana/bias", c.Stride), c.Stride}
		if !slices.Contains(all, b) {
			all = append(all, b)
			m.Inputs = append(m.Inputs, graphfile.NewValue(b.Input, graphfile.Float32, -1, 1, -1, -1))
		}
		x.addBias(c, b.Input, fmt.Sprint(b.Input, "/", i))
	}
	slices.SortFunc(all, func(a, b CrossBias) int { return a.Stride - b.Stride })
	return all, len(joins) > 0
}

// biasable reports whether a bias can be added to the block's scores.
func (c Cross) biasable() bool {
	switch {
	case c.Softmax != nil:
		return !c.Merged || c.Heads > 0
	case c.Fused.Domain == Microsoft:
		return c.Heads > 0 && c.Fused.Int("unidirectional", 0) == 0
	}
	return len(c.Fused.Inputs) == 3 && c.Fused.Int("is_causal", 0) == 0 && c.Fused.Float("softcap", 0) == 0
}

// join is an operation outside of cross-attention that takes a value of the text states alone together with x_t's.
type join struct {
	*graphfile.Node
	input int
}

// joins finds them. ok is false where one is no sum or product of single values, which attention that is not known would be.
func (x *index) joins(states string, blocks []Cross) (all []join, ok bool) {
	of := x.sources(states).of
	known := map[*graphfile.Node]bool{}
	for _, c := range blocks {
		for _, n := range c.products {
			known[n] = true
		}
	}
	for _, n := range x.model.Nodes {
		i := slices.IndexFunc(n.Inputs, func(in string) bool { return of[in] == fromStates })
		if i < 0 || known[n] || !slices.ContainsFunc(n.Inputs, func(in string) bool { return of[in]&fromOthers != 0 }) {
			continue
		}
		if n.Op != "Add" && n.Op != "Mul" && n.Op != "Concat" {
			return nil, false
		}
		all = append(all, join{n, i})
	}
	return all, true
}

// giveOthers has joins take OtherStates: what leads to them from the text states is computed from those once more.
func (x *index) giveOthers(joins []join, states string) {
	m := x.model
	if len(joins) == 0 {
		return
	}
	i := slices.IndexFunc(m.Inputs, func(v graphfile.Value) bool { return v.Name == states })
	m.Inputs = append(m.Inputs, graphfile.NewValue(OtherStates, m.Inputs[i].Type, m.Inputs[i].Dims...))
	reached := map[string]bool{states: true} // by shape too
	for _, n := range m.Nodes {
		if slices.ContainsFunc(n.Inputs, func(in string) bool { return reached[in] }) {
			for _, out := range n.Outputs {
				reached[out] = true
			}
		}
	}
	again := map[string]string{states: OtherStates}
	for _, j := range joins {
		var added []*graphfile.Node
		var copied func(value string) string
		copied = func(value string) string {
			if name := again[value]; name != "" || !reached[value] {
				return cmp.Or(name, value)
			}
			n := x.maker[value].Clone()
			for i, in := range n.Inputs {
				n.Inputs[i] = copied(in)
			}
			for i, out := range n.Outputs {
				again[out] = OtherStates + "/" + out
				n.Outputs[i] = again[out]
			}
			n.Name = n.Outputs[0]
			added = append(added, n)
			return again[value]
		}
		j.Inputs[j.input] = copied(j.Inputs[j.input])
		m.Nodes = slices.Insert(m.Nodes, slices.Index(m.Nodes, j.Node), added...)
	}
}

// addBias adds the input's values to a block's scores; scope begins the names of what it adds.
func (x *index) addBias(c Cross, input, scope string) {
	m := x.model
	w, end, at := mapWriter{m: m, scope: scope}, len(m.Nodes), c.Softmax
	if at == nil {
		at = c.Fused
	}
	if t := x.typeOf(at.Inputs[0]); t != graphfile.Float32 && t != 0 {
		input = w.op("Cast", func(n *graphfile.Node) { n.SetInt("to", int64(t)) }, input)
	}
	switch {
	case c.Fused != nil:
		place := 3 // attn_mask of ONNX's Attention
		if c.Fused.Domain == Microsoft {
			place = 5 // attention_bias
		}
		for len(c.Fused.Inputs) <= place {
			c.Fused.Inputs = append(c.Fused.Inputs, "")
		}
		if old := c.Fused.Inputs[place]; old != "" {
			input = w.op("Add", nil, old, input)
		}
		c.Fused.Inputs[place] = input
	case c.Merged:
		scores := c.Softmax.Inputs[0]
		sum := w.op("Add", nil, w.split(scores, c.Heads), input)
		c.Softmax.Inputs[0] = w.op("Reshape", nil, sum, w.op("Shape", nil, scores))
	default:
		c.Softmax.Inputs[0] = w.op("Add", nil, c.Softmax.Inputs[0], input)
	}
	added := slices.Clone(m.Nodes[end:]) // before the block, as the format wants them
	m.Nodes = slices.Insert(m.Nodes[:end], slices.Index(m.Nodes, at), added...)
}

// typeOf is a floating-point value's type, read from what it is computed from; 0 where nothing says it.
func (x *index) typeOf(value string) graphfile.Type {
	for range len(x.model.Nodes) {
		if t := x.constant(value); t != nil {
			return t.Type
		}
		n := x.maker[value]
		switch {
		case n == nil:
			i := slices.IndexFunc(x.model.Inputs, func(v graphfile.Value) bool { return v.Name == value })
			if i < 0 {
				return 0
			}
			return x.model.Inputs[i].Type
		case n.Op == "Cast":
			return graphfile.Type(n.Int("to", 0))
		case n.Op == "MatMulNBits", len(n.Inputs) < 2:
			value = n.Inputs[0]
		case n.Op == "Where", n.Op == "DequantizeLinear", n.Op == "CastLike", x.constant(n.Inputs[1]) != nil && (n.Op == "MatMul" || n.Op == "Gemm" || n.Op == "Conv"):
			value = n.Inputs[1]
		default:
			value = n.Inputs[0]
		}
	}
	return 0
}
