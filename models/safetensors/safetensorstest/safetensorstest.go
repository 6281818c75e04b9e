// Package safetensorstest makes files of weights for tests.
package safetensorstest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Bytes is a file of tensors of these shapes, in half precision, whose bytes are all of one value.
func Bytes(t testing.TB, value byte, shapes map[string][]int) []byte {
	t.Helper()
	table, at := map[string]any{}, 0
	for name, shape := range shapes {
		n := 2
		for _, d := range shape {
			n *= d
		}
		table[name] = map[string]any{"dtype": "F16", "shape": shape, "data_offsets": []int{at, at + n}}
		at += n
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	return append(data, bytes.Repeat([]byte{value}, at)...)
}

// File writes such a file, of zeros, with the folders that it is in.
func File(t testing.TB, path string, shapes map[string][]int) string {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, Bytes(t, 0, shapes), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
