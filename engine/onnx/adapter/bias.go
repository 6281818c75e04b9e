package adapter

import (
	"fmt"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// slot is an input of a node that takes one number an output: a bias, or a norm's weight or bias.
type slot struct {
	node  *graphfile.Node
	input int
	count int     // numbers in it
	dims  []int64 // nil: no input yet
	kind  graphfile.Type
	shift bool // added, not multiplied
}

// vector is added to a slot; with set it replaces the slot, in proportion to its weight.
type vector struct {
	data   []float32
	weight float32
	set    bool
}

// sums are the vectors by slot, in order of first use.
type sums struct {
	order []*slot
	parts map[*slot][]vector
}

func (s *sums) add(at *slot, v vector) {
	if s.parts == nil {
		s.parts = map[*slot][]vector{}
	}
	if s.parts[at] == nil {
		s.order = append(s.order, at)
	}
	s.parts[at] = append(s.parts[at], v)
}

// nodes adds the sums to the model and makes them the nodes' inputs.
func (s *sums) nodes(m *graphfile.Model) (added []*graphfile.Node) {
	for i, at := range s.order {
		b := &builder{m: m, name: fmt.Sprintf("nirvana/lora/vector/%d", i)}
		added = append(added, at.fill(b, s.parts[at])...)
	}
	return added
}

func (s *slot) fill(b *builder, parts []vector) []*graphfile.Node {
	dims, sum := s.dims, ""
	if dims == nil {
		dims = []int64{int64(s.count)}
		sum = b.tensor(make([]float32, s.count), dims...)
	} else if sum = s.node.Inputs[s.input]; s.kind == graphfile.Float16 {
		sum = b.cast(sum, graphfile.Float32)
	}
	for _, v := range parts {
		change := b.tensor(scaled(v.data, v.weight), dims...)
		if v.set {
			sum = b.node("Sub", sum, b.node("Mul", sum, b.tensor([]float32{v.weight}, 1)))
		}
		sum = b.node("Add", sum, change)
	}
	if s.kind == graphfile.Float16 {
		b.cast(sum, graphfile.Float16)
	}
	for len(s.node.Inputs) <= s.input {
		s.node.Inputs = append(s.node.Inputs, "")
	}
	s.node.Inputs[s.input] = b.finish(b.name + "/sum")
	return b.nodes
}

// bias is the slot for a weighted node's bias: its own, the sum after a product, or a new one.
func (g *graphIndex) bias(p *place) *slot {
	if g.biases[p] == nil {
		g.biases[p] = g.newBias(p)
	}
	return g.biases[p]
}

func (g *graphIndex) newBias(p *place) *slot {
	out, _ := p.size()
	s := &slot{node: p.node, input: 2, count: out, kind: p.kind, shift: true}
	if p.node.Op != "MatMul" && p.blocks == nil {
		if len(p.node.Inputs) > 2 && p.node.Inputs[2] != "" {
			s.dims, s.kind = []int64{int64(out)}, p.kind
			if dims, kind, ok := g.values.look(p.node.Inputs[2]); ok {
				s.dims, s.kind = dims, kind
			}
		}
		return s
	}
	for _, n := range g.model.Nodes {
		if n.Op == "Add" && len(n.Inputs) == 2 && scopeKey(n.Name) == scopeKey(p.node.Name) {
			for i, in := range n.Inputs {
				dims, kind, ok := g.values.look(in)
				if ok && n.Inputs[1-i] == p.node.Outputs[0] && count(dims) == out {
					return &slot{node: n, input: i, count: out, dims: dims, kind: kind, shift: true}
				}
			}
		}
	}
	return g.behind(p, out)
}

// behind adds a sum after a product that has none.
func (g *graphIndex) behind(p *place, out int) *slot {
	was := p.node.Outputs[0]
	p.node.Outputs[0] = was + "/nirvana/product"
	n := &graphfile.Node{Name: p.node.Name + "/nirvana/bias", Op: "Add", Inputs: []string{p.node.Outputs[0], ""}, Outputs: []string{was}}
	g.model.Nodes = append(g.model.Nodes, n)
	return &slot{node: n, input: 1, count: out, kind: p.kind, shift: true}
}

func count(dims []int64) int {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	return int(n)
}

// addNorm records a node that may be a norm's: one operation with weight and bias, or the product and the sum at the
// end of one that is written out.
func (g *graphIndex) addNorm(n *graphfile.Node) {
	inputs := map[int]bool{} // with the added value
	switch n.Op {
	case "LayerNormalization", "GroupNormalization", "GroupNorm", "InstanceNormalization", "SimplifiedLayerNormalization", "RMSNormalization", "BatchNormalization":
		inputs[1], inputs[2] = false, true
	case "Mul":
		inputs[0], inputs[1] = false, false
	case "Add":
		inputs[0], inputs[1] = true, true
	default:
		return
	}
	key := scopeKey(n.Name)
	for i, shift := range inputs {
		if i >= len(n.Inputs) {
			continue
		}
		dims, kind, ok := g.values.look(n.Inputs[i])
		if !ok || len(dims) == 0 || kind != graphfile.Float32 && kind != graphfile.Float16 {
			continue
		}
		s := &slot{node: n, input: i, count: count(dims), dims: dims, kind: kind, shift: shift}
		keys := map[string]bool{key: true}
		for _, end := range []string{".weight", ".bias"} {
			if w, ok := strings.CutSuffix(n.Inputs[i], end); ok {
				keys[strings.ReplaceAll(w, ".", "_")] = true
			}
		}
		for k := range keys {
			if k != "" {
				g.norms[k] = append(g.norms[k], s)
			}
		}
	}
}

// norm finds the slots of a norm's weight and bias.
func (g *graphIndex) norm(d *Delta, weight float32, to *sums) (unmatched []Unmatched) {
	slots := g.norms[nameIn(g.norms, g.scopes, d.Key)]
	put := func(v vector, shift bool, what string) {
		reason := Unmatched{d.Key, NoModule, what}
		for _, s := range slots {
			switch {
			case s.shift != shift:
			case s.count == len(v.data):
				to.add(s, v)
				return
			case s.count > 1:
				reason = Unmatched{d.Key, WrongSize, fmt.Sprintf("a norm's %s for %d, the network has %d", what, len(v.data), s.count)}
			}
		}
		unmatched = append(unmatched, reason)
	}
	if w, ok := d.form.(whole); ok {
		put(vector{w.data, weight, w.set}, false, "weight")
	}
	if d.Bias != nil {
		put(vector{d.Bias, weight, false}, true, "bias")
	}
	return unmatched
}
