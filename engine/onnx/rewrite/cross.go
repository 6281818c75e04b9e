package rewrite

import (
	"math"
	"math/bits"
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// Cross is one block of cross-attention in a denoiser: every position of the picture attends to the prompt's tokens
// (Rombach et al., 2022, section 3.3).
type Cross struct {
	// Softmax is over the tokens: its input is the scores, its output the attention weights, each [batch, head,
	// position, token]; nil where one operation computes the block.
	Softmax *graphfile.Node
	// Merged: the scores are [batch*head, position, token].
	Merged bool
	// Fused is the operation that computes the block: MultiHeadAttention of com.microsoft, or ONNX's own Attention; nil
	// where it is written out.
	Fused *graphfile.Node
	// Heads is the number of heads; 0 where the graph does not fix it.
	Heads int64
	// Stride is the side of a position in pixels of x_t: x_t of height h has ceil(h/Stride) rows of positions, one
	// after the other from the top, each from the left.
	Stride int

	products []*graphfile.Node // take keys with queries, what masks the scores, and values with weights
}

// CrossAttention finds a denoiser's blocks of cross-attention, in the graph's order: written out, as torch's exporters
// and engine/network write them, and as one operation. states is the input of the prompt's text states. Self-attention
// and joint attention, whose keys depend on the picture too, are not among them.
func CrossAttention(m *graphfile.Model, states string) []Cross {
	fed := func(v graphfile.Value) bool { return v.Name == states }
	if nested(m) || !slices.ContainsFunc(m.Inputs, fed) { // text encoders and VAEs are spared the search
		return nil
	}
	x := newIndex(m)
	s := x.sources(states)
	var all []Cross
	for _, n := range m.Nodes {
		var c Cross
		var query, key string
		switch {
		case n.Op == "Softmax" && n.Domain == "":
			scores, sum := x.product(n.Inputs[0], 8), x.weighs(n.Outputs[0], 4)
			if scores == nil || sum == nil {
				continue
			}
			q, k := scores[0].Inputs[0], scores[0].Inputs[1]
			query, key = q, k
			c = Cross{Softmax: n, Merged: x.rank(k, 8) == 3, Heads: x.headsBehind(q), products: append(scores, sum)}
			if h := x.headsBehind(k); c.Heads == 0 {
				c.Heads = h
			}
		case n.Op == "MultiHeadAttention" && n.Domain == Microsoft && len(n.Inputs) > 1:
			query, key = n.Inputs[0], n.Inputs[1]
			c = Cross{Fused: n, Heads: n.Int("num_heads", 0), products: []*graphfile.Node{n}}
		case n.Op == "Attention" && n.Domain == "" && len(n.Inputs) > 2:
			query, key = n.Inputs[0], n.Inputs[1]
			c = Cross{Fused: n, Heads: n.Int("q_num_heads", 0), products: []*graphfile.Node{n}}
		default:
			continue
		}
		if s.of[key] != fromStates || s.of[query]&fromOthers == 0 {
			continue
		}
		c.Stride = max(1, int(math.Round(s.stride[query])))
		all = append(all, c)
	}
	return all
}

// product follows scores back to the product of queries and keys, over what scales and masks them; it returns the product,
// then what follows it. Products with a constant are linear layers.
func (x *index) product(value string, depth int) []*graphfile.Node {
	n := x.maker[value]
	if n == nil || depth == 0 {
		return nil
	}
	switch {
	case n.Op == "MatMul" && n.Domain == "", n.Op == "FusedMatMul" && n.Domain == Microsoft, n.Op == "Einsum" && n.Domain == "" && len(n.Inputs) == 2:
		if x.fixed(n.Inputs[0]) || x.fixed(n.Inputs[1]) {
			return nil
		}
		return []*graphfile.Node{n}
	case n.Domain != "":
		return nil
	}
	switch n.Op {
	case "Mul", "Div", "Add", "Sub", "Cast", "Where", "Identity", "Reshape":
		for _, in := range n.Inputs {
			if path := x.product(in, depth-1); path != nil {
				return append(path, n)
			}
		}
	}
	return nil
}

// weighs is the product of attention weights and values; nil where there is none.
func (x *index) weighs(value string, depth int) *graphfile.Node {
	if depth == 0 {
		return nil
	}
	for _, n := range x.takers[value] {
		switch n.Op {
		case "MatMul", "FusedMatMul", "Einsum":
			if n.Inputs[0] == value && len(n.Inputs) > 1 && x.constant(n.Inputs[1]) == nil {
				return n
			}
		case "Cast", "Identity", "Dropout", "Reshape":
			if sum := x.weighs(n.Outputs[0], depth-1); sum != nil {
				return sum
			}
		}
	}
	return nil
}

// rank is the number of a value's axes where an operation before it fixes that; else 0.
func (x *index) rank(value string, depth int) int {
	n := x.maker[value]
	if n == nil || depth == 0 {
		return 0
	}
	switch n.Op {
	case "Transpose":
		return len(n.Ints("perm"))
	case "Reshape":
		return x.length(n.Inputs[1])
	case "Cast", "Identity":
		return x.rank(n.Inputs[0], depth-1)
	case "Mul", "Div":
		return max(x.rank(n.Inputs[0], depth-1), x.rank(n.Inputs[1], depth-1))
	}
	return 0
}

// length is the number of axes that a shape has; 0 where it is not known.
func (x *index) length(shape string) int {
	if t := x.constant(shape); t != nil {
		return int(t.Elements())
	}
	c := x.made(shape, "Concat")
	if c == nil {
		return 0
	}
	sum := 0
	for _, in := range c.Inputs {
		switch t := x.constant(in); {
		case t != nil:
			sum += int(t.Elements())
		case x.made(in, "Slice") != nil:
			return 0
		default:
			sum++ // Unsqueeze or Reshape of one size
		}
	}
	return sum
}

// headsBehind is the number of heads that a query or key was split into; else 0.
func (x *index) headsBehind(value string) int64 {
	for range 12 {
		n := x.maker[value]
		if n == nil {
			return 0
		}
		switch n.Op {
		case "Reshape":
			if x.length(n.Inputs[1]) == 4 || x.length(n.Inputs[1]) == 0 {
				return max(x.heads(operand{name: value}, 1), 0)
			}
		case "Transpose", "Cast", "Identity", "Div":
		case "Mul":
			if x.maker[n.Inputs[0]] == nil || x.constant(n.Inputs[0]) != nil {
				value = n.Inputs[1]
				continue
			}
		default:
			return 0
		}
		value = n.Inputs[0]
	}
	return 0
}

// What a value is computed from.
const (
	fromStates = 1 << iota // the prompt's text states
	fromOthers             // x_t, the timestep and whatever else is given
)

// sources are, for every value, what it is computed from, and the side of one of its positions in x_t's pixels.
type sources struct {
	of     map[string]int
	stride map[string]float64
}

// sources follows the inputs through the graph. What is computed from a value's shape alone does not count.
func (x *index) sources(states string) sources {
	s := sources{map[string]int{}, map[string]float64{}}
	for _, v := range x.model.Feeds() {
		s.of[v.Name] = fromOthers
		if v.Name == states {
			s.of[v.Name] = fromStates
		} else if len(v.Dims) == 4 && (v.Name == "sample" || len(s.stride) == 0) {
			s.stride[v.Name] = 1
		}
	}
	for _, n := range x.model.Nodes {
		if n.Op == "Shape" || n.Op == "Size" {
			continue
		}
		of, stride := 0, 0.0
		for _, in := range n.Inputs {
			of |= s.of[in]
			if stride == 0 {
				stride = s.stride[in]
			}
		}
		stride *= x.strides(n)
		for _, out := range n.Outputs {
			s.of[out] = of
			if stride > 0 {
				s.stride[out] = stride
			}
		}
	}
	return s
}

// strides is how much larger a position of the operation's output is than one of its input, a side.
func (x *index) strides(n *graphfile.Node) float64 {
	switch n.Op {
	case "Conv", "AveragePool", "MaxPool", "ConvTranspose":
		s := n.Ints("strides")
		if len(s) != 2 || s[0] < 1 {
			return 1
		}
		if n.Op == "ConvTranspose" {
			return 1 / float64(s[0])
		}
		return float64(s[0])
	case "SpaceToDepth":
		return float64(n.Int("blocksize", 1))
	case "DepthToSpace":
		return 1 / float64(n.Int("blocksize", 1))
	case "Resize", "Upsample":
		return 1 / x.enlarges(n)
	case "Transpose": // pixel_unshuffle and pixel_shuffle as exporters write them
		switch by := x.shuffled(n); {
		case isPerm(n, 0, 1, 3, 5, 2, 4):
			return by
		case isPerm(n, 0, 1, 4, 2, 5, 3):
			return 1 / by
		}
	}
	return 1
}

// enlarges is the factor of a Resize; U-Nets that compute the size on the way double it.
func (x *index) enlarges(n *graphfile.Node) float64 {
	for _, in := range n.Inputs[1:] {
		if t := x.constant(in); t != nil && t.Elements() == 4 {
			if f, ok := t.Floats(); ok && f[2] > 0 {
				return float64(f[2])
			}
		}
	}
	return 2
}

// shuffled is the factor of a pixel shuffle, read from the shape before it: [batch, channel, h, r, w, r], or
// [batch, channel, r, r, h, w].
func (x *index) shuffled(n *graphfile.Node) float64 {
	if r := x.made(n.Inputs[0], "Reshape"); r != nil {
		for _, at := range []int{1, 3} {
			if v, ok := x.integer(r.Inputs[1], at); ok && v > 1 && bits.OnesCount64(uint64(v)) == 1 && v <= 8 {
				return float64(v)
			}
		}
	}
	return 2
}
