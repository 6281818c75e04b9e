package fold

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/x448/float16"

	"nirvana/engine/onnx/graphfile"
)

// The element types of 8 bits (onnx.proto's FLOAT8E4M3FN and FLOAT8E5M2).
const (
	float8E4M3 graphfile.Type = 17
	float8E5M2 graphfile.Type = 19
)

func sizeOf(kind graphfile.Type) int {
	if kind == float8E4M3 || kind == float8E5M2 {
		return 1
	}
	return kind.Size()
}

// widener appends numbers of a type as float32, little-endian; nil for types that it does not know.
func widener(kind graphfile.Type) func(to, from []byte) []byte {
	switch kind {
	case graphfile.Float16:
		return fromHalf
	case graphfile.BFloat16:
		return fromBFloat
	case float8E4M3:
		return byTable(e4m3)
	case float8E5M2:
		return byTable(e5m2)
	}
	return nil
}

// halves are the float32 bits of every half-precision number.
var halves = sync.OnceValue(func() *[1 << 16]uint32 {
	var all [1 << 16]uint32
	for i := range all {
		all[i] = math.Float32bits(float16.Frombits(uint16(i)).Float32())
	}
	return &all
})

func fromHalf(to, from []byte) []byte {
	all := halves()
	to, wide := longer(to, len(from)/2)
	for ; len(from) >= 8; from, wide = from[8:], wide[16:] {
		four := binary.LittleEndian.Uint64(from)
		binary.LittleEndian.PutUint64(wide, twoHalves(four, all))
		binary.LittleEndian.PutUint64(wide[8:], twoHalves(four>>32, all))
	}
	for ; len(from) >= 2; from, wide = from[2:], wide[4:] {
		binary.LittleEndian.PutUint32(wide, all[binary.LittleEndian.Uint16(from)])
	}
	return to
}

// twoHalves are the float32 bits of the two half-precision numbers in the lower 32 bits, the first one in the lower half; all
// are those of every number.
func twoHalves(two uint64, all *[1 << 16]uint32) uint64 {
	const one = 1 | 1<<32 // the same in both halves
	x := two&0xffff | two<<16&(0xffff<<32)
	m := x & (0x7fff * one)
	// normal numbers, from 0x400 to 0x7bff without sign, change the exponent's width and bias alone
	if (m+0x7c00*one)&^(m+0x400*one)&(0x8000*one) == 0x8000*one {
		return x&(0x8000*one)<<16 | (m<<13 + 0x38000000*one)
	}
	return uint64(all[uint16(two)]) | uint64(all[uint16(two>>16)])<<32
}

func fromBFloat(to, from []byte) []byte {
	to, wide := longer(to, len(from)/2)
	for i := range len(wide) / 4 {
		binary.LittleEndian.PutUint32(wide[4*i:], uint32(binary.LittleEndian.Uint16(from[2*i:]))<<16)
	}
	return to
}

func byTable(value func(byte) float32) func(to, from []byte) []byte {
	var all [256]uint32
	for i := range all {
		all[i] = math.Float32bits(value(byte(i)))
	}
	return func(to, from []byte) []byte {
		to, wide := longer(to, len(from))
		for i, b := range from {
			binary.LittleEndian.PutUint32(wide[4*i:], all[b])
		}
		return to
	}
}

// longer makes room for n more numbers.
func longer(to []byte, n int) (whole, added []byte) {
	at := len(to)
	whole = slices.Grow(to, 4*n)[:at+4*n]
	return whole, whole[at:]
}

// e5m2 is the upper half of a half-precision number.
func e5m2(b byte) float32 { return float16.Frombits(uint16(b) << 8).Float32() }

// e4m3 has a sign, four bits of exponent with a bias of 7 and three of mantissa; no infinities (Micikevicius et al., 2022).
func e4m3(b byte) float32 {
	exponent, mantissa := int(b>>3&15), float64(b&7)
	v := math.Ldexp(1+mantissa/8, exponent-7)
	switch {
	case b&0x7f == 0x7f:
		return float32(math.NaN())
	case exponent == 0:
		v = math.Ldexp(mantissa/8, -6)
	}
	return float32(math.Copysign(v, 1-2*float64(b>>7)))
}
