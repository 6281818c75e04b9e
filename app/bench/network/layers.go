package network

import (
	"math"

	"nirvana/engine/onnx/graphfile"
)

// conv is a convolution with bias; gain scales what comes out.
func (b *builder) conv(x string, in, out, side, stride int64, gain float64) string {
	w := b.weight(gain/math.Sqrt(float64(in*side*side)), out, in, side, side)
	bias := b.weight(0.02, out)
	pad := side / 2
	return b.op("Conv", func(n *graphfile.Node) {
		n.SetInts("kernel_shape", side, side).SetInts("pads", pad, pad, pad, pad).SetInts("strides", stride, stride)
	}, x, w, bias)
}

// groupNorm is written as torch's exporter writes it.
func (b *builder) groupNorm(x string, c, groups int64) string {
	flat := b.op("Reshape", nil, x, b.shape(0, groups, -1))
	norm := b.op("InstanceNormalization", func(n *graphfile.Node) { n.SetFloat("epsilon", 1e-5) },
		flat, b.filled(1, groups), b.filled(0, groups))
	back := b.op("Reshape", nil, norm, b.op("Shape", nil, x))
	return b.op("Add", nil, b.op("Mul", nil, back, b.filled(1, c, 1, 1)), b.filled(0.01, c, 1, 1))
}

func (b *builder) layerNorm(x string, c int64) string {
	return b.op("LayerNormalization", integer("axis", -1), x, b.filled(1, c), b.filled(0.01, c))
}

func (b *builder) silu(x string) string { return b.op("Mul", nil, x, b.op("Sigmoid", nil, x)) }

func (b *builder) linear(x string, in, out int64, gain float64) string {
	return b.op("Add", nil, b.matmul(x, in, out, gain), b.weight(0.02, out))
}

func (b *builder) matmul(x string, in, out int64, gain float64) string {
	return b.op("MatMul", nil, x, b.weight(gain/math.Sqrt(float64(in)), in, out))
}

// gelu is x/2 (1 + erf(x / sqrt 2)).
func (b *builder) gelu(x string) string {
	erf := b.op("Erf", nil, b.op("Div", nil, x, b.scalar(math.Sqrt2)))
	return b.op("Mul", nil, b.op("Mul", nil, x, b.op("Add", nil, erf, b.scalar(1))), b.scalar(0.5))
}

// attention is attention of x [batch, position, c] to to [batch, token, width].
func (b *builder) attention(x, to string, c, width, heads int64) string {
	heading := b.shape(0, -1, heads, c/heads)
	split := func(v string, perm ...int64) string {
		return b.op("Transpose", ints("perm", perm...), b.op("Reshape", nil, v, heading))
	}
	q := split(b.matmul(x, c, c, 1), 0, 2, 1, 3)
	k := split(b.matmul(to, width, c, 1), 0, 2, 3, 1)
	v := split(b.matmul(to, width, c, 1), 0, 2, 1, 3)
	root := b.scalar(float32(math.Pow(float64(c/heads), -0.25)))
	scores := b.op("MatMul", nil, b.op("Mul", nil, q, root), b.op("Mul", nil, k, root))
	mixed := b.op("MatMul", nil, b.op("Softmax", integer("axis", -1), scores), v)
	joined := b.op("Reshape", nil, b.op("Transpose", ints("perm", 0, 2, 1, 3), mixed), b.shape(0, -1, c))
	return b.linear(joined, c, c, 0.5)
}

// transformer is Stable Diffusion's: self-attention, cross-attention, gated feed-forward, between two 1 x 1 convolutions.
func (b *builder) transformer(x, text string, c int64, u UNet) string {
	h := b.conv(b.groupNorm(x, c, u.Groups), c, c, 1, 1, 1)
	shape := b.op("Shape", nil, h)
	t := b.op("Reshape", nil, b.op("Transpose", ints("perm", 0, 2, 3, 1), h), b.shape(0, -1, c))
	n := b.layerNorm(t, c)
	t = b.op("Add", nil, t, b.attention(n, n, c, c, u.Heads))
	t = b.op("Add", nil, t, b.attention(b.layerNorm(t, c), text, c, u.Context, u.Heads))
	up := b.linear(b.layerNorm(t, c), c, 8*c, 1)
	b.n++
	a, gate := "half_a_"+up, "half_b_"+up
	b.m.Nodes = append(b.m.Nodes, (&graphfile.Node{Name: "split_" + up, Op: "Split", Inputs: []string{up, b.shape(4*c, 4*c)}, Outputs: []string{a, gate}}).SetInt("axis", -1))
	t = b.op("Add", nil, t, b.linear(b.op("Mul", nil, a, b.gelu(gate)), 4*c, c, 0.5))
	places := b.op("Reshape", nil, b.op("Transpose", ints("perm", 0, 2, 1), t), shape)
	return b.op("Add", nil, x, b.conv(places, c, c, 1, 1, 0.5))
}

// residual is a block of two convolutions that takes the timestep's embedding.
func (b *builder) residual(x, time string, in, out int64, u UNet) string {
	h := b.conv(b.silu(b.groupNorm(x, in, u.Groups)), in, out, 3, 1, 1)
	t := b.linear(b.silu(time), 4*u.Widths[0], out, 1)
	t = b.op("Unsqueeze", nil, t, b.shape(2, 3))
	h = b.op("Add", nil, h, t)
	h = b.conv(b.silu(b.groupNorm(h, out, u.Groups)), out, out, 3, 1, 0.5)
	if in != out {
		x = b.conv(x, in, out, 1, 1, 1)
	}
	return b.op("Add", nil, x, h)
}

// time is the timestep's embedding, [batch, 4 width].
func (b *builder) time(timestep string, width int64) string {
	half := width / 2
	f := make([]float32, half)
	for i := range f {
		f[i] = float32(math.Exp(-math.Log(10000) * float64(i) / float64(half)))
	}
	t := b.op("Cast", integer("to", int64(graphfile.Float32)), timestep)
	angle := b.op("Mul", nil, b.op("Unsqueeze", nil, t, b.shape(1)), b.floats([]int64{1, half}, f...))
	e := b.op("Concat", integer("axis", -1), b.op("Cos", nil, angle), b.op("Sin", nil, angle))
	return b.linear(b.silu(b.linear(e, width, 4*width, 1)), 4*width, 4*width, 1)
}
