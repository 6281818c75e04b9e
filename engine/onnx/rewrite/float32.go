package rewrite

import (
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// Float32 converts a network of half precision to float32: its inputs and outputs, the targets of casts, and its
// constants. Weights are unchanged, in external data too, with a Cast after each. False where nothing is in half
// precision, or where it is in graphs inside of nodes; then nothing is changed.
func Float32(m *graphfile.Model) bool {
	if !halved(m) {
		return false
	}
	m.ForgetTypes()
	var casts []*graphfile.Node
	for _, t := range m.Tensors {
		if t.Type != graphfile.Float16 {
			continue
		}
		name := t.Name
		m.Inputs = slices.DeleteFunc(m.Inputs, func(v graphfile.Value) bool { return v.Name == name })
		t.Rename(name + halfName)
		casts = append(casts, toFloat(t.Name, name))
	}
	for i, v := range m.Inputs {
		if v.Type == graphfile.Float16 {
			m.Inputs[i] = retyped(v)
		}
	}
	for i, v := range m.Outputs {
		if v.Type == graphfile.Float16 {
			m.Outputs[i] = retyped(v)
		}
	}
	for _, n := range m.Nodes {
		switch {
		case n.Op == "Cast" && n.Int("to", 0) == int64(graphfile.Float16):
			casts = append(casts, toFloat(n.Inputs[0], n.Outputs[0]))
		case givesHalf(n):
			n = n.Clone()
			casts = append(casts, n, toFloat(n.Outputs[0]+halfName, n.Outputs[0]))
			n.Outputs[0] += halfName
		default:
			casts = append(casts, n)
		}
	}
	m.Nodes = casts
	return true
}

// halfName is behind the name of a half-precision value that stands beside a float32 one.
const halfName = "/nirvana/float16"

// halved reports whether the network has half precision that can be changed.
func halved(m *graphfile.Model) bool {
	half := func(v graphfile.Value) bool { return v.Type == graphfile.Float16 }
	has := slices.ContainsFunc(m.Inputs, half) || slices.ContainsFunc(m.Outputs, half) ||
		slices.ContainsFunc(m.Tensors, func(t *graphfile.Tensor) bool { return t.Type == graphfile.Float16 })
	for _, n := range m.Nodes {
		if n.HasGraph() {
			return false
		}
		has = has || n.Op == "Cast" && n.Int("to", 0) == int64(graphfile.Float16) || givesHalf(n)
	}
	return has
}

// givesHalf reports whether a node creates half-precision values: constants and the like.
func givesHalf(n *graphfile.Node) bool {
	if t := n.Tensor("value"); t != nil && t.Type == graphfile.Float16 {
		return true
	}
	return n.Op != "Cast" && n.Int("dtype", 0) == int64(graphfile.Float16)
}

func toFloat(from, to string) *graphfile.Node { return cast(from, to, graphfile.Float32) }

// cast converts a value to a type.
func cast(from, to string, kind graphfile.Type) *graphfile.Node {
	n := &graphfile.Node{Name: to + "/nirvana/cast", Op: "Cast", Inputs: []string{from}, Outputs: []string{to}}
	return n.SetInt("to", int64(kind))
}

func retyped(v graphfile.Value) graphfile.Value {
	to := graphfile.NewValue(v.Name, graphfile.Float32, v.Dims...)
	to.Shaped = v.Shaped
	return to
}
