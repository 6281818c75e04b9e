package rewrite

import (
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// copyOf is a model whose lists can be changed without changing m's.
func copyOf(m *graphfile.Model) *graphfile.Model {
	c := *m
	c.Nodes, c.Tensors = slices.Clone(m.Nodes), slices.Clone(m.Tensors)
	c.Inputs, c.Outputs = slices.Clone(m.Inputs), slices.Clone(m.Outputs)
	return &c
}

// Prompt cuts off what depends on one input alone, the prompt's states: mainly the keys and values of
// cross-attention. The first network computes those values, the second takes them with the other inputs; ok is false
// where there is nothing to gain. Only float32 values cross the cut.
func Prompt(m *graphfile.Model, input string) (prompt, step *graphfile.Model, ok bool) {
	i := slices.IndexFunc(m.Inputs, func(v graphfile.Value) bool { return v.Name == input })
	if i < 0 || m.Inputs[i].Type != graphfile.Float32 || nested(m) {
		return nil, nil, false
	}
	x := newIndex(m)
	early := x.dependents(input)
	var over []graphfile.Value
	products := 0
	for _, n := range m.Nodes {
		if !early[n.Outputs[0]] {
			continue
		}
		if n.Op == "MatMul" || n.Op == "Gemm" {
			products++
		}
		for _, out := range n.Outputs {
			if x.leaves(out, early) {
				over = append(over, graphfile.Value{Name: out, Type: graphfile.Float32})
			}
		}
	}
	if products == 0 {
		return nil, nil, false
	}
	prompt, step = copyOf(m), copyOf(m)
	prompt.Inputs, prompt.Outputs = m.Inputs[i:i+1:i+1], over
	prune(prompt)
	step.Nodes = slices.DeleteFunc(step.Nodes, func(n *graphfile.Node) bool { return early[n.Outputs[0]] })
	step.Inputs = append(step.Inputs, over...)
	prune(step)
	if len(newIndex(step).takers[input]) == 0 {
		step.Inputs = slices.Delete(step.Inputs, i, i+1)
	}
	return prompt, step, true
}

// floating are the operations whose result is float32 when all their inputs are.
var floating = map[string]bool{"MatMul": true, "Gemm": true, "Add": true, "Sub": true, "Mul": true, "Div": true, "LayerNormalization": true,
	"Split": true, "Transpose": true, "Sigmoid": true, "Erf": true, "Relu": true, "Tanh": true, "Sqrt": true, "Reshape": true, "Unsqueeze": true, "Identity": true}

// dependents are the float32 values that depend on the input and constants alone.
func (x *index) dependents(input string) map[string]bool {
	early := map[string]bool{input: true}
	for _, n := range x.model.Nodes {
		if !floating[n.Op] || n.Domain != "" {
			continue
		}
		depends, known := false, true
		for at, in := range n.Inputs {
			switch {
			case early[in]:
				depends = true
			case in == "" || x.fixed(in):
			default:
				known = false
			}
			if (n.Op == "Reshape" || n.Op == "Unsqueeze" || n.Op == "Split") && at > 0 && early[in] {
				known = false
			}
		}
		if depends && known {
			for _, out := range n.Outputs {
				early[out] = true
			}
		}
	}
	delete(early, input)
	return early
}

// fixed reports whether a value is a constant, or a weight stored in another type or order.
func (x *index) fixed(value string) bool {
	for range 3 {
		if x.constant(value) != nil {
			return true
		}
		n := x.maker[value]
		if n == nil || n.Domain != "" || n.Op != "Cast" && n.Op != "Transpose" && n.Op != "DequantizeLinear" {
			return false
		}
		value = n.Inputs[0]
	}
	return false
}

// leaves reports whether a value is used by an operation that is not among the early ones.
func (x *index) leaves(value string, early map[string]bool) bool {
	if slices.ContainsFunc(x.model.Outputs, func(v graphfile.Value) bool { return v.Name == value }) {
		return true
	}
	return slices.ContainsFunc(x.takers[value], func(n *graphfile.Node) bool { return !early[n.Outputs[0]] })
}

// Shallow cuts a U-Net at the input of its last skip connection. deep is the whole network, which also returns that
// value; shallow takes it, and runs only the first and last layers around it (DeepCache, Ma et al., 2023): the value
// changes little from one step to the next.
func Shallow(m *graphfile.Model) (deep, shallow *graphfile.Model, value string, ok bool) {
	if nested(m) || len(m.Outputs) != 1 {
		return nil, nil, "", false
	}
	x := newIndex(m)
	for _, n := range slices.Backward(m.Nodes) {
		if n.Op != "Concat" || n.Int("axis", 0) != 1 || len(n.Inputs) != 2 || x.maker[n.Inputs[0]] == nil {
			continue
		}
		value = n.Inputs[0]
		shallow = copyOf(m)
		shallow.Nodes = slices.DeleteFunc(shallow.Nodes, func(n *graphfile.Node) bool { return slices.Contains(n.Outputs, value) })
		v := graphfile.Value{Name: value, Type: m.Outputs[0].Type}
		shallow.Inputs = append(shallow.Inputs, v)
		prune(shallow)
		if 2*len(shallow.Nodes) > len(m.Nodes) {
			continue // what follows is most of the network: not such a connection
		}
		taken := newIndex(shallow).takers
		shallow.Inputs = slices.DeleteFunc(shallow.Inputs, func(v graphfile.Value) bool { return len(taken[v.Name]) == 0 })
		deep = copyOf(m)
		deep.Outputs = append(deep.Outputs, v)
		return deep, shallow, value, true
	}
	return nil, nil, "", false
}
