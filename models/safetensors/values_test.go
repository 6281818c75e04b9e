package safetensors

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Eighth precision, as torch and ml_dtypes have it: ones, the least, the largest, what is not a number.
func TestEighthPrecision(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for kind, values := range map[string]map[byte]float32{
		"F8_E4M3":     {0x38: 1, 0xb8: -1, 0x3c: 1.5, 0x01: 1.0 / 512, 0x08: 1.0 / 64, 0x7e: 448, 0xfe: -448, 0x7f: nan, 0xff: nan, 0x00: 0},
		"F8_E5M2":     {0x3c: 1, 0xbc: -1, 0x3e: 1.5, 0x01: 1.0 / 65536, 0x7b: 57344, 0x7c: inf, 0x7e: nan},
		"F8_E4M3FNUZ": {0x40: 1, 0xc0: -1, 0x7f: 240, 0x01: 1.0 / 1024, 0x80: nan},
		"F8_E5M2FNUZ": {0x40: 1, 0x7f: 57344, 0x01: 1.0 / 131072, 0x80: nan},
	} {
		for code, want := range values {
			f, err := Parse(file(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[1],"data_offsets":[0,1]}}`, kind), code))
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Tensors["x"].Floats()
			if err != nil || got[0] != want && !(got[0] != got[0] && want != want) {
				t.Errorf("%s %#x is %v instead of %g, %v", kind, code, got, want, err)
			}
		}
	}
}

// The scale of a tensor in eighth precision lies beside it, by one of several names, and is no weight itself.
func TestScales(t *testing.T) {
	for _, scale := range []string{"a.scale_weight", "a.weight_scale", "a.weight_scale_inv", "a.weight.scale", "a.weight_scale"} {
		table := fmt.Sprintf(`{"a.weight":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},%q:{"dtype":"F16","shape":[],"data_offsets":[2,4]},"scaled_fp8":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[4,4]}}`, scale)
		f, err := Parse(file(table, 0x38, 0x3c, 0x00, 0x42)) // 1, 1.5 and 3
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Scaled("a.weight").Floats()
		if err != nil || !slices.Equal(got, []float32{3, 4.5}) || !f.IsScale(scale) || !f.IsScale("scaled_fp8") || f.IsScale("a.weight") {
			t.Errorf("%s: %v, %v", scale, got, err)
		}
	}
	f, err := Parse(file(`{"a.weight":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"a.scale":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}`, 0x00, 0x3c, 0x00, 0x42))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Scaled("a.weight").Floats(); err != nil || got[0] != 1 || f.IsScale("a.scale") {
		t.Errorf("half precision has no scale, but is %v, %v", got, err)
	}
}

func TestNumber(t *testing.T) {
	for kind, bytes := range map[string][]byte{"I64": {8, 0, 0, 0, 0, 0, 0, 0}, "U64": {8, 0, 0, 0, 0, 0, 0, 0}, "I32": {8, 0, 0, 0}, "U32": {8, 0, 0, 0}, "I16": {8, 0}, "U16": {8, 0},
		"I8": {8}, "U8": {8}, "F16": {0, 0x48}, "BF16": {0, 0x41}, "F32": {0, 0, 0, 0x41}, "F64": {0, 0, 0, 0, 0, 0, 0x20, 0x40}} {
		for _, shape := range []string{"[]", "[1]"} {
			f, err := Parse(file(fmt.Sprintf(`{"x":{"dtype":%q,"shape":%s,"data_offsets":[0,%d]}}`, kind, shape, len(bytes)), bytes...))
			if err != nil {
				t.Fatal(err)
			}
			if v, err := f.Tensors["x"].Number(); err != nil || v != 8 {
				t.Errorf("%s %s is %g, %v", kind, shape, v, err)
			}
		}
	}
	f, err := Parse(file(`{"x":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}`, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensors["x"].Number(); err == nil {
		t.Error("two values are one number")
	}
}

// Tensors that share their bytes would make much of a small file.
func TestOverlap(t *testing.T) {
	_, err := Parse(file(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, 1, 2, 3, 4))
	if err == nil || !strings.Contains(err.Error(), "a and b overlap") {
		t.Errorf("overlapping tensors: %v", err)
	}
}

func TestPickled(t *testing.T) {
	for _, data := range []string{"PK\x03\x04archive", "\x80\x02}q\x00.", "\x80\x02\x8a\nl\xfc", "\x80\x04\x95\x00\x00"} {
		if !pickled([]byte(data)) {
			t.Errorf("%q is no pickle", data)
		}
	}
	path := filepath.Join(t.TempDir(), "a.PT")
	if err := os.WriteFile(path, []byte("whatever it is"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "can run programs") {
		t.Errorf("a .pt file: %v", err)
	}
	if pickled(file(`{}`)) || pickled(nil) {
		t.Error("a safetensors file is a pickle")
	}
}
