package network

import (
	"slices"

	"nirvana/engine/onnx/graphfile"
)

// shapes are the shapes of values and what lists of integers hold, as far as they are known: what the operations demand
// of the weights follows from them.
type shapes struct {
	of   map[string][]*extent // missing: of unknown rank
	list map[string][]*extent
}

// channel is the axis of the features: the second of pictures [batch, c, h, w], the last of others.
func (g *graph) channel(x string) *extent {
	if d := g.shapes.of[x]; len(d) == 4 {
		return d[1]
	}
	return g.lastOf(x)
}

func (g *graph) lastOf(x string) *extent {
	d := g.shapes.of[x]
	if len(d) == 0 {
		return nil
	}
	return d[len(d)-1]
}

// withLast is a shape with another last axis.
func withLast(d []*extent, e *extent) []*extent {
	if len(d) == 0 {
		return nil
	}
	out := slices.Clone(d)
	out[len(out)-1] = e
	return out
}

func (g *graph) setShape(x string, d []*extent) {
	if d != nil {
		g.shapes.of[x] = d
	}
}

// infer sets the shape of a node's output, and demands what its operation does.
func (g *graph) infer(n *graphfile.Node) {
	in := func(i int) []*extent {
		if i >= len(n.Inputs) {
			return nil
		}
		return g.shapes.of[n.Inputs[i]]
	}
	first := in(0)
	out := n.Outputs[0]
	switch n.Op {
	case "Sigmoid", "Erf", "Tanh", "Relu", "LeakyRelu", "Softmax", "Cast", "Sqrt", "Neg", "Exp", "Sin", "Cos", "Trilu", "Identity", "LayerNormalization":
		g.setShape(out, first)
		if l := g.shapes.list[n.Inputs[0]]; l != nil {
			g.shapes.list[out] = l
		}
	case "Add", "Sub", "Mul", "Div", "Min", "Max", "Mod":
		if l, ok := g.shapes.list[n.Inputs[0]]; ok {
			g.shapes.list[out] = make([]*extent, len(l))
		}
		g.setShape(out, g.broadcast(first, in(1)))
	case "Where":
		g.setShape(out, g.broadcast(in(1), in(2)))
	case "MatMul":
		g.setShape(out, g.multiplied(first, in(1)))
	case "Transpose":
		g.setShape(out, permuted(first, n.Ints("perm")))
	case "Concat":
		g.inferConcat(n, out)
	case "Shape":
		g.shapes.list[out] = first
	case "Slice":
		g.inferSlice(n, first, out)
	case "Reshape":
		g.setShape(out, g.reshaped(first, g.shapes.list[n.Inputs[1]]))
	case "Expand":
		g.setShape(out, g.broadcast(first, nilOnes(g.shapes.list[n.Inputs[1]])))
	case "Unsqueeze", "Squeeze":
		g.setShape(out, g.squeezed(n, first))
	case "ReduceSum":
		if n.Int("keepdims", 1) == 1 {
			g.setShape(out, make([]*extent, len(first)))
		}
	case "Resize":
		if len(first) == 4 {
			g.setShape(out, []*extent{first[0], first[1], nil, nil})
		}
	case "Gather":
		g.inferGather(n, first, in(1), out)
	case "GatherND": // of rows
		if len(first) == 3 {
			g.setShape(out, []*extent{first[0], first[2]})
		}
	}
}

// nilOnes takes ones for unknown, which Expand leaves as they are.
func nilOnes(d []*extent) []*extent {
	d = slices.Clone(d)
	for i, e := range d {
		if e.is(1) {
			d[i] = nil
		}
	}
	return d
}

// broadcast is the shape of an operation on pairs.
func (g *graph) broadcast(a, b []*extent) []*extent {
	if a == nil || b == nil {
		return nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, e := range b {
		at := len(a) - len(b) + i
		switch own := a[at]; {
		case own == nil && e.is(1) || own.is(1) && e == nil:
			out[at] = nil
		case own == nil || own.is(1):
			out[at] = e
		case e != nil && !e.is(1):
			g.needs.equal(own, e)
		}
	}
	return out
}

// multiplied is the shape of a product of matrices.
func (g *graph) multiplied(a, b []*extent) []*extent {
	if len(a) < 2 || len(b) < 2 {
		return nil
	}
	g.needs.equal(a[len(a)-1], b[len(b)-2])
	return withLast(a, b[len(b)-1])
}

func permuted(d []*extent, perm []int64) []*extent {
	if len(d) != len(perm) {
		return nil
	}
	out := make([]*extent, len(d))
	for i, p := range perm {
		out[i] = d[p]
	}
	return out
}

func (g *graph) inferConcat(n *graphfile.Node, out string) {
	at := int(n.Int("axis", 0))
	if lists := g.joinedLists(n.Inputs); lists != nil {
		g.shapes.list[out] = lists
		return
	}
	var whole []*extent
	var parts []*extent
	for _, x := range n.Inputs {
		d := g.shapes.of[x]
		if d == nil || whole != nil && len(d) != len(whole) {
			return
		}
		if at < 0 {
			at += len(d)
		}
		if at >= len(d) {
			return
		}
		parts = append(parts, d[at])
		if whole == nil {
			whole = slices.Clone(d)
			continue
		}
		for i := range d {
			if i != at && whole[i] == nil {
				whole[i] = d[i]
			} else if i != at {
				g.needs.equal(whole[i], d[i])
			}
		}
	}
	whole[at] = sum(parts...)
	g.setShape(out, whole)
}

func (g *graph) joinedLists(names []string) (out []*extent) {
	for _, x := range names {
		l, ok := g.shapes.list[x]
		if !ok {
			return nil
		}
		out = append(out, l...)
	}
	return out
}

// inferSlice is of lists, and of one axis of others, whose size then is unknown.
func (g *graph) inferSlice(n *graphfile.Node, first []*extent, out string) {
	number := func(i int) (int, bool) {
		if l := g.shapes.list[n.Inputs[i]]; len(l) == 1 && l[0].fixed() && l[0].plus.d == 1 {
			return int(l[0].plus.n), true
		}
		return 0, false
	}
	from, ok := number(1)
	to, ok2 := number(2)
	if l, is := g.shapes.list[n.Inputs[0]]; is {
		if !ok || !ok2 || from < 0 || to > len(l) || from > to { // of a value whose rank is unknown
			l, from, to = []*extent{nil}, 0, 1
		}
		g.shapes.list[out] = l[from:to]
		return
	}
	at, ok := number(3)
	if at < 0 {
		at += len(first)
	}
	if !ok || at < 0 || at >= len(first) {
		return
	}
	d := slices.Clone(first)
	d[at] = nil
	g.setShape(out, d)
}

// reshaped knows the axes that stay, and the last one split into heads or joined from them. Other numbers in the target
// come from weights themselves, and say nothing of them.
func (g *graph) reshaped(d, to []*extent) []*extent {
	if len(to) == 0 {
		return nil
	}
	out := make([]*extent, len(to))
	for i, e := range to {
		switch {
		case e.is(0) && i < len(d):
			out[i] = d[i]
		case e.is(1) || e != nil && !e.fixed():
			out[i] = e
		}
	}
	last := len(to) - 1
	if len(d) == 3 && len(to) == 4 && out[1] != nil && !to[1].is(0) { // a picture of its pixels
		g.needs.equal(d[1], out[1])
	}
	if len(d) == 4 && len(to) == 3 && to[2].is(-1) { // a picture's pixels
		out[1] = d[1]
	}
	if last == 0 || d == nil || !to[last].fixed() || to[last].plus.n < 1 {
		return out
	}
	whole := d[len(d)-1]
	switch {
	case len(to) == len(d)+1 && to[last-1].is(-1): // pairs
		out[last] = to[last]
	case len(to) == len(d)+1 && to[last-1].fixed() && to[last-1].plus.n > 0: // into heads
		out[last-1], out[last] = to[last-1], whole.times(1, to[last-1].plus.n)
	case len(d) == 4 && len(to) == 3 && d[2].fixed(): // from heads
		out[last] = whole.times(d[2].plus.n, 1)
	case len(d) == 5 && len(to) == 4: // heads that share keys
		out[1], out[last] = to[1], whole
		if to[1].is(0) {
			out[1] = d[1]
		}
	case len(d) == 4 && len(to) == 3:
		out[last] = whole
	}
	return out
}

func (g *graph) squeezed(n *graphfile.Node, d []*extent) []*extent {
	if d == nil {
		return nil
	}
	at := g.shapes.list[n.Inputs[1]]
	var places []int
	for _, e := range at {
		places = append(places, int(e.plus.n))
	}
	if n.Op == "Squeeze" {
		var out []*extent
		for i, e := range d {
			if !slices.Contains(places, i) {
				out = append(out, e)
			}
		}
		return out
	}
	out := make([]*extent, 0, len(d)+len(places))
	for i := range len(d) + len(places) {
		if slices.Contains(places, i) {
			out = append(out, exactly(1))
		} else {
			out, d = append(out, d[0]), d[1:]
		}
	}
	return out
}

// inferGather is of rows of a table, or of positions.
func (g *graph) inferGather(n *graphfile.Node, table, index []*extent, out string) {
	at := int(n.Int("axis", 0))
	if at < len(table) && index != nil {
		g.setShape(out, slices.Concat(table[:at], make([]*extent, len(index)), table[at+1:]))
	}
}
