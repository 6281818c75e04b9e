package graphfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is y = x W + b with an attribute of every kind.
func small() *Model {
	m := New(17)
	m.Opsets["com.microsoft"] = 1
	m.Tensors = append(m.Tensors, NewFloats("W", []int64{2, 3}, []float32{1, 2, 3, 4, 5, 6}), NewInts("shape", -1, 3),
		&Tensor{Name: "far", Type: Float32, Dims: []int64{4}, External: map[string]string{"location": "weights.data", "offset": "16", "length": "16"}})
	n := &Node{Name: "/a/MatMul", Op: "Gemm", Inputs: []string{"x", "W"}, Outputs: []string{"y"}}
	n.SetInt("transB", 1).SetFloat("alpha", 0.5).SetInts("axes", 3, -4)
	m.Nodes = append(m.Nodes, n, &Node{Op: "Gelu", Domain: "com.microsoft", Inputs: []string{"y"}, Outputs: []string{"z"}})
	m.Inputs = append(m.Inputs, NewValue("x", Float32, -1, 2), NewValue("W", Float32, 2, 3), NewValue("t", Int64))
	m.Outputs = append(m.Outputs, NewValue("z", Float16, -1, 3))
	return m
}

func TestThereAndBack(t *testing.T) {
	data, err := small().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Bytes()
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("written again it is another file (%v)", err)
	}
	n := m.Nodes[0]
	if n.Name != "/a/MatMul" || n.Op != "Gemm" || !slices.Equal(n.Inputs, []string{"x", "W"}) || n.Int("transB", 0) != 1 || n.Int("none", 7) != 7 ||
		n.Float("alpha", 1) != 0.5 || !slices.Equal(n.Ints("axes"), []int64{3, -4}) {
		t.Errorf("node %+v", n)
	}
	if w, ok := m.Tensors[0].Floats(); !ok || !slices.Equal(w, []float32{1, 2, 3, 4, 5, 6}) || m.Tensors[0].Elements() != 6 {
		t.Errorf("weights %v", w)
	}
	if s, ok := m.Tensors[1].Ints(); !ok || !slices.Equal(s, []int64{-1, 3}) {
		t.Errorf("integers %v", s)
	}
	if e := m.Tensors[2].External; e["location"] != "weights.data" || e["offset"] != "16" {
		t.Errorf("external data %v", e)
	}
	feeds := m.Feeds()
	if len(feeds) != 2 || feeds[0].Name != "x" || !slices.Equal(feeds[0].Dims, []int{-1, 2}) || feeds[1].Dims != nil || !feeds[1].Shaped || feeds[1].Type != Int64 {
		t.Errorf("inputs %+v", feeds)
	}
	if m.Opsets[""] != 17 || m.Opsets["com.microsoft"] != 1 || m.Nodes[1].Domain != "com.microsoft" || m.Outputs[0].Type != Float16 {
		t.Errorf("operator sets %v", m.Opsets)
	}
}

// The default model's text encoder was written by another program.
func TestForeignFile(t *testing.T) {
	path := filepath.Join("..", "..", "..", "models", "nirvana", "text_encoder", "model.onnx")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Nodes) != len(f.Nodes) || len(again.Tensors) != len(f.Tensors) || len(f.Nodes) < 50 || f.Feeds()[0].Name != "input_ids" {
		t.Errorf("%d nodes and %d tensors became %d and %d", len(f.Nodes), len(f.Tensors), len(again.Nodes), len(again.Tensors))
	}
	if d := len(before) - len(data); d < -64 || d > 64 {
		t.Errorf("%d bytes became %d", len(before), len(data))
	}
	for i, n := range f.Nodes {
		if a := again.Nodes[i]; a.Op != n.Op || !slices.Equal(a.Inputs, n.Inputs) || len(a.attributes) != len(n.attributes) {
			t.Fatalf("node %d %s became %s", i, n.Name, a.Name)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	whole, err := small().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(whole); n++ {
		if _, err := Parse(whole[:n]); err == nil && bytes.Contains(whole[n:], []byte("W")) {
			t.Fatalf("%d of %d bytes are taken for a whole file", n, len(whole))
		}
	}
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{"cut": {whole[:len(whole)-3], ErrTruncated}, "text": {[]byte("version https://git-lfs.github.com/spec/v1\noid"), ErrNotONNX}, "page": {[]byte("<!DOCTYPE html><html>"), nil}, "empty": {nil, nil}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			f.Close()
			t.Errorf("%s opens", name)
		} else if c.want != nil && !errors.Is(err, c.want) && !errors.Is(err, ErrTruncated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

func TestOutside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.onnx")
	data, err := small().Bytes()
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if out := f.Outside(); len(out) != 1 || out[0].Name != "weights.data" || out[0].Size != 32 || out[0].Err == nil {
		t.Errorf("outside lies %+v", out)
	}
	want := filepath.Join(filepath.Dir(path), "weights.data")
	if err := os.WriteFile(want, make([]byte, 32), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := f.Outside(); len(out) != 1 || out[0].Path != want || out[0].Err != nil {
		t.Errorf("outside lies %+v", out)
	}
}

func FuzzParse(f *testing.F) {
	data, err := small().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte{0x3a, 0x02, 0x0a, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		for _, n := range m.Nodes {
			n.Int("a", 0)
			n.Float("alpha", 0)
			n.Ints("axes")
			n.HasGraph()
			if x := n.Tensor("value"); x != nil {
				x.Floats()
			}
		}
		for _, x := range m.Tensors {
			x.Elements()
			x.Floats()
			x.Ints()
		}
		out, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(out)
		if err != nil || len(again.Nodes) != len(m.Nodes) || len(again.Tensors) != len(m.Tensors) || len(again.Feeds()) != len(m.Feeds()) {
			t.Fatalf("what was written cannot be read the same: %v", err)
		}
	})
}

// Whatever a graph says of its external data: a place in a file of its own folder, or an error.
func FuzzOutside(f *testing.F) {
	for _, s := range [][3]string{{"model.onnx_data", "0", "8"}, {"../secret", "", ""}, {"/etc/passwd", "-1", "8"}, {"a/../../b", "9223372036854775807", "9223372036854775807"}, {"", "x", "1e9"}, {"pipe", "0", "0"}} {
		f.Add(s[0], s[1], s[2], int64(2))
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model.onnx_data"), make([]byte, 64), 0o644); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, []byte{0}, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, location, offset, length string, dim int64) {
		file := &File{Path: path, Model: New(17)}
		file.Tensors = []*Tensor{{Name: "w", Type: Float32, Dims: []int64{dim}, External: map[string]string{"location": location, "offset": offset, "length": length}}}
		for _, d := range file.Outside() {
			if d.Err != nil {
				continue
			}
			if !strings.HasPrefix(d.Path, dir) || d.Size < 0 || d.Size > 64 {
				t.Errorf("%q at %q of %q is %+v", location, offset, length, d)
			}
		}
		file.Gather()
	})
}

// Places that make no sense, and elements that do not fit their length, are refused.
func TestOutsidePlaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.onnx")
	for _, name := range []string{"model.onnx", "data"} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 64), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		offset, length string
		dims           []int64
		want           bool
	}{
		{"0", "8", []int64{2}, true}, {"", "", []int64{16}, true}, {"56", "8", []int64{2}, true}, {"57", "8", []int64{2}, false}, {"0", "4", []int64{2}, false},
		{"-8", "8", []int64{2}, false}, {"0", "-8", []int64{2}, false}, {"9223372036854775807", "8", []int64{2}, false}, {"x", "8", []int64{2}, false},
		{"0", "", []int64{1 << 40, 1 << 40}, false}, {"0", "8", []int64{-2}, false},
	} {
		file := &File{Path: path, Model: New(17)}
		file.Tensors = []*Tensor{{Name: "w", Type: Float32, Dims: c.dims, External: map[string]string{"location": "data", "offset": c.offset, "length": c.length}}}
		if d := file.Outside()[0]; (d.Err == nil) != c.want {
			t.Errorf("%q, %q, %v: %v", c.offset, c.length, c.dims, d.Err)
		}
	}
}
