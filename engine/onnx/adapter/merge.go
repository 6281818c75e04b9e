package adapter

import (
	"cmp"
	"fmt"
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// Weighted is a LoRA's deltas for one network, with their weight.
type Weighted struct {
	Deltas []Delta
	Weight float32
}

// Reason is why a delta could not be merged.
type Reason int

// Reasons why a delta could not be merged.
const (
	NoModule  Reason = iota // the network has no module of that name
	WrongSize               // its weight has another shape
	Quantised               // its weight is stored in a type that nothing can be added to
)

// Unmatched is a delta, or its bias, that no module of the network matches.
type Unmatched struct {
	Key    string
	Reason Reason
	Detail string // technical, English; may be ""
}

func (u Unmatched) String() string {
	if u.Detail == "" {
		return u.Key
	}
	return u.Key + " (" + u.Detail + ")"
}

// part is one delta for one place.
type part struct {
	*Delta
	weight float32
}

// Merge adds LoRAs to the model's weights and biases. It returns the deltas that do not match, each with the reason.
func Merge(m *graphfile.Model, loras []Weighted) (unmatched []Unmatched) {
	g := index(m)
	var order []*place
	parts := map[*place][]part{}
	var vectors sums
	for _, l := range loras {
		for i := range l.Deltas {
			d := &l.Deltas[i]
			places := g.find(d.Key)
			if d.isVector() || len(places) == 0 && !d.changesWeight() {
				unmatched = append(unmatched, g.norm(d, l.Weight, &vectors)...)
				continue
			}
			if len(places) == 0 {
				unmatched = append(unmatched, Unmatched{Key: d.Key})
			}
			for _, p := range places {
				if u := p.fits(d); u != nil {
					unmatched = append(unmatched, *u)
					continue
				}
				if d.Bias != nil {
					vectors.add(g.bias(p), vector{d.Bias, l.Weight, false})
				}
				if !d.changesWeight() {
					continue
				}
				if parts[p] == nil {
					order = append(order, p)
				}
				parts[p] = append(parts[p], part{d, l.Weight})
			}
		}
	}
	var added []*graphfile.Node
	beside := map[*graphfile.Node][]*graphfile.Node{}
	for i, p := range order {
		name := fmt.Sprintf("nirvana/lora/%d", i)
		if p.blocks != nil {
			if _, relatives := split(parts[p]); len(relatives) == 0 {
				beside[p.node] = p.beside(m, name, parts[p])
				continue
			}
			added = append(added, p.widen(m, name)...)
		}
		added = append(added, p.add(m, name, parts[p])...)
	}
	added = append(added, vectors.nodes(m)...)
	m.Nodes = append(added, behindEach(m.Nodes, beside)...)
	slices.SortFunc(unmatched, func(a, b Unmatched) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(unmatched)
}

// isVector reports whether a norm's weight is changed.
func (d *Delta) isVector() bool {
	w, ok := d.form.(whole)
	return ok && len(d.In) == 0 && w.columns == 1
}

// size is the weight's shape as [outputs, inputs times kernel].
func (p *place) size() (out, in int) {
	o, rest := p.dims[0], p.dims[1:]
	if p.transposed {
		o, rest = p.dims[1], p.dims[:1]
	}
	n := int64(1)
	for _, d := range rest {
		n *= d
	}
	return int(o), int(n)
}

// fits is why a delta cannot be added; nil if it can.
func (p *place) fits(d *Delta) *Unmatched {
	if p.quantised {
		return &Unmatched{d.Key, Quantised, "the network's weights are quantised"}
	}
	if p.kind != graphfile.Float32 && p.kind != graphfile.Float16 {
		return &Unmatched{d.Key, Quantised, "weights of type " + p.kind.String()}
	}
	out, in := p.size()
	channels := in
	if len(p.dims) > 2 {
		channels = int(p.dims[1])
	}
	same := (d.anyOut || d.Out == out) && (d.anyIn || d.anyOut || product(d.In) == in) && (!d.anyOut || d.In[0] == channels)
	if f, ok := d.form.(inputRotation); ok {
		same = f.fits(out, in)
	}
	if !d.changesWeight() {
		same = len(d.Bias) == out
	} else if d.Bias != nil && len(d.Bias) != out {
		same = false
	}
	if d.byInput && (len(d.lengths) == 0 || in%len(d.lengths) != 0) || d.lengths != nil && !d.byInput && len(d.lengths) != out {
		same = false
	}
	if !same {
		return &Unmatched{d.Key, WrongSize, fmt.Sprintf("made for %d x %v, the network has %d x %v", max(d.Out, len(d.Bias)), d.In, out, p.in())}
	}
	return nil
}

// in is the weight's shape without the outputs.
func (p *place) in() []int64 {
	if p.transposed {
		return p.dims[:1]
	}
	return p.dims[1:]
}

// add adds nodes that compute the new weight and makes it the node's input.
func (p *place) add(m *graphfile.Model, name string, parts []part) []*graphfile.Node {
	b := &builder{m: m, name: name}
	sum := p.node.Inputs[p.input]
	if p.kind == graphfile.Float16 {
		sum = b.cast(sum, graphfile.Float32)
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
		b.cast(sum, graphfile.Float16)
	}
	p.node.Inputs[p.input] = b.finish(name + "/weight")
	return b.nodes
}

// split separates plain LoRAs, which one product computes, from other forms.
func split(parts []part) (plain, relatives []part) {
	for _, w := range parts {
		if w.plain() {
			plain = append(plain, w)
		} else {
			relatives = append(relatives, w)
		}
	}
	return plain, relatives
}

// factors are all parts concatenated, times their weights: [rows, rank] and [rank, columns] of the weight as stored.
func (p *place) factors(parts []part) (first, second []float32, rank int64) {
	for _, w := range parts {
		rank += int64(w.Rank)
	}
	out, in := parts[0].Out, product(parts[0].In)
	up, down := make([]float32, out*int(rank)), make([]float32, 0, in*int(rank))
	at := 0
	for _, w := range parts {
		for o := range out {
			for r := range w.Rank {
				up[o*int(rank)+at+r] = w.weight * w.Up[o*w.Rank+r]
			}
		}
		down = append(down, w.Down...)
		at += w.Rank
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
