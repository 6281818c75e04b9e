package network

import "math"

// attention is softmax(q k^T / sqrt(width)) v (Vaswani et al., 2017) over q, k and v, each [batch, position,
// channel], in the form that rewrite.Attention recognises.
func (m module) attention(q, k, v string, channels, heads int64) string {
	if heads < 1 || channels%heads != 0 {
		m.fail("%s has %d channels, which are not %d heads: the file is of another model, or needs its config.json", m.path, channels, heads)
		heads = max(heads, 1)
	}
	width := channels / heads
	head := func(x string) string { return m.reshape(x, 0, -1, heads, width) }
	return m.joined(m.transpose(head(q), 0, 2, 1, 3), m.transpose(head(k), 0, 2, 3, 1), m.transpose(head(v), 0, 2, 1, 3), channels, width)
}

// joined is attention of q and v [batch, head, position, width] and k [batch, head, width, position].
func (m module) joined(q, k, v string, channels, width int64) string {
	m.needs.equal(m.lastOf(q), m.lastOf(v))
	root := m.number(float32(math.Pow(float64(width), -0.25)))
	scores := m.op("MatMul", nil, m.mul(q, root), m.mul(k, root))
	mixed := m.op("MatMul", nil, m.op("Softmax", integer("axis", -1), scores), v)
	return m.reshape(m.transpose(mixed, 0, 2, 1, 3), 0, -1, channels)
}

// crossAttention is diffusers' Attention of x to to.
func (m module) crossAttention(x, to string, heads int64) string {
	q, k, v := m.at("to_q").linear(x), m.at("to_k").linear(to), m.at("to_v").linear(to)
	return m.at("to_out", 0).linear(m.attention(q, k, v, m.at("to_q").outputs(), heads))
}

// gatedFeedForward is two linear layers with GEGLU between them (Shazeer, 2020).
func (m module) gatedFeedForward(x string) string {
	proj := m.at("net", 0, "proj")
	half := proj.outputs() / 2
	parts := m.split(proj.linear(x), -1, half, 2)
	return m.at("net", 2).linear(m.mul(parts[0], m.gelu(parts[1])))
}

// feedForward is two linear layers with an activation between them.
func (m module) feedForward(x, act string) string {
	return m.at("net", 2).linear(m.act(act, m.at("net", 0, "proj").linear(x)))
}
