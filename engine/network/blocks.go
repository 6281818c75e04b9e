package network

import (
	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// blocks is a weight in GGUF's blocks of 32 numbers with a factor, computed out of its bytes. All of it is constant, so
// ONNX Runtime does it once, when it opens the network.
func (g *graph) blocks(name string, t checkpoint.Tensor, dims []int64) string {
	size := checkpoint.BlockBytes(t.Type)
	var rows []string
	m := module{g, "/" + name}
	for _, p := range t.Pieces {
		raw := g.unique(name + "/blocks")
		g.m.Tensors = append(g.m.Tensors, g.outside(raw, graphfile.Uint8, []int64{p.Length / size, size}, p))
		rows = append(rows, m.cast(raw, graphfile.Float32))
	}
	all := rows[0]
	if len(rows) > 1 {
		all = m.concat(0, rows...)
	}
	sizes := []int64{1, 1, size - 2} // a factor in half precision, and the numbers
	parts := m.splitInto(all, 1, sizes...)
	factor := m.halfOf(parts[0], parts[1])
	var numbers string
	switch t.Type {
	case "Q8_0": // signed bytes
		numbers = m.op("Sub", nil, parts[2], m.mul(m.floored(parts[2], 128), m.number(256)))
	case "Q4_0":
		numbers = m.op("Sub", nil, m.nibbles(parts[2]), m.number(8))
	case "Q5_0": // four bytes hold the fifth bits
		both := m.splitInto(parts[2], 1, 4, 16)
		fifth := m.mul(m.bits(both[0]), m.number(16))
		numbers = m.op("Sub", nil, m.add(m.nibbles(both[1]), fifth), m.number(16))
	}
	if dims == nil {
		dims = t.Shape
	}
	if elements(dims) != elements(t.Shape) {
		g.fail("%s has the shape %v where the network has %v: the file is of another model", name, t.Shape, dims)
	}
	return m.reshape(m.mul(numbers, factor), dims...)
}

// floored is the whole part of x / n.
func (m module) floored(x string, n float32) string {
	return m.op("Floor", nil, m.op("Div", nil, x, m.number(n)))
}

// halfOf is the half-precision number of two bytes.
func (m module) halfOf(low, high string) string {
	sign := m.floored(high, 128)
	rest := m.op("Sub", nil, high, m.mul(sign, m.number(128)))
	exponent := m.floored(rest, 4)
	fraction := m.add(m.mul(m.op("Sub", nil, rest, m.mul(exponent, m.number(4))), m.number(256)), low)
	normal := m.op("Min", nil, exponent, m.number(1)) // 0 for the numbers near 0
	power := m.op("Pow", nil, m.number(2), m.op("Sub", nil, m.op("Max", nil, exponent, m.number(1)), m.number(15)))
	value := m.mul(m.add(normal, m.op("Div", nil, fraction, m.number(1024))), power)
	return m.mul(value, m.op("Sub", nil, m.number(1), m.mul(sign, m.number(2))))
}

// nibbles are the lower halves of bytes, then the upper ones.
func (m module) nibbles(x string) string {
	upper := m.floored(x, 16)
	return m.concat(1, m.op("Sub", nil, x, m.mul(upper, m.number(16))), upper)
}

// bits are those of four bytes, the lowest first: [n, 4] -> [n, 32].
func (m module) bits(x string) string {
	powers := m.floats([]int64{1, 1, 8}, []float32{1, 2, 4, 8, 16, 32, 64, 128})
	shifted := m.op("Floor", nil, m.op("Div", nil, m.op("Unsqueeze", nil, x, m.ints(2)), powers))
	bit := m.op("Sub", nil, shifted, m.mul(m.floored(shifted, 2), m.number(2)))
	return m.reshape(bit, -1, 32)
}
