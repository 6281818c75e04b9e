package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
)

// known are the supported element types, by engine.Port's names.
var known = map[string]bool{"float32": true, "float16": true, "float64": true, "int64": true, "int32": true, "bool": true}

// values are the session's inputs in the order of takes, each of its own type and rank.
func (g *Graph) values(takes []engine.Port, inputs map[string]engine.Tensor) ([]ort.Value, error) {
	var out []ort.Value
	used := 0
	for _, p := range takes {
		t, ok := inputs[p.Name]
		if !ok {
			return out, fmt.Errorf("input %s is missing", p.Name)
		}
		used++
		if t.Elements() != len(t.Data) {
			return out, fmt.Errorf("input %s of shape %v holds %d values", p.Name, t.Shape, len(t.Data))
		}
		if p.Shape != nil && len(p.Shape) != len(t.Shape) {
			return out, fmt.Errorf("input %s has shape %v, the network takes %d axes", p.Name, t.Shape, len(p.Shape))
		}
		kind := g.typeOf(p)
		if g.halfScalar(p) {
			kind = "float32"
		}
		v, err := value(t, kind)
		if err != nil {
			return out, fmt.Errorf("input %s of shape %v: %w", p.Name, t.Shape, err)
		}
		out = append(out, v)
	}
	if used != len(inputs) {
		return out, fmt.Errorf("%d inputs were given that the network does not have", len(inputs)-used)
	}
	return out, nil
}

func value(t engine.Tensor, kind string) (ort.Value, error) {
	switch kind {
	case "float32":
		return make1(t, t.Data)
	case "float64":
		return make1(t, mapped(t.Data, func(v float32) float64 { return float64(v) }))
	case "int64":
		return make1(t, mapped(t.Data, func(v float32) int64 { return int64(v) }))
	case "int32":
		return make1(t, mapped(t.Data, func(v float32) int32 { return int32(v) }))
	case "bool":
		return make1(t, mapped(t.Data, func(v float32) bool { return v != 0 }))
	}
	raw := make([]byte, 2*len(t.Data))
	for i, v := range t.Data {
		binary.LittleEndian.PutUint16(raw[2*i:], toHalf(v))
	}
	return ort.NewCustomDataTensor(shape(t.Shape), raw, ort.TensorElementDataTypeFloat16)
}

func make1[T ort.TensorData](t engine.Tensor, data []T) (ort.Value, error) {
	if len(t.Shape) == 0 {
		return ort.NewScalar(data[0])
	}
	return ort.NewTensor(shape(t.Shape), data)
}

// scalars are the session's outputs in its order: allocated here where they have no axes, which the binding cannot do
// by itself, and nil where it does.
func (g *Graph) scalars() ([]ort.Value, error) {
	out := make([]ort.Value, len(g.out))
	for i, p := range g.out {
		if p.Shape == nil || len(p.Shape) > 0 {
			continue
		}
		kind := p.Type
		if kind == "float16" {
			kind = "float32" // widened
		}
		v, err := value(engine.Zeros(), kind)
		if err != nil {
			return out, fmt.Errorf("output %s: %w", p.Name, err)
		}
		out[i] = v
	}
	return out, nil
}

func mapped[S, T any](in []S, f func(S) T) []T {
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func shape(dims []int) ort.Shape {
	s := make(ort.Shape, len(dims))
	for i, d := range dims {
		s[i] = int64(d)
	}
	return s
}

// tensors are the outputs. Their numbers are in Go's memory already, and stay valid when the values are destroyed.
func tensors(values []ort.Value) ([]engine.Tensor, error) {
	out := make([]engine.Tensor, len(values))
	for i, v := range values {
		for _, d := range v.GetShape() {
			out[i].Shape = append(out[i].Shape, int(d))
		}
		data, ok := contents(v)
		if !ok {
			return nil, fmt.Errorf("output %d has a type that this program does not know", i)
		}
		out[i].Data = data
	}
	return out, nil
}

// contents are a value's elements.
func contents(v ort.Value) (data []float32, ok bool) {
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		return v.GetData(), true
	case *ort.Tensor[float64]:
		return floats(v.GetData()), true
	case *ort.Tensor[int64]:
		return floats(v.GetData()), true
	case *ort.Tensor[int32]:
		return floats(v.GetData()), true
	case *ort.Tensor[bool]:
		return mapped(v.GetData(), truth), true
	case *ort.Scalar[float32]:
		return []float32{v.GetData()}, true
	case *ort.Scalar[float64]:
		return []float32{float32(v.GetData())}, true
	case *ort.Scalar[int64]:
		return []float32{float32(v.GetData())}, true
	case *ort.Scalar[int32]:
		return []float32{float32(v.GetData())}, true
	case *ort.Scalar[bool]:
		return []float32{truth(v.GetData())}, true
	}
	return nil, false
}

func truth(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func floats[T float64 | int64 | int32](in []T) []float32 {
	return mapped(in, func(v T) float32 { return float32(v) })
}

// destroy frees values. Where the binding failed there are typed nil pointers among them.
func destroy(values []ort.Value) {
	for _, v := range values {
		if v != nil && !reflect.ValueOf(v).IsNil() {
			v.Destroy()
		}
	}
}

// toHalf rounds to IEEE half precision, to nearest even.
func toHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign, exp, frac := uint16(b>>16&0x8000), int(b>>23&0xff)-112, b&0x7fffff
	switch {
	case b&0x7fffffff > 0x7f800000:
		return sign | 0x7e00
	case exp >= 31:
		return sign | 0x7c00
	case exp <= 0:
		if exp < -10 {
			return sign
		}
		frac |= 0x800000
		shift := uint(14 - exp)
		half := frac >> shift
		rest := frac & (1<<shift - 1)
		if rest > 1<<(shift-1) || rest == 1<<(shift-1) && half&1 == 1 {
			half++
		}
		return sign | uint16(half)
	}
	half := uint32(exp)<<10 | frac>>13
	if rest := frac & 0x1fff; rest > 0x1000 || rest == 0x1000 && half&1 == 1 {
		half++
	}
	return sign | uint16(half)
}
