package remote

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"

	"nirvana/engine"
)

// kinds are the protocol's element types by the engine's names, with their bytes.
var kinds = map[string]struct {
	kind  string
	bytes int
}{"float32": {"FP32", 4}, "float16": {"FP16", 2}, "float64": {"FP64", 8}, "int64": {"INT64", 8}, "int32": {"INT32", 4}, "bool": {"BOOL", 1}}

// typeOf is the engine's name of a protocol's element type; "" where it has none.
func typeOf(kind string) string {
	for name, k := range kinds {
		if k.kind == kind {
			return name
		}
	}
	return ""
}

// packed is a tensor as a port takes it. Whole numbers are exact below 2^24, as in graph.Graph.
func packed(p engine.Port, t engine.Tensor) (array, error) {
	k, ok := kinds[p.Type]
	if !ok {
		return array{}, fmt.Errorf("input %s is of type %s, which cannot be sent", p.Name, p.Type)
	}
	if t.Elements() != len(t.Data) {
		return array{}, fmt.Errorf("input %s: %d values for %v", p.Name, len(t.Data), t.Shape)
	}
	a := array{name: p.Name, kind: k.kind, shape: t.Shape, data: make([]byte, 0, k.bytes*len(t.Data))}
	for _, v := range t.Data {
		switch p.Type {
		case "float32":
			a.data = binary.LittleEndian.AppendUint32(a.data, math.Float32bits(v))
		case "float16":
			a.data = binary.LittleEndian.AppendUint16(a.data, float16.Fromfloat32(v).Bits())
		case "float64":
			a.data = binary.LittleEndian.AppendUint64(a.data, math.Float64bits(float64(v)))
		case "int64":
			a.data = binary.LittleEndian.AppendUint64(a.data, uint64(int64(v)))
		case "int32":
			a.data = binary.LittleEndian.AppendUint32(a.data, uint32(int32(v)))
		case "bool":
			b := byte(0)
			if v != 0 {
				b = 1
			}
			a.data = append(a.data, b)
		}
	}
	return a, nil
}

// unpacked is a response's array as the engine computes with it. An array whose size differs from its shape's is a
// lie, and so are values that are not finite.
func (a array) unpacked() (engine.Tensor, error) {
	name := typeOf(a.kind)
	if name == "" {
		return engine.Tensor{}, lied("output %s is of type %q, which cannot be read", short(a.name), short(a.kind))
	}
	size, n := kinds[name].bytes, 1
	for _, d := range a.shape {
		if d < 0 || d > 0 && n > mostAnswer/d {
			return engine.Tensor{}, lied("output %s has the shape %v", short(a.name), a.shape)
		}
		n *= d
	}
	if n*size != len(a.data) {
		return engine.Tensor{}, lied("output %s has %d bytes where its shape %v has %d", short(a.name), len(a.data), a.shape, n*size)
	}
	t := engine.Tensor{Shape: a.shape, Data: make([]float32, n)}
	for i := range t.Data {
		at := a.data[i*size:]
		switch name {
		case "float32":
			t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(at))
		case "float16":
			t.Data[i] = float16.Frombits(binary.LittleEndian.Uint16(at)).Float32()
		case "float64":
			t.Data[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(at)))
		case "int64":
			t.Data[i] = float32(int64(binary.LittleEndian.Uint64(at)))
		case "int32":
			t.Data[i] = float32(int32(binary.LittleEndian.Uint32(at)))
		case "bool":
			t.Data[i] = float32(min(at[0], 1))
		}
	}
	return t, nil
}
