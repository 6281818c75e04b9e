package network

import (
	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// blocks is a weight in GGUF's blocks of size bytes each, decoded in the graph. All of it is constant, so ONNX
// Runtime computes it once, when it opens the network.
func (g *graph) blocks(name string, t checkpoint.Tensor, size int64, dims []int64) string {
	var rows []string
	m := module{g, "/" + name}
	for _, p := range t.Pieces {
		if p.Length%size != 0 {
			g.fail("%s is quantised as %s across parts that have to be split: choose another file of the model", name, t.Type)
			return name
		}
		raw := g.unique(name + "/blocks")
		g.m.Tensors = append(g.m.Tensors, g.outside(raw, graphfile.Uint8, []int64{p.Length / size, size}, p))
		rows = append(rows, m.cast(raw, graphfile.Float32))
	}
	all := rows[0]
	if len(rows) > 1 {
		all = m.concat(0, rows...)
	}
	if dims == nil {
		dims = t.Shape
	}
	if elements(dims) != elements(t.Shape) {
		g.fail("%s has the shape %v where the network has %v: the file is of another model", name, t.Shape, dims)
	}
	return m.reshape(widened[t.Type](m, all), dims...)
}

// widened decode blocks by type: bytes [n, size] -> n rows of numbers (ggml-org/ggml, ggml-quants.c,
// dequantize_row_*).
var widened = map[checkpoint.Type]func(m module, bytes string) string{
	"Q8_0": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 32)
		return m.mul(m.signed(p[2]), m.halfOf(p[0], p[1]))
	},
	"Q4_0": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 16)
		return m.mul(m.minus(m.nibbles(p[2]), 8), m.halfOf(p[0], p[1]))
	},
	"Q4_1": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 1, 1, 16)
		return m.add(m.mul(m.nibbles(p[4]), m.halfOf(p[0], p[1])), m.halfOf(p[2], p[3]))
	},
	"Q5_0": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 4, 16)
		return m.mul(m.minus(m.withBit(m.nibbles(p[3]), m.bits(p[2]), 16), 16), m.halfOf(p[0], p[1]))
	},
	"Q5_1": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 1, 1, 4, 16)
		return m.add(m.mul(m.withBit(m.nibbles(p[5]), m.bits(p[4]), 16), m.halfOf(p[0], p[1])), m.halfOf(p[2], p[3]))
	},
	"Q2_K": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 16, 64, 1, 1, 1, 1)
		return m.grouped(m.pairs(p[1]), 16, m.field(p[0], 0, 4), m.halfOf(p[2], p[3]), m.field(p[0], 4, 4), m.halfOf(p[4], p[5]))
	},
	"Q3_K": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 32, 64, 8, 4, 1, 1)
		q := m.minus(m.withBit(m.pairs(p[1]), m.planes(p[0]), 4), 4)
		low := m.concat(1, m.field(p[2], 0, 4), m.field(p[2], 4, 4))
		high := m.concat(1, m.field(p[3], 0, 2), m.field(p[3], 2, 2), m.field(p[3], 4, 2), m.field(p[3], 6, 2))
		return m.grouped(q, 16, m.minus(m.withBit(low, high, 16), 32), m.halfOf(p[4], p[5]), "", "")
	},
	"Q4_K": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 1, 1, 12, 128)
		scales, offsets := m.sixBits(p[4])
		return m.grouped(m.halves(p[5], 32), 8, scales, m.halfOf(p[0], p[1]), offsets, m.halfOf(p[2], p[3]))
	},
	"Q5_K": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 1, 1, 1, 1, 12, 32, 128)
		scales, offsets := m.sixBits(p[4])
		q := m.withBit(m.halves(p[6], 32), m.planes(p[5]), 16)
		return m.grouped(q, 8, scales, m.halfOf(p[0], p[1]), offsets, m.halfOf(p[2], p[3]))
	},
	"Q6_K": func(m module, bytes string) string {
		p := m.splitInto(bytes, 1, 128, 64, 16, 1, 1)
		q := m.minus(m.withBit(m.halves(p[0], 64), m.pairs(p[1]), 16), 32)
		return m.grouped(q, 16, m.signed(p[2]), m.halfOf(p[3], p[4]), "", "")
	},
}

// grouped multiplies the 256 numbers of a block by the factors of their groups, and subtracts the groups' offsets: q
// * (d * scales) - min * offsets. Without offsets nothing is subtracted.
func (m module) grouped(q string, groups int64, scales, d, offsets, least string) string {
	out := m.mul(m.reshape(q, -1, groups, 256/groups), m.reshape(m.mul(d, scales), -1, groups, 1))
	if offsets == "" {
		return out
	}
	return m.op("Sub", nil, out, m.reshape(m.mul(least, offsets), -1, groups, 1))
}

// sixBits are the eight factors and the eight offsets of 6 bits in 12 bytes.
func (m module) sixBits(bytes string) (scales, offsets string) {
	p := m.splitInto(bytes, 1, 4, 4, 4)
	scales = m.concat(1, m.field(p[0], 0, 6), m.withBit(m.field(p[2], 0, 4), m.field(p[0], 6, 2), 16))
	offsets = m.concat(1, m.field(p[1], 0, 6), m.withBit(m.field(p[2], 4, 4), m.field(p[1], 6, 2), 16))
	return scales, offsets
}

// halves are the lower halves of every so many bytes, then their upper ones: [n, 128] -> [n, 256].
func (m module) halves(x string, every int64) string {
	x = m.reshape(x, -1, 128/every, every)
	return m.reshape(m.concat(2, m.field(x, 0, 4), m.field(x, 4, 4)), -1, 256)
}

// pairs are the lowest two bits of every 32 bytes, then the next two, and so on: [n, 64] -> [n, 256].
func (m module) pairs(x string) string {
	x = m.reshape(x, -1, 2, 32)
	return m.reshape(m.concat(2, m.field(x, 0, 2), m.field(x, 2, 2), m.field(x, 4, 2), m.field(x, 6, 2)), -1, 256)
}

// planes are the lowest bits of 32 bytes, then the next ones, and so on: [n, 32] -> [n, 256].
func (m module) planes(x string) string {
	var all []string
	for bit := range 8 {
		all = append(all, m.field(x, bit, 1))
	}
	return m.concat(1, all...)
}

// field is the number in some bits of bytes.
func (m module) field(x string, from, width int) string {
	if from > 0 {
		x = m.floored(x, float32(int(1)<<from))
	}
	if from+width == 8 {
		return x
	}
	return m.op("Sub", nil, x, m.mul(m.floored(x, float32(int(1)<<width)), m.number(float32(int(1)<<width))))
}

// withBit adds higher bits, times worth, to lower ones.
func (m module) withBit(low, high string, worth float32) string {
	return m.add(low, m.mul(high, m.number(worth)))
}

// signed are bytes as numbers from -128 to 127.
func (m module) signed(x string) string {
	return m.op("Sub", nil, x, m.mul(m.floored(x, 128), m.number(256)))
}

func (m module) minus(x string, y float32) string { return m.op("Sub", nil, x, m.number(y)) }

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
	normal := m.op("Min", nil, exponent, m.number(1)) // 0 for subnormal numbers
	power := m.op("Pow", nil, m.number(2), m.op("Sub", nil, m.op("Max", nil, exponent, m.number(1)), m.number(15)))
	value := m.mul(m.add(normal, m.op("Div", nil, fraction, m.number(1024))), power)
	return m.mul(value, m.op("Sub", nil, m.number(1), m.mul(sign, m.number(2))))
}

// nibbles are the lower halves of bytes, then the upper ones.
func (m module) nibbles(x string) string {
	return m.concat(1, m.field(x, 0, 4), m.field(x, 4, 4))
}

// bits are those of four bytes, the lowest first: [n, 4] -> [n, 32].
func (m module) bits(x string) string {
	powers := m.floats([]int64{1, 1, 8}, []float32{1, 2, 4, 8, 16, 32, 64, 128})
	shifted := m.op("Floor", nil, m.op("Div", nil, m.op("Unsqueeze", nil, x, m.ints(2)), powers))
	bit := m.op("Sub", nil, shifted, m.mul(m.floored(shifted, 2), m.number(2)))
	return m.reshape(bit, -1, 32)
}
