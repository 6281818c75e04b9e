package fold

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/x448/float16"

	"nirvana/engine/onnx/graphfile"
)

// made is a graph whose weights lie in a file, as a checkpoint's do.
type made struct {
	*graphfile.Model
	dir  string
	data []byte
}

func (m *made) weight(name string, kind graphfile.Type, raw []byte, dims ...int64) string {
	m.data = append(m.data, "odd"...) // weights lie anywhere
	m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: name, Type: kind, Dims: dims,
		External: map[string]string{"location": "w.safetensors", "offset": fmt.Sprint(len(m.data)), "length": fmt.Sprint(len(raw))}})
	m.data = append(m.data, raw...)
	return name
}

func (m *made) op(kind, out string, set func(*graphfile.Node), in ...string) string {
	n := &graphfile.Node{Name: out, Op: kind, Inputs: in, Outputs: []string{out}}
	if set != nil {
		set(n)
	}
	m.Nodes = append(m.Nodes, n)
	return out
}

func (m *made) cast(in string) string {
	return m.op("Cast", in+".wide", func(n *graphfile.Node) { n.SetInt("to", int64(graphfile.Float32)) }, in)
}

func turned(n *graphfile.Node) { n.SetInts("perm", 1, 0) }

// folded writes the file and folds the graph; it gives each weight's numbers in the folded file.
func (m *made) folded(t *testing.T) map[string][]float32 {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, "w.safetensors"), m.data, 0o600); err != nil {
		t.Fatal(err)
	}
	var to bytes.Buffer
	if err := Into(m.Model, m.dir, &to, "folded"); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for _, w := range m.Tensors {
		at, _ := strconv.Atoi(w.External["offset"])
		if w.External["location"] != "folded" || at%page != 0 {
			t.Errorf("%s lies in %v", w.Name, w.External)
		}
		if w.Type == graphfile.Float32 {
			for i := range w.Elements() {
				out[w.Name] = append(out[w.Name], math.Float32frombits(binary.LittleEndian.Uint32(to.Bytes()[at+4*int(i):])))
			}
		}
	}
	return out
}

func halvesOf(v ...float32) (raw []byte) {
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint16(raw, float16.Fromfloat32(x).Bits())
	}
	return raw
}

func count(n int) (v []float32) {
	for i := range n {
		v = append(v, float32(i%2000)) // which half precision has
	}
	return v
}

// Every conversion of a weight is carried out, and nothing else.
func TestInto(t *testing.T) {
	m := &made{Model: graphfile.New(17), dir: t.TempDir()}
	const rows, columns = 41, 70 // more columns than are transposed at a time
	linear := m.op("Transpose", "turned", turned, m.weight("linear", graphfile.Float16, halvesOf(count(rows*columns)...), rows, columns))
	product := m.op("MatMul", "product", nil, "x", m.cast(linear))
	brain := m.cast(m.weight("brain", graphfile.BFloat16, []byte{0x80, 0x3f, 0x20, 0xc1}, 2)) // 1, -10
	sum := m.op("Add", "sum", nil, product, brain)
	eights := m.cast(m.weight("eights", float8E4M3, []byte{0x38, 0x7e, 0x08, 0x01, 0xb8, 0x80}, 6))
	wide := m.cast(m.weight("fives", float8E5M2, []byte{0x3c, 0x7b, 0xbc}, 3))
	var plain []byte
	for _, v := range count(4) {
		plain = binary.LittleEndian.AppendUint32(plain, math.Float32bits(v))
	}
	straight := m.weight("straight", graphfile.Float32, plain, 2, 2)
	back := m.op("Transpose", "back", turned, straight)
	both := m.op("Concat", "both", func(n *graphfile.Node) { n.SetInt("axis", 0) },
		m.weight("upper", graphfile.Float16, halvesOf(5, 6), 1, 2), m.weight("lower", graphfile.Float16, halvesOf(7, 8, 9, 10), 2, 2))
	joined := m.op("Transpose", "joined", turned, m.cast(both))
	eight := func(name string, raw ...byte) string {
		return m.cast(m.weight(name, float8E4M3, raw, int64(len(raw)), 1))
	}
	apart := m.op("Concat", "apart", func(n *graphfile.Node) { n.SetInt("axis", 0) }, eight("first", 0x38), eight("second", 0xb8, 0x40))
	half := m.weight("half", graphfile.Float16, halvesOf(1), 1)
	m.op("Sum", "y", nil, sum, eights, wide, straight, back, joined, apart, half)
	m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: "unused", Type: graphfile.Float32, Dims: []int64{1}, External: map[string]string{"location": "missing"}})
	got := m.folded(t)

	want := map[string][]float32{"brain.wide": {1, -10}, "eights.wide": {1, 448, 1. / 64, 1. / 512, -1, float32(math.Copysign(0, -1))},
		"fives.wide": {1, 57344, -1}, "straight": count(4), "back": {0, 2, 1, 3}, "joined": {5, 7, 9, 6, 8, 10}, "apart": {1, -1, 2}}
	for c := range columns {
		for r := range rows {
			want["turned.wide"] = append(want["turned.wide"], float32((r*columns+c)%2000))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d weights, want %d", len(got), len(want))
	}
	for name, v := range want {
		if !slices.Equal(got[name], v) {
			t.Errorf("%s holds %.9v, want %.9v", name, got[name][:min(9, len(got[name]))], v[:min(9, len(v))])
		}
	}
	var left []string
	for _, n := range m.Nodes {
		left = append(left, n.Op)
	}
	if !slices.Equal(left, []string{"MatMul", "Add", "Sum"}) {
		t.Errorf("the graph has %v left", left)
	}
	if i := slices.IndexFunc(m.Tensors, func(w *graphfile.Tensor) bool { return w.Name == "turned.wide" }); i < 0 || !slices.Equal(m.Tensors[i].Dims, []int64{columns, rows}) {
		t.Error("the matrix has not its new shape")
	}
	if i := slices.IndexFunc(m.Tensors, func(w *graphfile.Tensor) bool { return w.Name == "half" }); i < 0 || m.Tensors[i].Type != graphfile.Float16 {
		t.Error("a weight that nothing widens was widened")
	}
}

// What ends before its weights do is told, and so is a file that is gone.
func TestIntoOfACutFile(t *testing.T) {
	m := &made{Model: graphfile.New(17), dir: t.TempDir()}
	m.op("Relu", "y", nil, m.op("Transpose", "z", turned, m.weight("w", graphfile.Float16, halvesOf(count(6)...), 2, 3)))
	tensors, nodes := slices.Clone(m.Tensors), slices.Clone(m.Nodes)
	if err := Into(m.Model, m.dir, io.Discard, "folded"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	m.Tensors, m.Nodes = tensors, nodes
	os.WriteFile(filepath.Join(m.dir, "w.safetensors"), m.data[:len(m.data)-2], 0o600)
	if err := Into(m.Model, m.dir, io.Discard, "folded"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of a cut file: %v", err)
	}
}

func BenchmarkInto(b *testing.B) {
	m := &made{Model: graphfile.New(17), dir: b.TempDir()}
	const side = 2048
	m.weight("w", graphfile.Float16, make([]byte, 2*side*side), side, side)
	os.WriteFile(filepath.Join(m.dir, "w.safetensors"), m.data, 0o600)
	tensors := m.Tensors
	b.SetBytes(4 * side * side)
	for b.Loop() {
		m.Tensors, m.Nodes = tensors, nil
		m.op("Relu", "y", nil, m.cast(m.op("Transpose", "z", turned, "w")))
		if err := Into(m.Model, m.dir, io.Discard, "folded"); err != nil {
			b.Fatal(err)
		}
	}
}
