package safetensors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func withHead(head string, values int) []byte {
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(data, head...), make([]byte, values)...)
}

// Headers that lie are found out, in a line that says how.
func TestLyingHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"overlap":   {withHead(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "overlapping tensors"},
		"twice":     {withHead(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "twice"},
		"outside":   {withHead(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, 8), "cut off"},
		"shape":     {withHead(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "takes 12"},
		"absurd":    {withHead(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}`, 8), "impossible"},
		"negative":  {withHead(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}`, 8), "impossible"},
		"backwards": {withHead(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}`, 8), "position"},
		"type":      {withHead(`{"a":{"dtype":"Q9","shape":[8],"data_offsets":[0,8]}}`, 8), "unknown type"},
		"axes":      {withHead(`{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}`, 1), "axes"},
		"length":    {binary.LittleEndian.AppendUint64(nil, 1<<60), "table of contents"},
		"cut":       {withHead(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, 0)[:30], "cut off"},
		"json":      {withHead(`{"a":5}`, 0), "broken"},
		"no json":   {withHead(`[]`, 0), "not JSON"},
	} {
		_, err := parseHeader(bytes.NewReader(c.data), int64(len(c.data)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	head := `{"__metadata__":{"k":"v"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`
	if err := os.WriteFile(path, withHead(head, 16), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := ReadHeader(path)
	if err != nil {
		t.Fatal(err)
	}
	if a := h.Tensors["a"]; a.Offset != int64(8+len(head)+4) || a.Length != 12 || h.Metadata["k"] != "v" || len(h.Tensors) != 2 {
		t.Errorf("%+v", h)
	}
}

// Beside an axis of 0 every other would fit: none is longer than the file, by whose lengths of axes networks are written.
func TestEmptyTensors(t *testing.T) {
	for shape, whole := range map[string]bool{"[0]": true, "[0,4]": true, "[1099511627776,0]": false, "[0,1099511627776]": false} {
		data := file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":`+shape+`,"data_offsets":[4,4]}}`, 1, 2, 3, 4)
		if _, err := parseHeader(bytes.NewReader(data), int64(len(data))); (err == nil) != whole {
			t.Errorf("%s: %v", shape, err)
		}
		if _, err := Parse(data); (err == nil) != whole {
			t.Errorf("%s, read whole: %v", shape, err)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(withHead(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12))
	f.Add(withHead(`{"__metadata__":{"a":1},"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, 2))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, '{'})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := parseHeader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for name, e := range h.Tensors {
			if e.Offset < 8 || e.Length < 0 || e.Offset+e.Length > int64(len(data)) {
				t.Fatalf("%q lies at %d, %d bytes, in a file of %d", name, e.Offset, e.Length, len(data))
			}
		}
	})
}
