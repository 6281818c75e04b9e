package safetensors

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file puts a table and values together.
func file(table string, values ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(table))), table...), values...)
}

func TestTypes(t *testing.T) {
	tests := []struct {
		kind  string
		bytes []byte
		want  []float32
	}{
		{"F32", []byte{0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0xc0}, []float32{1.5, -2.5}},
		{"F64", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80}, []float32{1.5, float32(math.Copysign(0, -1))}},
		{"BF16", []byte{0xc0, 0x3f, 0x20, 0xc0}, []float32{1.5, -2.5}},
		{"F16", []byte{0x00, 0x3e, 0x00, 0xc1}, []float32{1.5, -2.5}},
		{"F16", []byte{0x01, 0x00, 0xff, 0x7b}, []float32{1.0 / (1 << 24), 65504}},
		{"F16", []byte{0x00, 0x7c, 0x01, 0x80}, []float32{float32(math.Inf(1)), -1.0 / (1 << 24)}},
	}
	for _, c := range tests {
		n := len(c.bytes)
		table := `{"__metadata__":{"a":"b"},"x":{"dtype":"` + c.kind + `","shape":[2,1],"data_offsets":[0,` + string(rune('0'+n%10)) + `]}}`
		if n >= 10 {
			table = strings.Replace(table, `[0,`+string(rune('0'+n%10)), `[0,16`, 1)
		}
		f, err := Parse(file(table, c.bytes...))
		if err != nil {
			t.Fatalf("%s: %v", c.kind, err)
		}
		got, err := f.Tensors["x"].Floats()
		if err != nil || !slices.Equal(got, c.want) || f.Metadata["a"] != "b" || !slices.Equal(f.Names(), []string{"x"}) {
			t.Errorf("%s: %v instead of %v (%v), metadata %v", c.kind, got, c.want, err, f.Metadata)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	entry := func(s string) []byte { return file(`{"x":`+s+`}`, 1, 2, 3, 4) }
	tests := map[string][]byte{
		"shorter":              {1, 2},
		"cut off":              {255, 0, 0, 0, 0, 0, 0, 0, '{'},
		"broken":               file(`{"x":`),
		"outside":              entry(`{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`),
		"described wrongly":    entry(`{"dtype":"F32","shape":"a"}`),
		"unknown type":         entry(`{"dtype":"F7","shape":[1],"data_offsets":[0,4]}`),
		"4 bytes instead of 8": entry(`{"dtype":"F32","shape":[2],"data_offsets":[0,4]}`),
		"impossible":           entry(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`),
	}
	dir := t.TempDir()
	for want, data := range tests {
		path := filepath.Join(dir, "a.safetensors")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a missing file: %v", err)
	}
	f, err := Parse(entry(`{"dtype":"I32","shape":[1],"data_offsets":[0,4]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensors["x"].Floats(); err == nil {
		t.Error("integers were read as floats")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(`{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 0, 0x3e, 0, 0xc1))
	f.Add(file(`{"x":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,0]}}`))
	f.Add(file(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			x := file.Tensors[name]
			n := 1
			for _, d := range x.Shape {
				n *= d
			}
			if v, err := x.Floats(); err == nil && len(v) != n {
				t.Fatalf("%s of shape %v has %d values", name, x.Shape, len(v))
			}
		}
	})
}
