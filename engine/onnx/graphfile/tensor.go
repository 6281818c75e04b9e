package graphfile

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Type is an element type, by ONNX's number.
type Type int64

const (
	Float32  Type = 1
	Uint8    Type = 2
	Int8     Type = 3
	Int32    Type = 6
	Int64    Type = 7
	Bool     Type = 9
	Float16  Type = 10
	Float64  Type = 11
	BFloat16 Type = 16
)

// String is the type's name as in engine.Port, or "type N".
func (t Type) String() string {
	switch t {
	case Float32:
		return "float32"
	case Float16:
		return "float16"
	case BFloat16:
		return "bfloat16"
	case Float64:
		return "float64"
	case Int64:
		return "int64"
	case Int32:
		return "int32"
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Bool:
		return "bool"
	}
	return fmt.Sprintf("type %d", int64(t))
}

// Size is the bytes of one element; 0 for types without a fixed size.
func (t Type) Size() int {
	switch t {
	case Float64, Int64, 13:
		return 8
	case Float32, Int32, 12:
		return 4
	case Float16, BFloat16, 4, 5:
		return 2
	case Uint8, Int8, Bool:
		return 1
	}
	return 0
}

// Tensor is an initialiser, or a constant in a node.
type Tensor struct {
	Name string
	Type Type
	Dims []int64
	// Raw are the values, little-endian; nil where they are stored in another field or in external data.
	Raw []byte
	// External is where external data is: keys location, offset, length. nil for values in the file.
	External map[string]string

	content []byte  // as read; nil for a new one
	renamed bool    // Name is not content's
	numbers []int64 // int64_data, int32_data
	floats  []byte  // float_data, packed
}

const (
	tensorDims     = 1
	tensorType     = 2
	tensorFloats   = 4
	tensorInt32    = 5
	tensorInt64    = 7
	tensorName     = 8
	tensorRaw      = 9
	tensorExternal = 13
	tensorPlace    = 14 // 1: outside
)

func parseTensor(data []byte) (*Tensor, error) {
	t := &Tensor{content: data}
	err := walk(data, func(r record) (err error) {
		switch r.number {
		case tensorDims:
			t.Dims, err = r.ints(t.Dims)
		case tensorType:
			t.Type = Type(r.int())
		case tensorName:
			t.Name = string(r.value)
		case tensorRaw:
			t.Raw = r.value
		case tensorInt32, tensorInt64:
			t.numbers, err = r.ints(t.numbers)
		case tensorFloats:
			if r.kind == protowire.Fixed32Type && t.floats != nil {
				t.floats = append(t.floats[:len(t.floats):len(t.floats)], r.value...)
			} else {
				t.floats = r.value
			}
		case tensorExternal:
			err = t.external(r)
		}
		return err
	})
	return t, err
}

func (t *Tensor) external(r record) error {
	if r.kind != protowire.BytesType {
		return ErrNotONNX
	}
	var key, value string
	err := walk(r.value, func(r record) error {
		switch {
		case r.is(1):
			key = string(r.value)
		case r.is(2):
			value = string(r.value)
		}
		return nil
	})
	if t.External == nil {
		t.External = map[string]string{}
	}
	t.External[key] = value
	return err
}

func (t *Tensor) body() [][]byte {
	if t.renamed {
		return [][]byte{t.content, appendString(nil, tensorName, t.Name)} // of two records the last counts
	}
	if t.content != nil {
		return [][]byte{t.content}
	}
	var b []byte
	for _, d := range t.Dims {
		b = appendInt(b, tensorDims, d)
	}
	b = appendInt(b, tensorType, int64(t.Type))
	b = appendString(b, tensorName, t.Name)
	if t.External != nil {
		for _, key := range slices.Sorted(maps.Keys(t.External)) {
			b = appendBytes(b, tensorExternal, appendString(appendString(nil, 1, key), 2, t.External[key]))
		}
		return [][]byte{appendInt(b, tensorPlace, 1)}
	}
	b = protowire.AppendTag(b, tensorRaw, protowire.BytesType)
	return [][]byte{protowire.AppendVarint(b, uint64(len(t.Raw))), t.Raw}
}

// Rename renames the tensor.
func (t *Tensor) Rename(name string) { t.Name, t.renamed = name, t.content != nil }

// Elements is the number of values; -1 for invalid dims.
func (t *Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Dims {
		if d < 0 || d > 0 && n > math.MaxInt64/d {
			return -1
		}
		n *= d
	}
	return n
}

// Floats are the values of a small tensor in the file, as float32; false for other types and for external data.
func (t *Tensor) Floats() ([]float32, bool) {
	raw := t.Raw
	if raw == nil {
		raw = t.floats
	}
	var out []float32
	switch t.Type {
	case Float32:
		for ; len(raw) >= 4; raw = raw[4:] {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
	case Float64:
		for ; len(raw) >= 8; raw = raw[8:] {
			out = append(out, float32(math.Float64frombits(binary.LittleEndian.Uint64(raw))))
		}
	default:
		return nil, false
	}
	return out, t.External == nil && int64(len(out)) == t.Elements()
}

// Ints are the values of a small integer tensor in the file.
func (t *Tensor) Ints() ([]int64, bool) {
	out := t.numbers
	switch {
	case t.Type == Int64 && t.Raw != nil:
		for raw := t.Raw; len(raw) >= 8; raw = raw[8:] {
			out = append(out, int64(binary.LittleEndian.Uint64(raw)))
		}
	case t.Type == Int32 && t.Raw != nil:
		for raw := t.Raw; len(raw) >= 4; raw = raw[4:] {
			out = append(out, int64(int32(binary.LittleEndian.Uint32(raw))))
		}
	case t.Type != Int64 && t.Type != Int32:
		return nil, false
	}
	return out, t.External == nil && int64(len(out)) == t.Elements()
}

// NewFloats is a new float32 tensor.
func NewFloats(name string, dims []int64, values []float32) *Tensor {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return &Tensor{Name: name, Type: Float32, Dims: dims, Raw: raw}
}

// NewInts is a new int64 tensor of one axis.
func NewInts(name string, values ...int64) *Tensor {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return &Tensor{Name: name, Type: Int64, Dims: []int64{int64(len(values))}, Raw: raw}
}
