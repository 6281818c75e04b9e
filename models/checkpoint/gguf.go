package checkpoint

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"nirvana/engine/wholefile"
)

// GGUF (ggml-org/ggml, docs/gguf.md): a header of keys and values, a list of tensors, and their values, in blocks
// (blocks.go) where they are quantised.

// whole are the types that are not stored in blocks.
var whole = map[uint32]struct {
	kind  Type
	bytes int64
}{0: {"F32", 4}, 1: {"F16", 2}, 30: {"BF16", 2}}

// others are named in messages.
var others = map[uint32]string{9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
	23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"}

// Limits of a header, far above any model's.
const (
	mostGGUFTensors = 1 << 16
	mostGGUFKeys    = 1 << 16
	mostGGUFText    = 1 << 24
	mostGGUFHeader  = 256 << 20
	mostGGUFAxes    = 8
)

// comfyShape begins the key with a tensor's real shape, where its rows are not whole blocks and its numbers are
// stored in rows of 256 (city96/ComfyUI-GGUF, tools/convert.py).
const comfyShape = "comfy.gguf.orig_shape."

// gguf reads a header. The first error stays in err.
type gguf struct {
	from io.Reader
	at   int64
	size int64 // of the file
	err  error
}

func (g *gguf) bytes(n uint64) []byte {
	if g.err == nil && (n > mostGGUFText || g.at+int64(n) > mostGGUFHeader) {
		g.err = errors.New("has a header with an absurd length in it")
	}
	if g.err == nil && int64(n) > g.size-g.at {
		g.err = errors.New("is cut off within its header")
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

// The types of values with variable size, and the sizes of the others.
const (
	ggufText = 8
	ggufList = 9
)

var ggufSizes = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// value skips a value, and returns it, or a list's first few, where it is a whole number of 32 bits.
func (g *gguf) value(kind uint32, depth int) (numbers []uint32) {
	switch size := ggufSizes[kind]; {
	case kind == ggufText:
		g.text()
	case kind == ggufList && depth < 4:
		of, n := g.u32(), g.u64()
		for i := uint64(0); i < n && g.err == nil; i++ {
			if v := g.value(of, depth+1); len(numbers) < mostGGUFAxes {
				numbers = append(numbers, v...)
			}
		}
		return numbers
	case size == 4:
		return []uint32{g.u32()}
	case size > 0:
		g.bytes(size)
	case g.err == nil:
		g.err = fmt.Errorf("has a value of the unknown type %d in its header", kind)
	}
	return nil
}

// readGGUF returns all tensors of a file, with axes in torch's order.
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
	all, err := parseGGUF(bufio.NewReaderSize(file, 1<<16), path, info.Size())
	for _, t := range all {
		t.Pieces[0].As = info
	}
	return all, err
}

func parseGGUF(from io.Reader, path string, size int64) (Weights, error) {
	g := &gguf{from: from, size: size}
	g.bytes(4) // GGUF
	if v := g.u32(); g.err == nil && (v < 2 || v > 3) {
		return nil, fmt.Errorf("is of version %d of GGUF, of which 2 and 3 are known", v)
	}
	tensors, keys := g.u64(), g.u64()
	if g.err == nil && (tensors > mostGGUFTensors || keys > mostGGUFKeys) {
		return nil, errors.New("has a header with an absurd length in it")
	}
	align, shapes := int64(32), map[string][]uint32{}
	for i := uint64(0); i < keys && g.err == nil; i++ {
		key := g.text()
		v := g.value(g.u32(), 0)
		if key == "general.alignment" && len(v) == 1 && v[0] > 0 && v[0] <= 1<<16 {
			align = int64(v[0])
		}
		if of, ok := strings.CutPrefix(key, comfyShape); ok {
			shapes[of] = v
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
		if out[name], err = t.reshaped(shapes[name], g.longest()); err != nil {
			return nil, fmt.Errorf("has a tensor %.80q of an impossible shape", name)
		}
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
	return out, out.overlaps()
}

// overlaps fails where tensors of one file share bytes.
func (w Weights) overlaps() error {
	names := slices.SortedFunc(maps.Keys(w), func(a, b string) int {
		return cmp.Or(cmp.Compare(w[a].Pieces[0].Offset, w[b].Pieces[0].Offset), strings.Compare(a, b))
	})
	end, last := int64(0), ""
	for _, name := range names {
		p := w[name].Pieces[0]
		if p.Length == 0 {
			continue
		}
		if p.Offset < end {
			return fmt.Errorf("has overlapping tensors: %.80q and %.80q", last, name)
		}
		end, last = p.Offset+p.Length, name
	}
	return nil
}

// longest is more than any axis has in a file of this size: networks are written by the lengths of axes, and beside an
// axis of 0 any other would fit. The smallest numbers have two bits and a half.
func (g *gguf) longest() uint64 { return min(math.MaxInt32, 4*uint64(g.size)) }

// tensor reads an entry of the list; its offset is relative to the values.
func (g *gguf) tensor(path string) (string, Tensor, error) {
	name, axes := g.text(), g.u32()
	if g.err == nil && axes > mostGGUFAxes {
		return "", Tensor{}, fmt.Errorf("has a tensor %.80q of %d axes", name, axes)
	}
	t := Tensor{Shape: make([]int64, min(axes, mostGGUFAxes))}
	n := int64(1)
	for i := range t.Shape {
		d := g.u64()
		if d > g.longest() || d > 0 && n > math.MaxInt64/64/int64(d) {
			return "", t, fmt.Errorf("has a tensor %.80q of an impossible shape", name)
		}
		t.Shape[len(t.Shape)-1-i], n = int64(d), n*int64(d)
	}
	kind, offset := g.u32(), g.u64()
	if g.err != nil {
		return "", t, g.err
	}
	if offset > math.MaxInt64/2 {
		return "", t, fmt.Errorf("has a tensor %.80q at an impossible offset", name)
	}
	length := int64(0)
	if w, ok := whole[kind]; ok {
		t.Type, length = w.kind, n*w.bytes
	} else if q, ok := blocksOf(kind); ok {
		t.Type, length = q.kind, n/q.Numbers*q.Bytes
		if len(t.Shape) == 0 || t.Shape[len(t.Shape)-1]%q.Numbers != 0 {
			return "", t, fmt.Errorf("has a tensor %.80q whose rows are not whole blocks", name)
		}
	} else {
		what := others[kind]
		if what == "" {
			what = fmt.Sprint("type ", kind)
		}
		return "", t, fmt.Errorf("is quantised as %s, which is not read (F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q4_K, Q3_K, Q2_K and the older Q5 and Q4 are): choose another file of the model", what)
	}
	t.Pieces = []Piece{{File: path, Offset: int64(offset), Length: length}}
	return name, t, nil
}

// reshaped is the tensor in another shape of the same size; nil: its own.
func (t Tensor) reshaped(dims []uint32, longest uint64) (Tensor, error) {
	if dims == nil {
		return t, nil
	}
	have, n := int64(1), int64(1)
	for _, d := range t.Shape {
		have *= d
	}
	t.Shape = nil
	for _, d := range dims {
		if uint64(d) > longest || d > 0 && n > math.MaxInt64/64/int64(d) {
			return t, errors.New("too large")
		}
		t.Shape, n = append(t.Shape, int64(d)), n*int64(d)
	}
	if n != have {
		return t, errors.New("another number of elements")
	}
	return t, nil
}
