// Package rewrite changes networks, in memory, into forms that ONNX Runtime runs faster or in less memory, with the
// same result up to rounding.
//
// Attention replaces attention that is written out by one operation. Prompt cuts off what depends on the prompt
// alone, so that it is computed once for each prompt and not at every step. Shallow cuts off what changes little from
// step to step. Each leaves unknown networks unchanged.
package rewrite

import (
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// index finds a model's nodes by their outputs and inputs.
type index struct {
	model  *graphfile.Model
	maker  map[string]*graphfile.Node
	takers map[string][]*graphfile.Node
	tensor map[string]*graphfile.Tensor
}

func newIndex(m *graphfile.Model) *index {
	nodes, tensors := len(m.Nodes), len(m.Tensors)
	x := &index{model: m, maker: make(map[string]*graphfile.Node, nodes), takers: make(map[string][]*graphfile.Node, nodes+tensors), tensor: make(map[string]*graphfile.Tensor, tensors)}
	for _, t := range m.Tensors {
		x.tensor[t.Name] = t
	}
	for _, n := range m.Nodes {
		for _, out := range n.Outputs {
			x.maker[out] = n
		}
		for _, in := range n.Inputs {
			x.takers[in] = append(x.takers[in], n)
		}
	}
	return x
}

// made is the node of an operation in ONNX's own domain that computes the value; nil for others.
func (x *index) made(value, op string) *graphfile.Node {
	if n := x.maker[value]; n != nil && n.Op == op && n.Domain == "" {
		return n
	}
	return nil
}

// alone reports whether the value is used once and is not an output of the graph.
func (x *index) alone(value string) bool {
	return len(x.takers[value]) == 1 && !slices.ContainsFunc(x.model.Outputs, func(v graphfile.Value) bool { return v.Name == value })
}

// constant is a value's constant tensor; nil where it is computed.
func (x *index) constant(value string) *graphfile.Tensor {
	if t := x.tensor[value]; t != nil {
		return t
	}
	if n := x.made(value, "Constant"); n != nil {
		return n.Tensor("value")
	}
	return nil
}

// number is a constant of one element.
func (x *index) number(value string) (float32, bool) {
	t := x.constant(value)
	if t == nil || t.Elements() != 1 {
		return 0, false
	}
	v, ok := t.Floats()
	if !ok {
		return 0, false
	}
	return v[0], true
}

// integer is the constant number at index i of a shape, counted from its end (1: the last), including shapes that are
// concatenated.
func (x *index) integer(shape string, i int) (int64, bool) {
	if t := x.constant(shape); t != nil {
		v, ok := t.Ints()
		if !ok || i > len(v) {
			return 0, false
		}
		return v[len(v)-i], true
	}
	c := x.made(shape, "Concat")
	if c == nil {
		return 0, false
	}
	for _, in := range slices.Backward(c.Inputs) {
		n := 1
		if t := x.constant(in); t != nil {
			n = int(t.Elements())
		} else if x.made(in, "Unsqueeze") == nil && x.made(in, "Reshape") == nil && i > 1 {
			return 0, false // a part of unknown length
		}
		if i <= n {
			return x.integer(in, i)
		}
		i -= n
	}
	return 0, false
}

// nested reports whether nodes hold graphs of their own, which may use values of this one.
func nested(m *graphfile.Model) bool {
	return slices.ContainsFunc(m.Nodes, (*graphfile.Node).HasGraph)
}

// prune drops the nodes and weights that no output depends on.
func prune(m *graphfile.Model) {
	x := newIndex(m)
	needed := map[*graphfile.Node]bool{}
	values := map[string]bool{}
	var open []string
	for _, v := range m.Outputs {
		open = append(open, v.Name)
	}
	for len(open) > 0 {
		value := open[len(open)-1]
		open = open[:len(open)-1]
		if values[value] {
			continue
		}
		values[value] = true
		if n := x.maker[value]; n != nil && !needed[n] {
			needed[n] = true
			open = append(open, n.Inputs...)
		}
	}
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n *graphfile.Node) bool { return !needed[n] })
	m.Tensors = slices.DeleteFunc(m.Tensors, func(t *graphfile.Tensor) bool { return !values[t.Name] })
}
