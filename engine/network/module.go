package network

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// module is a part of a network, under the name that its weights begin with, like torch.nn.Module.
type module struct {
	*graph
	path string
}

// at is a submodule: at("resnets", 0) is resnets.0.
func (m module) at(parts ...any) module {
	for _, p := range parts {
		if m.path != "" {
			m.path += "."
		}
		m.path += fmt.Sprint(p)
	}
	return m
}

func (m module) name(tensor string) string {
	if m.path == "" {
		return tensor
	}
	return m.path + "." + tensor
}

func (m module) has(tensor string) bool { return m.weights.Has(m.name(tensor)) }

// there reports whether a submodule has weights.
func (m module) there(parts ...any) bool { return m.weights.HasUnder(m.at(parts...).path + ".") }

// count is the number of modules in a list.
func (m module) count(list string) int { return m.weights.Count(m.name(list)) }

func (m module) dim(tensor string, axis int) int64 { return m.weights.Dim(m.name(tensor), axis) }

// scopeOf is a module's scope in torch's exporter's form: down_blocks.0.resnets.1 is /down_blocks.0/resnets.1.
func scopeOf(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 1)
	first := true
	for part := range strings.SplitSeq(path, ".") {
		if !first && part != "" && part[0] >= '0' && part[0] <= '9' {
			b.WriteByte('.')
		} else {
			b.WriteByte('/')
		}
		b.WriteString(part)
		first = false
	}
	return b.String()
}

func (m module) op(kind string, set func(*graphfile.Node), in ...string) string {
	scope := ""
	if m.path != "" {
		scope = scopeOf(m.path)
	}
	return m.node(scope, kind, set, in...)
}

func ints(name string, v ...int64) func(*graphfile.Node) {
	return func(n *graphfile.Node) { n.SetInts(name, v...) }
}

func integer(name string, v int64) func(*graphfile.Node) {
	return func(n *graphfile.Node) { n.SetInt(name, v) }
}

func (m module) reshape(x string, dims ...int64) string {
	return m.op("Reshape", nil, x, m.ints(dims...))
}
func (m module) transpose(x string, perm ...int64) string {
	return m.op("Transpose", ints("perm", perm...), x)
}
func (m module) add(x, y string) string { return m.op("Add", nil, x, y) }
func (m module) mul(x, y string) string { return m.op("Mul", nil, x, y) }
func (m module) silu(x string) string   { return m.mul(x, m.op("Sigmoid", nil, x)) }
func (m module) cast(x string, to graphfile.Type) string {
	return m.op("Cast", integer("to", int64(to)), x)
}

func (m module) concat(axis int64, in ...string) string {
	return m.op("Concat", integer("axis", axis), in...)
}

// split splits an axis into n parts of a size.
func (m module) split(x string, axis, size int64, n int) []string {
	sizes := make([]int64, n)
	for i := range sizes {
		sizes[i] = size
	}
	return m.splitInto(x, axis, sizes...)
}

func (m module) splitInto(x string, axis int64, sizes ...int64) []string {
	first := m.op("Split", integer("axis", axis), x, m.ints(sizes...))
	n := m.m.Nodes[len(m.m.Nodes)-1]
	out := []string{first}
	for i := 1; i < len(sizes); i++ {
		out = append(out, fmt.Sprintf("%s_output_%d", n.Name, i))
	}
	n.Outputs = slices.Clone(out)
	m.inferSplit(x, axis, sizes, out)
	return out
}

// slice is an axis from index from to to.
func (m module) slice(x string, axis, from, to int64) string {
	return m.op("Slice", nil, x, m.ints(from), m.ints(to), m.ints(axis))
}

// sizeOf is the size of an axis, as a list of one number.
func (m module) sizeOf(x string, axis int64) string {
	return m.op("Slice", nil, m.op("Shape", nil, x), m.ints(axis), m.ints(axis+1), m.ints(0))
}

// conv is a convolution; pads are top, left, bottom, right.
func (m module) conv(x string, stride int64, pads ...int64) string {
	t, ok := m.tensor(m.name("weight"))
	if !ok {
		return x
	}
	axes := m.ranked("weight", 4)
	if len(t.Shape) == 2 {
		axes = m.ranked("weight", 2)
	}
	dims := t.Shape
	if len(dims) == 2 { // a 1x1 convolution may be stored as a matrix
		dims = []int64{dims[0], dims[1], 1, 1}
	}
	if len(dims) != 4 {
		return m.unconvolved(x, axes)
	}
	return m.convolved(x, m.weight(m.name("weight"), dims...), axes, dims[2:], stride, pads...)
}

// unconvolved is the place of a convolution whose weight has not the axes of one, which fails.
func (m module) unconvolved(x string, axes []*extent) string {
	m.fail("%s has the shape %v, which is not a convolution's: the file is of another model", m.name("weight"), m.weights[m.name("weight")].Shape)
	m.needs.equal(m.channel(x), axes[1])
	y := m.op("Identity", nil, x)
	m.shapes.of[y] = []*extent{nil, axes[0], nil, nil}
	if m.has("bias") {
		m.vector("bias", axes[0])
	}
	return y
}

// convolved is a convolution with a weight of axes [out, in, ...] and kernel [height, width].
func (m module) convolved(x, weight string, axes []*extent, kernel []int64, stride int64, pads ...int64) string {
	m.needs.equal(m.channel(x), axes[1])
	if len(pads) == 0 {
		p := kernel[0] / 2
		pads = []int64{p, p, p, p}
	}
	in := []string{x, weight}
	if m.has("bias") {
		m.vector("bias", axes[0])
		in = append(in, m.weight(m.name("bias")))
	}
	y := m.op("Conv", func(n *graphfile.Node) {
		n.SetInts("dilations", 1, 1).SetInt("group", 1).SetInts("kernel_shape", kernel...).SetInts("pads", pads...).SetInts("strides", stride, stride)
	}, in...)
	m.shapes.of[y] = []*extent{nil, axes[0], nil, nil}
	return y
}

// linear is x W^T + b over the last axis.
func (m module) linear(x string) string {
	x = m.product(x)
	if m.has("bias") {
		m.vector("bias", m.ranked("weight", 2)[0])
		return m.add(x, m.weight(m.name("bias")))
	}
	return x
}

// product is x W^T.
func (m module) product(x string) string {
	axes := m.ranked("weight", 2)
	m.needs.equal(m.lastOf(x), axes[1])
	y := m.productOf(x)
	m.shapes.of[y] = withLast(m.shapes.of[x], axes[0])
	return y
}

func (m module) productOf(x string) string {
	if t, ok := m.weights[m.name("weight")]; ok && len(t.Shape) > 1 && elements(t.Shape) == t.Shape[0]*t.Shape[1] {
		if y, ok := m.quantised(x, t); ok {
			m.read[m.name("weight")] = true
			return y
		}
	}
	return m.op("MatMul", nil, x, m.matrix())
}

// matrix is a linear layer's weight as MatMul takes it, [in, out].
func (m module) matrix() string {
	t, ok := m.tensor(m.name("weight"))
	if !ok {
		return m.name("weight")
	}
	if len(t.Shape) < 2 || elements(t.Shape) != t.Shape[0]*t.Shape[1] {
		m.fail("%s has the shape %v, which is not a linear layer's: the file is of another model", m.name("weight"), t.Shape)
		return m.name("weight")
	}
	if kind := types[t.Type]; !t.Turned && t.Scale == nil && (kind == graphfile.Float16 || kind == graphfile.BFloat16) {
		return m.turnedHalf(t, kind)
	}
	w := m.weight(m.name("weight"), t.Shape[0], t.Shape[1])
	if t.Turned {
		return w
	}
	return m.transpose(w, 1, 0)
}

// turnedHalf is a matrix in half precision, transposed before it is widened. Both are done when the session opens, which
// takes a fifth less memory in this order.
func (m module) turnedHalf(t checkpoint.Tensor, kind graphfile.Type) string {
	key := m.name("weight") + " turned"
	if made, ok := m.made[key]; ok {
		return made
	}
	w := m.pieces(m.name("weight"), t, kind, t.Shape[:2:2])
	m.made[key] = m.cast(m.transpose(w, 1, 0), graphfile.Float32)
	return m.made[key]
}

// outputs is the number of outputs of a linear layer or convolution.
func (m module) outputs() int64 { return m.dim("weight", 0) }

// groupNorm is group normalisation (Wu and He, 2018) as torch's exporter writes it.
func (m module) groupNorm(x string, groups int64, epsilon float32) string {
	c := m.dim("weight", 0)
	m.vector("weight", m.channel(x))
	m.vector("bias", m.ranked("weight", 1)[0])
	if groups < 1 || c == 0 || c%groups != 0 {
		m.fail("%s has %d channels, which are not %d groups: the file is of another model, or needs its config.json", m.path, c, groups)
		return x
	}
	flat := m.reshape(x, 0, groups, -1)
	delete(m.shapes.of, flat) // its second axis is of groups
	norm := m.op("InstanceNormalization", func(n *graphfile.Node) { n.SetFloat("epsilon", epsilon) }, flat, m.same(1, groups), m.same(0, groups))
	back := m.op("Reshape", nil, norm, m.op("Shape", nil, x))
	return m.add(m.mul(back, m.weight(m.name("weight"), c, 1, 1)), m.weight(m.name("bias"), m.dim("bias", 0), 1, 1))
}

func (m module) layerNorm(x string, epsilon float32) string {
	m.vector("weight", m.lastOf(x))
	in := []string{x, m.weight(m.name("weight"))}
	if m.has("bias") {
		m.vector("bias", m.ranked("weight", 1)[0])
		in = append(in, m.weight(m.name("bias")))
	}
	return m.op("LayerNormalization", func(n *graphfile.Node) { n.SetInt("axis", -1).SetFloat("epsilon", epsilon) }, in...)
}

// plainNorm is a layer norm of c channels without weights.
func (m module) plainNorm(x string, c int64, epsilon float32) string {
	return m.op("LayerNormalization", func(n *graphfile.Node) { n.SetInt("axis", -1).SetFloat("epsilon", epsilon) }, x, m.same(1, c))
}

// rmsNorm divides by the root of the mean square over the last axis (Zhang and Sennrich, 2019).
func (m module) rmsNorm(x string, epsilon float32) string {
	m.vector("weight", m.lastOf(x))
	// ReduceMean would take its axes in another way from operator set 18 on, which FP8 and blocks need
	sum := m.op("ReduceSum", integer("keepdims", 1), m.mul(x, x), m.ints(-1))
	square := m.mul(sum, m.number(1/float32(m.dim("weight", 0))))
	root := m.op("Sqrt", nil, m.add(square, m.number(epsilon)))
	return m.mul(m.op("Div", nil, x, root), m.weight(m.name("weight")))
}

// gelu is x/2 (1 + erf(x / sqrt 2)).
func (m module) gelu(x string) string {
	erf := m.op("Erf", nil, m.op("Div", nil, x, m.number(1.4142135)))
	return m.mul(m.mul(x, m.add(erf, m.number(1))), m.number(0.5))
}

// geluTanh is gelu's approximation by tanh.
func (m module) geluTanh(x string) string {
	cube := m.mul(m.mul(m.mul(x, x), x), m.number(0.044715))
	inner := m.mul(m.add(x, cube), m.number(0.7978845608))
	return m.mul(m.mul(x, m.number(0.5)), m.add(m.op("Tanh", nil, inner), m.number(1)))
}

// act is an activation by its name in config.json.
func (m module) act(kind, x string) string {
	switch kind {
	case "silu", "swish":
		return m.silu(x)
	case "gelu":
		return m.gelu(x)
	case "gelu_new", "gelu_pytorch_tanh", "gelu-approximate":
		return m.geluTanh(x)
	case "quick_gelu":
		return m.mul(x, m.op("Sigmoid", nil, m.mul(x, m.number(1.702))))
	case "relu":
		return m.op("Relu", nil, x)
	}
	m.fail("%s has the activation %q, which this program does not know", m.path, kind)
	return x
}

// double doubles the sides of [batch, c, h, w] by repeating pixels.
func (m module) double(x string) string {
	return m.op("Resize", func(n *graphfile.Node) {
		n.SetString("coordinate_transformation_mode", "asymmetric").SetString("mode", "nearest").SetString("nearest_mode", "floor")
	}, x, "", m.floats([]int64{4}, []float32{1, 1, 2, 2}))
}
