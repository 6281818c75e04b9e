package network

import (
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
)

// Misfit is the error of a tensor whose shape does not go with the others', as Build would fail with it; nil for networks that
// have none, whatever else they lack.
func Misfit(part string, config []byte, w checkpoint.Weights) error {
	class, err := classOf(config)
	if write, ok := writers[class]; ok && err == nil {
		g := newGraph(w)
		if write(g, part, config, false) == nil {
			return g.misfit()
		}
	}
	return nil
}

// axesOf are a weight's axes in torch's order.
func (g *graph) axesOf(name string) []*extent {
	if ids, ok := g.needs.ids[name]; ok {
		return ids
	}
	t, ok := g.weights[name]
	if !ok {
		return nil
	}
	g.needs.order = append(g.needs.order, name)
	ids := make([]*extent, len(t.Shape))
	for i := range ids {
		ids[i] = g.needs.add(axis{weight: name, at: i, size: g.weights.Dim(name, i)})
	}
	g.needs.ids[name] = ids
	return ids
}

// ranked are a weight's axes where it has so many; of one that has not, those that it ought to have. Ones at the end of a
// matrix's shape do not count.
func (m module) ranked(tensor string, rank int) []*extent {
	name := m.name(tensor)
	t, ok := m.weights[name]
	if !ok {
		return make([]*extent, rank)
	}
	ids, shape := m.axesOf(name), t.Shape
	for len(shape) > rank && rank > 1 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	if len(shape) == rank {
		return ids[:rank]
	}
	if odd, ok := m.needs.odd[name]; ok {
		return odd
	}
	odd := make([]*extent, rank)
	for i := range odd {
		odd[i] = m.needs.unknown()
	}
	m.needs.odd[name] = odd
	return odd
}

// axesAs are a weight's axes where it is used in the shape dims; nil: in its own.
func (g *graph) axesAs(name string, t checkpoint.Tensor, dims []int64) []*extent {
	ids := g.axesOf(name)
	if t.Turned && len(ids) == 2 { // used as it is stored
		ids = []*extent{ids[1], ids[0]}
	}
	if dims == nil {
		return ids
	}
	var sides []*extent
	var sizes []int64
	for i, d := range t.Shape {
		if d != 1 {
			sides, sizes = append(sides, ids[i]), append(sizes, d)
		}
	}
	long := withoutOnes(dims)
	out := make([]*extent, len(dims))
	for i, d := range dims {
		switch n := len(t.Shape); {
		case d == 1:
			out[i] = exactly(1)
		case slices.Equal(long, sizes):
			out[i], sides = sides[0], sides[1:]
		case i == 0 && n > 0 && d == t.Shape[0]:
			out[i] = ids[0]
		case i == len(dims)-1 && n > 0 && d == t.Shape[n-1]:
			out[i] = ids[n-1]
		}
	}
	return out
}

func withoutOnes(dims []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(dims), func(d int64) bool { return d == 1 })
}

// vector demands that a weight or bias is a list of so many numbers.
func (m module) vector(tensor string, n *extent) {
	m.needs.equal(m.ranked(tensor, 1)[0], n)
}

// fixed demands that an axis of a weight has a size.
func (m module) fixed(tensor string, at int, n int64) {
	if ids := m.axesOf(m.name(tensor)); at < len(ids) {
		m.needs.equal(ids[at], exactly(n))
	}
}

// rows demands that a table has so many rows at least.
func (m module) rows(tensor string, least int64) {
	if n := m.dim(tensor, 0); n > 0 && n < least {
		name := m.name(tensor)
		m.fail("%s: the tensor %s has %d rows, fewer than the %d of tokens or positions that it is for: the file is damaged: fetch it again", m.file(name), m.shown(name), n, least)
	}
}

// source is what a file holds a weight in: several weights may be parts of one tensor.
func (g *graph) source(name string) string {
	t := g.weights[name]
	if t.Name == "" || len(t.Pieces) == 0 {
		return name
	}
	return t.Pieces[0].File + "\n" + t.Name
}

// misfit is the error of a tensor that has another shape than the network takes: of the one without which all others fit
// together, where there is one.
func (g *graph) misfit() error {
	g.needs.flatten()
	none := func(string) bool { return false }
	known, ok := g.needs.without(none)
	if ok && len(g.needs.odd) == 0 {
		return nil
	}
	var fits []string
	var sizes []map[int]ratio
	for _, name := range g.suspects() {
		of := g.source(name)
		alone := !slices.ContainsFunc(sortedNames(g.needs.odd), func(odd string) bool { return g.source(odd) != of })
		if known, ok := g.needs.without(func(w string) bool { return g.source(w) == of }); ok && alone {
			fits, sizes = append(fits, name), append(sizes, known)
		}
	}
	if len(fits) == 0 {
		return g.several(known)
	}
	best := 0
	for i := range fits {
		if g.weighs(fits[i]) > g.weighs(fits[best]) {
			best = i
		}
	}
	return g.told(fits[best], sizes[best])
}

func sortedNames(m map[string][]*extent) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// weighs is how much speaks for a tensor's being the one that is wrong: that it differs from those of all other layers,
// then that it is a list of numbers, as the matrix beside it has been proven by its other axis.
func (g *graph) weighs(name string) int {
	n := 0
	if like := g.siblings(name); like != nil {
		if n = -2; !slices.Equal(like, g.weights[name].Shape) {
			n = 2
		}
	}
	if len(g.weights[name].Shape) == 1 {
		n++
	}
	return n
}

// siblings is the shape that the tensors of the same name in other layers have, all of them; nil: they differ, or are few.
func (g *graph) siblings(name string) (shape []int64) {
	n := 0
	for other, t := range g.weights {
		if other == name || !alike(other, name) {
			continue
		}
		if n++; n > 1 && !slices.Equal(shape, t.Shape) {
			return nil
		}
		shape = t.Shape
	}
	if n < 2 {
		return nil
	}
	return shape
}

// alike reports whether two names differ in their numbers only.
func alike(a, b string) bool {
	p, q := strings.Split(a, "."), strings.Split(b, ".")
	return len(p) == len(q) && !slices.ContainsFunc(p, func(s string) bool {
		t := q[0]
		q = q[1:]
		return s != t && !(digits(s) && digits(t))
	})
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// suspects are weights that may be wrong: one of each tensor that has part in a contradiction.
func (g *graph) suspects() (out []string) {
	s := &g.needs
	roots := map[int]bool{}
	known := map[int]ratio{}
	for i, a := range s.axes {
		if a.size < 0 {
			continue
		}
		r, f := s.root(i)
		v := ratio{a.size, 1}.over(f)
		if was, ok := known[r]; ok && was != v {
			roots[r] = true
		}
		known[r] = v
	}
	for _, c := range s.solved(known) {
		for _, e := range c {
			for _, t := range e.terms {
				r, _ := s.root(t.axis)
				roots[r] = true
			}
		}
	}
	seen := map[string]bool{}
	for _, name := range s.order {
		in := s.odd[name] != nil || slices.ContainsFunc(s.ids[name], func(e *extent) bool {
			r, _ := s.root(e.terms[0].axis)
			return roots[r]
		})
		if of := g.source(name); in && !seen[of] {
			seen[of] = true
			out = append(out, name)
		}
	}
	return out
}

// several is the error of more than one wrong tensor: it tells of one.
func (g *graph) several(known map[int]ratio) error {
	all := g.suspects()
	for _, name := range all {
		if like := g.siblings(name); g.needs.odd[name] != nil || like != nil && !slices.Equal(like, g.weights[name].Shape) {
			return g.told(name, known)
		}
	}
	if len(all) == 0 {
		return nil
	}
	t := g.weights[all[0]]
	return fault.Incomplete.Errorf("%s: the shapes of %d tensors do not go together, among them %s, %v: the file is damaged or was put together of several models: fetch it again", g.file(all[0]), len(all), g.shown(all[0]), whole(t))
}

func (g *graph) file(name string) string {
	if p := g.weights[name].Pieces; len(p) > 0 {
		return p[0].File
	}
	return g.folder
}

// shown is a weight's name in its file.
func (g *graph) shown(name string) string {
	if n := g.weights[name].Name; n != "" {
		return n
	}
	return name
}

func whole(t checkpoint.Tensor) []int64 {
	if t.Whole != nil {
		return t.Whole
	}
	return t.Shape
}

// told is the error of a tensor that has another shape than follows from the others' sizes.
func (g *graph) told(name string, known map[int]ratio) error {
	t := g.weights[name]
	of, expected := g.source(name), slices.Clone(whole(t))
	for _, part := range g.needs.order {
		if g.source(part) == of {
			expected = g.corrected(expected, part, known)
		}
	}
	return fault.Incomplete.Errorf("%s: the tensor %s has the shape %v, where the network takes %v: the file is damaged, or of a variant that this program does not know: fetch it again, or choose another", g.file(name), g.shown(name), whole(t), expected)
}

// corrected is a tensor's shape with the sizes that one of its parts ought to have.
func (g *graph) corrected(shape []int64, part string, known map[int]ratio) []int64 {
	size := func(e *extent) (int64, bool) {
		if e == nil {
			return 0, false
		}
		v, open, _, ok := g.needs.value(e, known)
		return v.n, ok && open < 0 && v.d == 1
	}
	t := g.weights[part]
	if odd := g.needs.odd[part]; odd != nil {
		out := make([]int64, len(odd))
		like := g.siblings(part)
		for i, e := range odd {
			if n, ok := size(e); ok {
				out[i] = n
			} else if len(like) == len(odd) {
				out[i] = like[i]
			} else if out[i] = 1; i < len(t.Shape) {
				out[i] = t.Shape[i]
			}
		}
		return out
	}
	for i, e := range g.needs.ids[part] {
		at := i
		if t.Turned {
			at = len(t.Shape) - 1 - i
		}
		n, ok := size(e)
		switch {
		case !ok && len(t.Shape) == 2 && at == 0 && turnedRound(t.Shape[0], t.Shape[1], g.needs.ids[part][1-i], size):
			shape[0] += t.Shape[1] - t.Shape[0]
		case !ok && len(t.Shape) == 2 && at == 1 && turnedRound(t.Shape[1], t.Shape[0], g.needs.ids[part][1-i], size):
			shape[1] = t.Shape[0]
		case !ok || at >= len(shape):
		case at == 0:
			shape[0] += n - t.Shape[0]
		default:
			shape[at] = n
		}
	}
	return shape
}

// turnedRound reports whether a matrix has the size of one axis at the other: it lacks nothing but to be transposed.
func turnedRound(here, there int64, other *extent, size func(*extent) (int64, bool)) bool {
	n, ok := size(other)
	return ok && n == here && n != there
}

func (g *graph) inferSplit(x string, axis int64, sizes []int64, out []string) {
	d := g.shapes.of[x]
	if axis < 0 {
		axis += int64(len(d))
	}
	if len(d) == 0 || axis >= int64(len(d)) {
		return
	}
	equal := !slices.ContainsFunc(sizes, func(n int64) bool { return n != sizes[0] })
	for _, name := range out {
		part := slices.Clone(d)
		if part[axis] = nil; equal {
			part[axis] = d[axis].times(1, int64(len(sizes)))
		}
		g.setShape(name, part)
	}
}
