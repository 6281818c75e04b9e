// Package safetensors reads .safetensors files (the format of
// github.com/huggingface/safetensors: an 8-byte length, a JSON table, the
// values): LoRA and textual inversion files. Start with Read.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"nirvana/engine/fault"
)

// most is the largest file that is read: adapters are megabytes, whole models have no business here.
const most = 4 << 30

// Tensor is one entry. Its values are decoded when asked for.
type Tensor struct {
	Type  string // "F32", "F16", "BF16", "F64", "I64", ...
	Shape []int
	raw   []byte
}

// File is a whole file.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string
}

// Read reads a file. The error names it and says what to do.
func Read(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	if info.IsDir() || info.Size() > most {
		return nil, fault.Adapter.Errorf("%s is no adapter file: choose a .safetensors file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fault.Adapter.Errorf("%s is not a whole .safetensors file: fetch it again: %w", path, err)
	}
	return f, nil
}

// Parse takes a file apart; the tensors share its bytes.
func Parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, errors.New("it is shorter than its own head")
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return nil, errors.New("its table of contents is cut off")
	}
	head, values := data[8:8+n], data[8+n:]
	var table map[string]json.RawMessage
	if err := json.Unmarshal(head, &table); err != nil {
		return nil, fmt.Errorf("its table of contents is broken: %w", err)
	}
	f := &File{Tensors: make(map[string]Tensor, len(table))}
	for name, entry := range table {
		if name == "__metadata__" {
			json.Unmarshal(entry, &f.Metadata) // what others wrote there is not ours to insist on
			continue
		}
		t, err := parseEntry(entry, values)
		if err != nil {
			return nil, fmt.Errorf("tensor %s %w", name, err)
		}
		f.Tensors[name] = t
	}
	return f, nil
}

var sizes = map[string]int{"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
	"I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}

func parseEntry(entry []byte, values []byte) (Tensor, error) {
	var e struct {
		Type    string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(entry, &e); err != nil {
		return Tensor{}, fmt.Errorf("is described wrongly: %w", err)
	}
	if len(e.Offsets) != 2 || e.Offsets[0] > e.Offsets[1] || e.Offsets[1] > uint64(len(values)) {
		return Tensor{}, errors.New("lies outside the file")
	}
	size, ok := sizes[e.Type]
	if !ok {
		return Tensor{}, fmt.Errorf("has the unknown type %q", e.Type)
	}
	t := Tensor{Type: e.Type, Shape: e.Shape, raw: values[e.Offsets[0]:e.Offsets[1]]}
	n := size
	for _, d := range e.Shape {
		if d < 0 || d > 0 && n > math.MaxInt/d {
			return Tensor{}, fmt.Errorf("has the impossible shape %v", e.Shape)
		}
		n *= d
	}
	if n != len(t.raw) {
		return Tensor{}, fmt.Errorf("of shape %v has %d bytes instead of %d", e.Shape, len(t.raw), n)
	}
	return t, nil
}

// Names are the tensors' names, sorted.
func (f *File) Names() []string {
	names := make([]string, 0, len(f.Tensors))
	for name := range f.Tensors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Floats are the values as float32, row-major. Only floating types can be read so.
func (t Tensor) Floats() ([]float32, error) {
	le := binary.LittleEndian
	var out []float32
	switch t.Type {
	case "F32":
		out = make([]float32, len(t.raw)/4)
		for i := range out {
			out[i] = math.Float32frombits(le.Uint32(t.raw[4*i:]))
		}
	case "F64":
		out = make([]float32, len(t.raw)/8)
		for i := range out {
			out[i] = float32(math.Float64frombits(le.Uint64(t.raw[8*i:])))
		}
	case "BF16":
		out = make([]float32, len(t.raw)/2)
		for i := range out {
			out[i] = math.Float32frombits(uint32(le.Uint16(t.raw[2*i:])) << 16)
		}
	case "F16":
		out = make([]float32, len(t.raw)/2)
		for i := range out {
			out[i] = half(le.Uint16(t.raw[2*i:]))
		}
	default:
		return nil, fmt.Errorf("values of type %s are no floating numbers that this program reads", t.Type)
	}
	return out, nil
}

// half widens IEEE half precision.
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
