package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Floats are the values as float32, row-major. It fails for types that are not floating point.
func (t Tensor) Floats() ([]float32, error) {
	read, size := t.floating()
	if read == nil {
		return nil, fmt.Errorf("values of type %s are not floating-point numbers", t.Type)
	}
	out := make([]float32, len(t.raw)/size)
	for i := range out {
		out[i] = read(t.raw[size*i:])
	}
	if t.scale != 0 && t.scale != 1 {
		for i := range out {
			out[i] *= t.scale
		}
	}
	return out, nil
}

// floating reads one value of a floating-point type of size bytes; nil for other types.
func (t Tensor) floating() (read func([]byte) float32, size int) {
	le := binary.LittleEndian
	switch t.Type {
	case "F64":
		return func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }, 8
	case "F32":
		return func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }, 4
	case "BF16":
		return func(b []byte) float32 { return math.Float32frombits(uint32(le.Uint16(b)) << 16) }, 2
	case "F16":
		return func(b []byte) float32 { return half(le.Uint16(b)) }, 2
	case "F8_E5M2": // a half without its last eight bits
		return func(b []byte) float32 { return half(uint16(b[0]) << 8) }, 1
	case "F8_E4M3":
		return func(b []byte) float32 { return eighth(b[0], 3, 7, 0x7f) }, 1
	case "F8_E4M3FNUZ":
		return func(b []byte) float32 { return unsigned(b[0], 3, 8) }, 1
	case "F8_E5M2FNUZ":
		return func(b []byte) float32 { return unsigned(b[0], 2, 16) }, 1
	}
	return nil, 0
}

// Number is the value of a tensor of one value, floating point or integer.
func (t Tensor) Number() (float32, error) {
	size := sizes[t.Type]
	if size == 0 || len(t.raw) != size {
		return 0, fmt.Errorf("a tensor of shape %v is not one number", t.Shape)
	}
	le := binary.LittleEndian
	switch t.Type {
	case "I64":
		return float32(int64(le.Uint64(t.raw))), nil
	case "U64":
		return float32(le.Uint64(t.raw)), nil
	case "I32":
		return float32(int32(le.Uint32(t.raw))), nil
	case "U32":
		return float32(le.Uint32(t.raw)), nil
	case "I16":
		return float32(int16(le.Uint16(t.raw))), nil
	case "U16":
		return float32(le.Uint16(t.raw)), nil
	case "I8":
		return float32(int8(t.raw[0])), nil
	case "U8", "BOOL":
		return float32(t.raw[0]), nil
	}
	v, err := t.Floats()
	if err != nil {
		return 0, err
	}
	return v[0], nil
}

// scaleEnds are the endings of FP8 tensors' scales, in place of ".weight" or after the whole name.
var scaleEnds = []string{".scale_weight", ".weight_scale", ".weight_scale_inv", "_scale", ".scale"}

// Scaled is the tensor, in FP8 times its scale (ComfyUI's scaled fp8 and others).
func (f *File) Scaled(name string) Tensor {
	t := f.Tensors[name]
	if !strings.HasPrefix(t.Type, "F8_") {
		return t
	}
	for _, end := range scaleEnds {
		for _, stem := range []string{strings.TrimSuffix(name, ".weight"), name} {
			s, ok := f.Tensors[stem+end]
			if v, err := s.Number(); ok && err == nil {
				t.scale = v
				return t
			}
		}
	}
	return t
}

// IsScale reports whether a tensor is only the scale of another, or the mark of a file with scales.
func (f *File) IsScale(name string) bool {
	if name == "scaled_fp8" {
		return true
	}
	for _, end := range scaleEnds {
		if stem, ok := strings.CutSuffix(name, end); ok {
			for _, of := range []string{stem, stem + ".weight"} {
				if strings.HasPrefix(f.Tensors[of].Type, "F8_") {
					return true
				}
			}
		}
	}
	return false
}

// half converts IEEE half precision.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case 0:
		return math.Float32frombits(sign | math.Float32bits(float32(frac)/(1<<24)))
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// eighth converts FP8 without infinities (Micikevicius et al., "FP8 Formats for Deep Learning", 2022): a sign, an
// exponent with its bias, bits bits of fraction; the code nan, with either sign, is NaN.
func eighth(b byte, bits, bias int, nan byte) float32 {
	if b&0x7f == nan {
		return float32(math.NaN())
	}
	exp, frac := int(b&0x7f)>>bits, float64(b&(1<<bits-1))/float64(int(1)<<bits)
	v := math.Ldexp(1+frac, exp-bias)
	if exp == 0 {
		v = math.Ldexp(frac, 1-bias)
	}
	if b&0x80 != 0 {
		v = -v
	}
	return float32(v)
}

// unsigned converts FP8 in which minus zero is the only NaN.
func unsigned(b byte, bits, bias int) float32 {
	if b == 0x80 {
		return float32(math.NaN())
	}
	return eighth(b, bits, bias, 0xff)
}
