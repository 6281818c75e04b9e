package adapter

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// Weighted is a LoRA's deltas for one network, and how much of them.
type Weighted struct {
	Deltas []Delta
	Weight float32
}

// Merge adds LoRAs to the model's weights. It gives the keys that it found no
// place for, each with the reason.
func Merge(m *graphfile.Model, loras []Weighted) (unmatched []string) {
	g := index(m)
	var order []*place
	sums := map[*place][]Weighted{}
	for _, l := range loras {
		for _, d := range l.Deltas {
			places := g.find(d.Key)
			if len(places) == 0 {
				unmatched = append(unmatched, d.Key)
			}
			for _, p := range places {
				if reason := p.fits(d); reason != "" {
					unmatched = append(unmatched, d.Key+" ("+reason+")")
					continue
				}
				if sums[p] == nil {
					order = append(order, p)
				}
				sums[p] = append(sums[p], Weighted{[]Delta{d}, l.Weight})
			}
		}
	}
	var added []*graphfile.Node
	for i, p := range order {
		added = append(added, p.add(m, fmt.Sprintf("nirvana/lora/%d", i), sums[p])...)
	}
	m.Nodes = append(added, m.Nodes...)
	slices.Sort(unmatched)
	return slices.Compact(unmatched)
}

// place is a node with a weight that a LoRA can change.
type place struct {
	node       *graphfile.Node
	input      int // of the weight
	dims       []int64
	kind       graphfile.Type
	transposed bool // [in, out], as MatMul has it
	quantised  bool
}

// graphIndex finds places by their modules' names.
type graphIndex struct {
	places map[string][]*place // by key
	keys   []string
}

// index names every weighted node after its module: by the node's own name, or by its weight's.
func index(m *graphfile.Model) *graphIndex {
	g := &graphIndex{places: map[string][]*place{}}
	c := constants(m)
	for _, n := range m.Nodes {
		p := c.place(n)
		if p == nil {
			continue
		}
		keys := []string{scopeKey(n.Name)}
		if w, ok := strings.CutSuffix(n.Inputs[p.input], ".weight"); ok {
			keys = append(keys, strings.ReplaceAll(w, ".", "_"))
		}
		for _, k := range keys {
			if k != "" && !slices.Contains(g.places[k], p) {
				g.places[k] = append(g.places[k], p)
			}
		}
	}
	for k := range g.places {
		g.keys = append(g.keys, k)
	}
	// shorter ones first, so that the end of a name finds the module least deep in a wrapper
	slices.SortFunc(g.keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return g
}

// scopeKey turns a node's name into its module's: /a.0/to_q/MatMul is a_0_to_q.
func scopeKey(name string) string {
	parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
	if len(parts) < 2 {
		return ""
	}
	parts = parts[:len(parts)-1]
	var kept []string
	for i, p := range parts {
		// inside a Sequential the scope is doubled: layers/layers.0
		if i+1 < len(parts) && strings.HasPrefix(parts[i+1], p+".") {
			continue
		}
		kept = append(kept, p)
	}
	return strings.ReplaceAll(strings.Join(kept, "_"), ".", "_")
}

// find gives the places of a module. Exports that wrap the model have a prefix,
// some leave "text_model" out.
func (g *graphIndex) find(key string) []*place {
	for _, k := range []string{key, strings.TrimPrefix(key, "text_model_")} {
		if p := g.places[k]; p != nil {
			return p
		}
		for _, have := range g.keys {
			if strings.HasSuffix(have, "_"+k) {
				return g.places[have]
			}
		}
	}
	return nil
}

// fits says why a delta cannot be added; "" if it can.
func (p *place) fits(d Delta) string {
	if p.quantised {
		return "the network's weights are quantised"
	}
	if p.kind != graphfile.Float32 && p.kind != graphfile.Float16 {
		return "weights of type " + p.kind.String()
	}
	out, in := p.dims[0], p.dims[1:]
	if p.transposed {
		out, in = p.dims[1], p.dims[:1]
	}
	n := int64(1)
	for _, d := range in {
		n *= d
	}
	if out != int64(d.Out) || n != int64(product(d.In)) {
		return fmt.Sprintf("made for %d x %v, the network has %d x %v", d.Out, d.In, out, in)
	}
	return ""
}

// add gives the nodes that sum the weight up and hangs the sum into the node.
func (p *place) add(m *graphfile.Model, name string, parts []Weighted) []*graphfile.Node {
	b := &builder{m: m, name: name}
	sum := p.node.Inputs[p.input]
	if p.kind == graphfile.Float16 {
		sum = b.node("Cast", sum)
		b.last().SetInt("to", int64(graphfile.Float32))
	}
	plain, relatives := split(parts)
	if len(plain) > 0 {
		first, second, rank := p.factors(plain)
		rows := int(p.dims[0])
		delta := b.node("MatMul", b.floats(rows, int(rank), first), b.floats(int(rank), len(second)/int(rank), second))
		if len(p.dims) > 2 {
			delta = b.reshape(delta, p.dims...)
		}
		sum = b.node("Add", sum, delta)
	}
	for _, w := range relatives {
		sum = p.addRelative(b, sum, w)
	}
	if p.kind == graphfile.Float16 {
		b.node("Cast", sum)
		b.last().SetInt("to", int64(graphfile.Float16))
	}
	b.last().Outputs[0] = name + "/weight"
	p.node.Inputs[p.input] = name + "/weight"
	return b.nodes
}

// factors are all parts side by side, with their weights: [rows, rank] and [rank, columns] of the weight as it lies.
func (p *place) factors(parts []Weighted) (first, second []float32, rank int64) {
	for _, w := range parts {
		rank += int64(w.Deltas[0].Rank)
	}
	out, in := parts[0].Deltas[0].Out, product(parts[0].Deltas[0].In)
	up, down := make([]float32, out*int(rank)), make([]float32, 0, in*int(rank))
	at := 0
	for _, w := range parts {
		d := w.Deltas[0]
		for o := range out {
			for r := range d.Rank {
				up[o*int(rank)+at+r] = w.Weight * d.Up[o*d.Rank+r]
			}
		}
		down = append(down, d.Down...)
		at += d.Rank
	}
	if p.transposed {
		return transpose(down, int(rank), in), transpose(up, out, int(rank)), rank
	}
	return up, down, rank
}

func transpose(x []float32, rows, columns int) []float32 {
	out := make([]float32, len(x))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = x[r*columns+c]
		}
	}
	return out
}
