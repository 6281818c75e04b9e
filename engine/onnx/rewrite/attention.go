package rewrite

import (
	"fmt"

	"nirvana/engine/onnx/graphfile"
)

// Microsoft is the domain of ONNX Runtime's own operations.
const Microsoft = "com.microsoft"

// Attention replaces softmax(q k^T) v by com.microsoft.MultiHeadAttention and returns how often. The scores, [batch,
// head, position, position], are then never held whole: ONNX Runtime computes them in blocks (Dao et al., 2022).
// Attention with a mask is unchanged.
func Attention(m *graphfile.Model) int {
	if v := m.Opsets[""]; v != 0 && v < 13 || nested(m) {
		return 0 // Softmax was defined differently before
	}
	x := newIndex(m)
	at := map[*graphfile.Node]attention{}
	for _, n := range m.Nodes {
		if a, ok := x.attention(n); ok {
			at[a.last] = a
		}
	}
	if len(at) == 0 {
		return 0
	}
	var nodes []*graphfile.Node
	places := graphfile.NewInts("/nirvana/rows", 0, 0, -1)
	m.Tensors = append(m.Tensors, places)
	heads := map[int64]bool{}
	for _, n := range m.Nodes {
		a, ok := at[n]
		if !ok {
			nodes = append(nodes, n)
			continue
		}
		if !heads[a.heads] {
			heads[a.heads] = true
			m.Tensors = append(m.Tensors, graphfile.NewInts(headShape(a.heads), 0, 0, a.heads, -1))
		}
		nodes = append(nodes, a.nodes(places.Name)...)
	}
	m.Nodes = nodes
	m.Opsets[Microsoft] = 1
	prune(m)
	return len(at)
}

func headShape(heads int64) string { return fmt.Sprint("/nirvana/heads", heads) }

// operand is a value of [batch, position, head, width]; turned, of [batch, head, position, width].
type operand struct {
	name   string
	turned bool
}

// attention is one occurrence of attention written out.
type attention struct {
	query, key, value operand
	heads             int64
	scale             float32 // of the scores; 0: 1/sqrt(width)
	last              *graphfile.Node
}

// attention recognises one by its softmax:
//
//	q [batch, head, position, width] and k [batch, head, width, position], one or both scaled
//	-> MatMul (-> scaled) -> Softmax -> MatMul with v -> Transpose
func (x *index) attention(softmax *graphfile.Node) (a attention, ok bool) {
	if softmax.Op != "Softmax" || softmax.Domain != "" {
		return a, false
	}
	if axis := softmax.Int("axis", -1); axis != -1 && axis != 3 || !x.alone(softmax.Outputs[0]) {
		return a, false
	}
	sum := x.takers[softmax.Outputs[0]][0]
	if sum.Op != "MatMul" || sum.Inputs[0] != softmax.Outputs[0] || !x.alone(sum.Outputs[0]) {
		return a, false
	}
	if a.last = x.takers[sum.Outputs[0]][0]; a.last.Op != "Transpose" || !isPerm(a.last, 0, 2, 1, 3) {
		return a, false
	}
	after, scores := x.unscaled(softmax.Inputs[0])
	product := x.made(scores, "MatMul")
	if product == nil || !x.alone(product.Outputs[0]) {
		return a, false
	}
	byQuery, q := x.unscaled(product.Inputs[0])
	byKey, k := x.unscaled(product.Inputs[1])
	a.query, a.value = x.operand(q), x.operand(sum.Inputs[1])
	if a.key.name = x.turned(k, 0, 2, 3, 1); a.key.name == "" {
		a.key = operand{x.turned(k, 0, 1, 3, 2), true}
	}
	if a.key.name == "" {
		return a, false
	}
	if !a.scaled(after, byQuery, byKey, q) {
		return a, false
	}
	for _, o := range []operand{a.value, a.key, a.query} {
		if a.heads = x.heads(o, 12); a.heads > 0 {
			return a, true
		}
	}
	return a, false
}

func (x *index) operand(value string) operand {
	if before := x.turned(value, 0, 2, 1, 3); before != "" {
		return operand{name: before}
	}
	return operand{value, true}
}

// factor is what a value is multiplied by: a number, or 1/sqrt(1/sqrt(width)) of the value named.
type factor struct {
	number float32
	root   string
}

// unscaled follows a value back over a multiplication or division by one number.
func (x *index) unscaled(value string) (factor, string) {
	n := x.maker[value]
	if n == nil || n.Domain != "" || !x.alone(value) || len(n.Inputs) != 2 {
		return factor{number: 1}, value
	}
	for i, in := range n.Inputs {
		f, known := x.number(in)
		switch {
		case known && n.Op == "Mul":
			return factor{number: f}, n.Inputs[1-i]
		case known && n.Op == "Div" && i == 1 && f != 0:
			return factor{number: 1 / f}, n.Inputs[0]
		case n.Op == "Mul":
			if of := x.rootOfWidth(in); of != "" {
				return factor{root: of}, n.Inputs[1-i]
			}
		}
	}
	return factor{number: 1}, value
}

// rootOfWidth recognises sqrt(1 / sqrt(width)) as torch's exporter writes it, and returns the value whose last axis it is.
func (x *index) rootOfWidth(value string) string {
	outer := x.made(value, "Sqrt")
	if outer == nil {
		return ""
	}
	div := x.made(x.uncast(outer.Inputs[0]), "Div")
	if div == nil {
		return ""
	}
	if one, ok := x.number(div.Inputs[0]); !ok || one != 1 {
		return ""
	}
	inner := x.made(x.uncast(div.Inputs[1]), "Sqrt")
	if inner == nil {
		return ""
	}
	slice := x.made(x.uncast(inner.Inputs[0]), "Slice")
	if slice == nil || len(slice.Inputs) < 3 {
		return ""
	}
	if from, ok := x.integer(slice.Inputs[1], 1); !ok || from != -1 && from != 3 {
		return ""
	}
	if shape := x.made(slice.Inputs[0], "Shape"); shape != nil {
		return shape.Inputs[0]
	}
	return ""
}

func (x *index) uncast(value string) string {
	for n := x.made(value, "Cast"); n != nil; n = x.made(value, "Cast") {
		value = n.Inputs[0]
	}
	return value
}

// scaled computes the scale of the scores from the factors found.
func (a *attention) scaled(after, byQuery, byKey factor, q string) bool {
	if byQuery.root != "" || byKey.root != "" {
		return byQuery.root == q && byKey.root == q && after == factor{number: 1}
	}
	if after.root != "" {
		return false
	}
	a.scale = after.number * byQuery.number * byKey.number
	return a.scale > 0
}

// turned is the input of a transposition in the order; "" where the value is not one.
func (x *index) turned(value string, perm ...int64) string {
	if n := x.made(value, "Transpose"); n != nil && isPerm(n, perm...) {
		return n.Inputs[0]
	}
	return ""
}

func isPerm(n *graphfile.Node, want ...int64) bool {
	have := n.Ints("perm")
	if len(have) != len(want) {
		return false
	}
	for i, p := range want {
		if have[i] != p {
			return false
		}
	}
	return true
}

// heads is the number of heads where a reshape of the operand fixes it, found by going back over operations that keep
// the axes; else 0.
func (x *index) heads(o operand, depth int) int64 {
	n := x.maker[o.name]
	if n == nil || n.Domain != "" || depth == 0 {
		return 0
	}
	switch n.Op {
	case "Reshape":
		if o.turned {
			return 0
		}
		if h, ok := x.integer(n.Inputs[1], 2); ok && h > 0 {
			return h
		}
		return x.unflattened(n.Inputs[1])
	case "Transpose":
		if isPerm(n, 0, 2, 1, 3) {
			return x.heads(operand{n.Inputs[0], !o.turned}, depth-1)
		}
	case "Concat":
		places, places2 := int64(1), int64(-3)
		if o.turned {
			places, places2 = 2, -2
		}
		if axis := n.Int("axis", 0); axis == places || axis == places2 {
			return x.heads(operand{n.Inputs[0], o.turned}, depth-1)
		}
	case "Cast":
		return x.heads(operand{n.Inputs[0], o.turned}, depth-1)
	}
	return 0
}

// unflattened is the first number of torch's unflatten(-1, (heads, -1)): a shape before, two numbers, a shape after.
func (x *index) unflattened(shape string) int64 {
	c := x.made(shape, "Concat")
	if c == nil || len(c.Inputs) != 3 || x.made(c.Inputs[0], "Slice") == nil || x.made(c.Inputs[2], "Slice") == nil {
		return 0
	}
	if t := x.constant(c.Inputs[1]); t != nil {
		if v, ok := t.Ints(); ok && len(v) == 2 && v[0] > 0 && v[1] == -1 {
			return v[0]
		}
	}
	return 0
}

// nodes replace the attention. The last one has the same output.
func (a attention) nodes(rows string) []*graphfile.Node {
	name := a.last.Outputs[0] + "/nirvana"
	var out []*graphfile.Node
	add := func(op, to string, in ...string) *graphfile.Node {
		n := &graphfile.Node{Name: to, Op: op, Inputs: in, Outputs: []string{to}}
		out = append(out, n)
		return n
	}
	flat := func(o operand, to string) {
		if o.turned {
			add("Transpose", to+"/places", o.name).SetInts("perm", 0, 2, 1, 3)
			o.name = to + "/places"
		}
		add("Reshape", to, o.name, rows)
	}
	flat(a.query, name+"/query")
	flat(a.key, name+"/key")
	flat(a.value, name+"/value")
	n := add("MultiHeadAttention", name, name+"/query", name+"/key", name+"/value")
	n.Domain = Microsoft
	n.SetInt("num_heads", a.heads)
	if a.scale != 0 {
		n.SetFloat("scale", a.scale)
	}
	add("Reshape", a.last.Outputs[0], name, headShape(a.heads))
	return out
}
