package adapter

import (
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// blocks is a linear layer's weight that stays quantised in memory (network.Build). A plain LoRA is computed beside it, as
// two thin products of the input; other forms need the weight itself, and widen it.
type blocks struct {
	wide    *graphfile.Tensor // [in, out] in float32, made only where something uses it
	offsets string            // what is added to each group of numbers; in no graph that has none
}

// blocks finds the weight of a node that multiplies by one; nil for others.
func (w weights) blocks(n *graphfile.Node) *blocks {
	in := n.Inputs[1]
	if n.Op == "MatMul" { // through the widening of the moment
		for maker := w.makers[in]; maker != nil && (maker.Op == "Reshape" || maker.Op == "DequantizeLinear"); maker = w.makers[in] {
			in = maker.Inputs[0]
		}
	}
	base, ok := strings.CutSuffix(in, graphfile.QuantisedPart)
	if wide := w.tensors[base+graphfile.WidePart]; ok && wide != nil {
		return &blocks{wide, base + graphfile.OffsetsPart}
	}
	return nil
}

// beside computes LoRAs beside the product: y + (x down) up. The nodes stand behind the product's.
func (p *place) beside(m *graphfile.Model, name string, parts []part) []*graphfile.Node {
	b := &builder{m: m, name: name}
	down, up, rank := p.factors(parts)
	x, out := p.node.Inputs[0], p.node.Outputs[0]
	y := b.next()
	p.node.Outputs[0] = y
	thin := b.node("MatMul", x, b.floats(int(p.dims[0]), int(rank), down))
	wide := b.node("MatMul", thin, b.floats(int(rank), int(p.dims[1]), up))
	b.node("Add", y, wide)
	b.finish(out)
	return b.nodes
}

// widen makes the product one of float32, and of what was added to groups nothing. The nodes stand before all others.
func (p *place) widen(m *graphfile.Model, name string) []*graphfile.Node {
	*p.node = graphfile.Node{Name: p.node.Name, Op: "MatMul", Inputs: []string{p.node.Inputs[0], p.blocks.wide.Name}, Outputs: p.node.Outputs}
	b := &builder{m: m, name: name + "/wide"}
	for _, n := range m.Nodes {
		for i, in := range n.Inputs {
			if in != p.blocks.offsets {
				continue
			}
			for _, t := range m.Tensors {
				if t.Name == in {
					n.Inputs[i] = b.node("ConstantOfShape", b.ints(t.Dims...))
				}
			}
		}
	}
	return b.nodes
}

// behindEach puts nodes behind those that they belong to.
func behindEach(nodes []*graphfile.Node, beside map[*graphfile.Node][]*graphfile.Node) []*graphfile.Node {
	if len(beside) == 0 {
		return nodes
	}
	var out []*graphfile.Node
	for _, n := range nodes {
		out = append(append(out, n), beside[n]...)
	}
	return out
}
