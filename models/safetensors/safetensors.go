// Package safetensors reads .safetensors files (the format of github.com/huggingface/safetensors: an 8-byte length, a
// JSON table, the values): LoRA and textual inversion files. Start with Read.
package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// most is the size of the largest file that is read: adapters are megabytes, whole models are read elsewhere.
const most = 4 << 30

// Tensor is one entry. Its values are decoded on demand.
type Tensor struct {
	Type  string // "F32", "F16", "BF16", "F64", "I64", ...
	Shape []int
	raw   []byte
	scale float32 // of FP8; 0: none
}

// File is a whole file.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string
}

// Read reads a file. Errors name it and say what to do.
func Read(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fault.Adapter.Errorf("%s is not an adapter file: choose a .safetensors file", path)
	}
	data, err := wholefile.ReadMost(path, most)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	f, err := Parse(data)
	if pickled(data) || err != nil && pickleEndings[strings.ToLower(filepath.Ext(path))] {
		return nil, fault.Adapter.Errorf("%s is in PyTorch's own format (.pt, .bin, .ckpt), which can run programs when it is opened, and is not used: convert it to .safetensors, or look for the .safetensors of the same name", path)
	}
	if err != nil {
		return nil, fault.Adapter.Errorf("%s is not a whole .safetensors file: fetch it again: %w", path, err)
	}
	return f, nil
}

// mostHead is the size of the largest table of contents that Metadata reads.
const mostHead = 32 << 20

// Metadata is the metadata in a file's table of contents; nil where there is none or it cannot be read.
func Metadata(path string) map[string]string {
	f, err := wholefile.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var length [8]byte
	if _, err := io.ReadFull(f, length[:]); err != nil {
		return nil
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > mostHead {
		return nil
	}
	var head struct {
		Metadata map[string]string `json:"__metadata__"`
	}
	if json.NewDecoder(io.LimitReader(f, int64(n))).Decode(&head) != nil {
		return nil
	}
	return head.Metadata
}

// pickleEndings are the endings of files in PyTorch's own format.
var pickleEndings = map[string]bool{".pt": true, ".pth": true, ".bin": true, ".ckpt": true, ".pkl": true}

// pickled reports whether the data is a Python pickle, or a zip file with one, as torch.save writes them.
func pickled(data []byte) bool {
	return len(data) > 2 && (string(data[:2]) == "PK" || data[0] == 0x80 && data[1] >= 2 && data[1] <= 5 && (data[2] == '}' || data[2] == '\x8a' || data[2] == 'c' || data[2] == 0x95))
}

// Parse parses a file; the tensors share its bytes.
func Parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, errors.New("it is shorter than its own header")
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
	spans := make([]span, 0, len(table))
	for name, entry := range table {
		if name == "__metadata__" {
			json.Unmarshal(entry, &f.Metadata) // metadata of other types is ignored
			continue
		}
		t, at, err := parseEntry(entry, values)
		if err != nil {
			return nil, fmt.Errorf("tensor %s %w", name, err)
		}
		f.Tensors[name] = t
		spans = append(spans, span{at[0], at[1], name})
	}
	return f, apart(spans)
}

// span is the position of a tensor's values.
type span struct {
	from, to uint64
	name     string
}

// apart refuses tensors that share bytes: a small file could be read as any amount of numbers.
func apart(spans []span) error {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return fmt.Errorf("tensors %s and %s overlap", spans[i-1].name, spans[i].name)
		}
	}
	return nil
}

var sizes = map[string]int{"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
	"I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "F8_E8M0": 1, "C64": 8}

func parseEntry(entry []byte, values []byte) (t Tensor, at [2]uint64, err error) {
	var e struct {
		Type    string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(entry, &e); err != nil {
		return Tensor{}, at, fmt.Errorf("is described wrongly: %w", err)
	}
	if len(e.Offsets) != 2 || e.Offsets[0] > e.Offsets[1] || e.Offsets[1] > uint64(len(values)) {
		return Tensor{}, at, errors.New("lies outside the file")
	}
	size, ok := sizes[e.Type]
	if !ok {
		return Tensor{}, at, fmt.Errorf("has the unknown type %q", e.Type)
	}
	t = Tensor{Type: e.Type, Shape: e.Shape, raw: values[e.Offsets[0]:e.Offsets[1]]}
	n := size
	for _, d := range e.Shape {
		if d < 0 || d > len(values) || d > 0 && n > math.MaxInt/d {
			return Tensor{}, at, fmt.Errorf("has the impossible shape %v", e.Shape)
		}
		n *= d
	}
	if n != len(t.raw) {
		return Tensor{}, at, fmt.Errorf("of shape %v has %d bytes instead of %d", e.Shape, len(t.raw), n)
	}
	return t, [2]uint64{e.Offsets[0], e.Offsets[1]}, nil
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
