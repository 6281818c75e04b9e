package checkpoint

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"nirvana/engine/wholefile"
)

// GGUF (ggml-org/ggml, docs/gguf.md): a header of keys and values, a list of tensors, and their values, in blocks of 32
// numbers with a factor each where they are quantised.

// quantised are the kinds of blocks of 32 numbers that are read, by ggml's number, with the bytes of a block.
var quantised = map[uint32]struct {
	kind  Type
	bytes int64
}{2: {"Q4_0", 18}, 6: {"Q5_0", 22}, 8: {"Q8_0", 34}}

// BlockSize is how many numbers a block of a quantised kind holds.
const BlockSize = 32

// BlockBytes is how many bytes a block of a quantised kind has; 0 for other kinds.
func BlockBytes(kind Type) int64 {
	for _, q := range quantised {
		if q.kind == kind {
			return q.bytes
		}
	}
	return 0
}

// whole are the kinds whose numbers stand each for itself.
var whole = map[uint32]struct {
	kind  Type
	bytes int64
}{0: {"F32", 4}, 1: {"F16", 2}, 30: {"BF16", 2}}

// others are named in messages.
var others = map[uint32]string{3: "Q4_1", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K"}

// Limits of a header, far above any model's.
const (
	mostGGUFTensors = 1 << 16
	mostGGUFKeys    = 1 << 16
	mostGGUFText    = 1 << 24
	mostGGUFHeader  = 256 << 20
)

// gguf reads a header. The first mistake stays in err.
type gguf struct {
	from io.Reader
	at   int64
	err  error
}

func (g *gguf) bytes(n uint64) []byte {
	if g.err == nil && (n > mostGGUFText || g.at+int64(n) > mostGGUFHeader) {
		g.err = errors.New("has a header with an absurd length in it")
	}
	if g.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(g.from, b); err != nil {
		g.err = errors.New("is cut off within its header")
		return nil
	}
	g.at += int64(n)
	return b
}

func (g *gguf) u32() uint32 {
	if b := g.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (g *gguf) u64() uint64 {
	if b := g.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (g *gguf) text() string { return string(g.bytes(g.u64())) }

// The types of values that are not of one size, and the sizes of the others.
const (
	ggufText = 8
	ggufList = 9
)

var ggufSizes = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// value reads over one, and gives it where it is a whole number of 32 bits.
func (g *gguf) value(kind uint32, depth int) uint32 {
	switch size := ggufSizes[kind]; {
	case kind == ggufText:
		g.text()
	case kind == ggufList && depth < 4:
		of, n := g.u32(), g.u64()
		for i := uint64(0); i < n && g.err == nil; i++ {
			g.value(of, depth+1)
		}
	case size == 4:
		return g.u32()
	case size > 0:
		g.bytes(size)
	case g.err == nil:
		g.err = fmt.Errorf("has a value of the unknown type %d in its header", kind)
	}
	return 0
}

// readGGUF gives all tensors of a file of the size, in torch's order of axes.
func readGGUF(path string) (Weights, error) {
	file, err := wholefile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return parseGGUF(bufio.NewReaderSize(file, 1<<16), path, info.Size())
}

func parseGGUF(from io.Reader, path string, size int64) (Weights, error) {
	g := &gguf{from: from}
	g.bytes(4) // GGUF
	if v := g.u32(); g.err == nil && (v < 2 || v > 3) {
		return nil, fmt.Errorf("is of version %d of GGUF, of which 2 and 3 are known", v)
	}
	tensors, keys := g.u64(), g.u64()
	if g.err == nil && (tensors > mostGGUFTensors || keys > mostGGUFKeys) {
		return nil, errors.New("has a header with an absurd length in it")
	}
	align := int64(32)
	for i := uint64(0); i < keys && g.err == nil; i++ {
		key := g.text()
		if v := g.value(g.u32(), 0); key == "general.alignment" && v > 0 && v <= 1<<16 {
			align = int64(v)
		}
	}
	out := Weights{}
	for i := uint64(0); i < tensors && g.err == nil; i++ {
		name, t, err := g.tensor(path)
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("lists the tensor %.80q twice", name)
		}
		out[name] = t
	}
	if g.err != nil {
		return nil, g.err
	}
	values := (g.at + align - 1) / align * align
	for name, t := range out {
		p := &t.Pieces[0]
		if p.Offset > size-values || p.Length > size-values-p.Offset {
			return nil, fmt.Errorf("is cut off: the tensor %.80q ends behind its %d bytes", name, size)
		}
		p.Offset += values
	}
	return out, nil
}

// tensor reads an entry of the list; its offset is from the values on.
func (g *gguf) tensor(path string) (string, Tensor, error) {
	name, axes := g.text(), g.u32()
	if g.err == nil && axes > 8 {
		return "", Tensor{}, fmt.Errorf("has a tensor %.80q of %d axes", name, axes)
	}
	t := Tensor{Shape: make([]int64, min(axes, 8))}
	n := int64(1)
	for i := range t.Shape {
		d := g.u64()
		if d > 0 && (d > math.MaxInt32 || n > math.MaxInt64/64/int64(d)) {
			return "", t, fmt.Errorf("has a tensor %.80q of an impossible shape", name)
		}
		t.Shape[len(t.Shape)-1-i], n = int64(d), n*int64(d)
	}
	kind, offset := g.u32(), g.u64()
	if g.err != nil {
		return "", t, g.err
	}
	if offset > math.MaxInt64/2 {
		return "", t, fmt.Errorf("has a tensor %.80q at an impossible place", name)
	}
	length := int64(0)
	if w, ok := whole[kind]; ok {
		t.Type, length = w.kind, n*w.bytes
	} else if q, ok := quantised[kind]; ok {
		t.Type, length = q.kind, n/BlockSize*q.bytes
		if len(t.Shape) == 0 || t.Shape[len(t.Shape)-1]%BlockSize != 0 {
			return "", t, fmt.Errorf("has a tensor %.80q whose rows are no whole blocks", name)
		}
	} else {
		what := others[kind]
		if what == "" {
			what = fmt.Sprint("type ", kind)
		}
		return "", t, fmt.Errorf("is quantised as %s, which is not read (F32, F16, BF16, Q8_0, Q5_0 and Q4_0 are): choose another file of the model", what)
	}
	t.Pieces = []Piece{{File: path, Offset: int64(offset), Length: length}}
	return name, t, nil
}
