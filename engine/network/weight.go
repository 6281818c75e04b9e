package network

// A checkpoint's tensors as a graph's initialisers.

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// tensor is a weight; a missing one is an error.
func (g *graph) tensor(name string) (checkpoint.Tensor, bool) {
	t, ok := g.weights[name]
	if !ok {
		g.fail("the weights are incomplete, %s is not among them: fetch the file again", name)
	}
	g.read[name] = true
	return t, ok
}

// weight is a tensor as float32 of torch's shape, or of dims, over the same bytes.
func (g *graph) weight(name string, dims ...int64) string {
	key := name + fmt.Sprint(dims)
	if made, ok := g.made[key]; ok {
		return made
	}
	t, ok := g.tensor(name)
	if !ok {
		return name
	}
	if _, ok := t.Type.Grouping(); ok {
		g.made[key] = g.blocks(name, t, dims)
		g.setShape(g.made[key], g.axesAs(name, t, dims))
		return g.made[key]
	}
	kind, known := types[t.Type]
	if !known {
		g.fail("%s holds numbers of type %s, which a network cannot be built from: choose a file in F32, F16, BF16 or FP8", name, t.Type)
		return name
	}
	value := g.pieces(name, t, kind, dims)
	scope := scopeOf(strings.TrimSuffix(name, ".weight"))
	if eightBits(kind) {
		g.m.Opsets[""] = max(g.m.Opsets[""], withFloat8)
	}
	if kind != graphfile.Float32 && !widenedApart(t, kind) {
		value = g.wide32(scope, value)
	}
	if t.Scale != nil {
		value = g.node(scope, "Mul", nil, value, g.factor(name, *t.Scale, len(t.Shape)))
	}
	g.made[key] = value
	g.setShape(value, g.axesAs(name, t, dims))
	return value
}

// factor is the scale of 8-bit weights: one number, or one for each row.
func (g *graph) factor(name string, t checkpoint.Tensor, axes int) string {
	dims := []int64{}
	if n := elements(t.Shape); n > 1 {
		dims = append(dims, n)
		for len(dims) < axes {
			dims = append(dims, 1)
		}
	}
	kind := types[t.Type]
	value := g.pieces(name+".scale", t, kind, dims)
	if kind != graphfile.Float32 && !widenedApart(t, kind) {
		value = g.wide32("/"+name, value)
	}
	return value
}

// wide32 is a value as float32.
func (g *graph) wide32(scope, value string) string {
	return g.node(scope, "Cast", func(n *graphfile.Node) { n.SetInt("to", int64(graphfile.Float32)) }, value)
}

// widenedApart reports whether a tensor's pieces are widened before they are joined: ONNX joins no numbers of 8 bits.
func widenedApart(t checkpoint.Tensor, kind graphfile.Type) bool {
	return len(t.Pieces) > 1 && eightBits(kind)
}

func elements(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	return n
}

// pieces are initialisers over a tensor's bytes, concatenated where there are several; those of 8 bits as float32.
func (g *graph) pieces(name string, t checkpoint.Tensor, kind graphfile.Type, dims []int64) string {
	shape := t.Shape
	if dims != nil {
		shape = dims
		if elements(dims) != elements(t.Shape) {
			g.fail("%s has the shape %v where the network has %v: the file is of another model", name, t.Shape, dims)
			return name
		}
	}
	var names []string
	for i, p := range t.Pieces {
		part, own := name, shape
		if len(t.Pieces) > 1 {
			part, own = fmt.Sprint(name, "/", i), slices.Clone(shape)
			own[0] = p.Length / max(1, int64(kindSize(kind))*elements(shape[1:]))
		}
		if part != name || dims != nil {
			part = g.unique(part)
		}
		g.m.Tensors = append(g.m.Tensors, g.outside(part, kind, own, p))
		if widenedApart(t, kind) {
			part = g.wide32("/"+name, part)
		}
		names = append(names, part)
	}
	if len(names) == 1 {
		return names[0]
	}
	return g.node("/"+name, "Concat", func(n *graphfile.Node) { n.SetInt("axis", 0) }, names...)
}

func kindSize(kind graphfile.Type) int {
	if eightBits(kind) {
		return 1
	}
	return kind.Size()
}

func eightBits(kind graphfile.Type) bool { return kind == float8E4M3 || kind == float8E5M2 }

func (g *graph) outside(name string, kind graphfile.Type, dims []int64, p checkpoint.Piece) *graphfile.Tensor {
	rel, err := filepath.Rel(g.folder, p.File)
	if err != nil {
		g.fail("%s and %s are not on the same disk: put them on one: %w", g.folder, p.File, err)
	}
	return &graphfile.Tensor{Name: name, Type: kind, Dims: dims,
		External: map[string]string{"location": filepath.ToSlash(rel), "offset": fmt.Sprint(p.Offset), "length": fmt.Sprint(p.Length)}}
}
