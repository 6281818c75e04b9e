package checkpoint

import (
	"encoding/binary"
	"math"

	"nirvana/engine/wholefile"
)

// Groups are quantised numbers as GGUF's blocks mean them: whole numbers of few bits, and for each group of them a factor
// and, in some kinds, what is added: number = Factors[i / Size] Numbers[i] + Offsets[i / Size].
type Groups struct {
	Size    int // numbers a group: 16 or 32
	Numbers []int8
	Factors []float32
	Offsets []float32 // nil: none
}

// Grouping says how many numbers of the type share a factor, from where to where they reach, and whether something is
// added to them; false for numbers that stand each for itself.
func (t Type) Grouping() (g Grouping, ok bool) {
	g, ok = groupings[t]
	return g, ok
}

// Grouping is how a kind of blocks keeps its numbers.
type Grouping struct {
	Size        int
	Least, Most int
	Offset      bool
	// read takes a block apart (ggml-org/ggml, ggml-quants.c, dequantize_row_*).
	read func(block []byte, numbers []int8, factors, offsets []float32)
}

var groupings = map[Type]Grouping{
	"Q4_0": {32, -8, 7, false, func(b []byte, n []int8, f, _ []float32) {
		f[0] = half(b)
		nibbles(b[2:], n, 32, -8)
	}},
	"Q4_1": {32, 0, 15, true, func(b []byte, n []int8, f, o []float32) {
		f[0], o[0] = half(b), half(b[2:])
		nibbles(b[4:], n, 32, 0)
	}},
	"Q5_0": {32, -16, 15, false, func(b []byte, n []int8, f, _ []float32) {
		f[0] = half(b)
		nibbles(b[6:], n, 32, -16)
		fifth(b[2:], n)
	}},
	"Q5_1": {32, 0, 31, true, func(b []byte, n []int8, f, o []float32) {
		f[0], o[0] = half(b), half(b[2:])
		nibbles(b[8:], n, 32, 0)
		fifth(b[4:], n)
	}},
	"Q8_0": {32, -128, 127, false, func(b []byte, n []int8, f, _ []float32) {
		f[0] = half(b)
		for i := range n {
			n[i] = int8(b[2+i])
		}
	}},
	"Q2_K": {16, 0, 3, true, func(b []byte, n []int8, f, o []float32) {
		d, least := half(b[80:]), half(b[82:])
		for i := range f {
			f[i], o[i] = d*float32(b[i]&15), -least*float32(b[i]>>4)
		}
		pairs(b[16:], n)
	}},
	"Q3_K": {16, -4, 3, false, func(b []byte, n []int8, f, _ []float32) {
		d, s := half(b[108:]), b[96:108]
		for i := range f {
			low, high := s[i%8]>>(4*(i/8))&15, s[8+i%4]>>(2*(i/4))&3
			f[i] = d * (float32(low|high<<4) - 32)
		}
		pairs(b[32:], n)
		for i := range n {
			n[i] += int8(b[i%32]>>(i/32)&1)*4 - 4
		}
	}},
	"Q4_K": {32, 0, 15, true, func(b []byte, n []int8, f, o []float32) {
		sixBits(b, f, o)
		nibbles(b[16:], n, 64, 0)
	}},
	"Q5_K": {32, 0, 31, true, func(b []byte, n []int8, f, o []float32) {
		sixBits(b, f, o)
		nibbles(b[48:], n, 64, 0)
		for i := range n {
			n[i] += int8(b[16+i%32]>>(i/32)&1) << 4
		}
	}},
	"Q6_K": {16, -32, 31, false, func(b []byte, n []int8, f, _ []float32) {
		d := half(b[208:])
		for i := range f {
			f[i] = d * float32(int8(b[192+i]))
		}
		nibbles(b, n, 128, -32)
		for i := range n {
			n[i] += int8(b[128+i/128*32+i%32]>>(2*(i%128/32))&3) << 4
		}
	}},
}

// nibbles are the lower halves of every so many numbers' bytes, then their upper ones.
func nibbles(b []byte, n []int8, every int, plus int8) {
	for at := 0; at < len(n); at += every {
		row := b[at/2 : (at+every)/2]
		for i, v := range row {
			n[at+i], n[at+every/2+i] = int8(v&15)+plus, int8(v>>4)+plus
		}
	}
}

// fifth adds the fifth bit, of which four bytes have 32.
func fifth(b []byte, n []int8) {
	bits := binary.LittleEndian.Uint32(b)
	for i := range n {
		n[i] += int8(bits>>i&1) << 4
	}
}

// pairs are the lowest two bits of every 32 bytes, then the next two, and so on.
func pairs(b []byte, n []int8) {
	for i := range n {
		n[i] = int8(b[i/128*32+i%32] >> (2 * (i % 128 / 32)) & 3)
	}
}

// sixBits are the eight factors and offsets of 6 bits in 12 bytes, behind what they are multiplied by.
func sixBits(b []byte, f, o []float32) {
	d, least, s := half(b), half(b[2:]), b[4:16]
	for i := range 4 {
		f[i], o[i] = d*float32(s[i]&63), -least*float32(s[4+i]&63)
		f[4+i], o[4+i] = d*float32(s[8+i]&15|s[i]>>6<<4), -least*float32(s[8+i]>>4|s[4+i]>>6<<4)
	}
}

// half is the half-precision number of two bytes.
func half(b []byte) float32 {
	h := uint32(binary.LittleEndian.Uint16(b))
	sign, exponent, fraction := h>>15<<31, h>>10&31, h&1023
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		if sign != 0 {
			v = -v
		}
		return v
	case 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// Read reads a tensor's bytes, its pieces one behind the other.
func (t Tensor) Read() ([]byte, error) {
	n := int64(0)
	for _, p := range t.Pieces {
		n += p.Length
	}
	out := make([]byte, n)
	at := out
	for _, p := range t.Pieces {
		if err := p.read(at[:p.Length]); err != nil {
			return nil, err
		}
		at = at[p.Length:]
	}
	return out, nil
}

func (p Piece) read(to []byte) error {
	file, err := wholefile.Open(p.File)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.ReadAt(to, p.Offset)
	return err
}

// Groups reads a tensor of blocks.
func (t Tensor) Groups() (Groups, error) {
	kind, kept := groupings[t.Type], Block{1, 1}
	if b, ok := t.Type.Blocks(); ok {
		kept = b
	}
	raw, err := t.Read()
	if err != nil {
		return Groups{}, err
	}
	blocks := len(raw) / int(kept.Bytes)
	n, each := int(kept.Numbers), int(kept.Numbers)/kind.Size
	g := Groups{Size: kind.Size, Numbers: make([]int8, blocks*n), Factors: make([]float32, blocks*each)}
	offsets := make([]float32, each)
	if kind.Offset {
		g.Offsets = make([]float32, blocks*each)
	}
	for i := range blocks {
		if kind.Offset {
			offsets = g.Offsets[i*each : (i+1)*each]
		}
		kind.read(raw[i*int(kept.Bytes):(i+1)*int(kept.Bytes)], g.Numbers[i*n:(i+1)*n], g.Factors[i*each:(i+1)*each], offsets)
	}
	return g, nil
}

// Values are the numbers that the groups stand for.
func (g Groups) Values() []float32 {
	out := make([]float32, len(g.Numbers))
	for i, q := range g.Numbers {
		out[i] = g.Factors[i/g.Size] * float32(q)
		if g.Offsets != nil {
			out[i] += g.Offsets[i/g.Size]
		}
	}
	return out
}
