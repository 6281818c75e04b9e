package fold

import (
	"encoding/binary"
	"math"
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
	for i := 0; i+1 < len(from); i += 2 {
		to = binary.LittleEndian.AppendUint32(to, all[binary.LittleEndian.Uint16(from[i:])])
	}
	return to
}

func fromBFloat(to, from []byte) []byte {
	for i := 0; i+1 < len(from); i += 2 {
		to = append(to, 0, 0, from[i], from[i+1])
	}
	return to
}

func byTable(value func(byte) float32) func(to, from []byte) []byte {
	var all [256]uint32
	for i := range all {
		all[i] = math.Float32bits(value(byte(i)))
	}
	return func(to, from []byte) []byte {
		for _, b := range from {
			to = binary.LittleEndian.AppendUint32(to, all[b])
		}
		return to
	}
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
