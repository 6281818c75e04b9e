// Package publishedtest makes checkpoints with the tensors of published models for tests.
package publishedtest

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine/network/published"
	"nirvana/models/checkpoint"
)

// tensors are a published model's, by a name of published.Tensors.
func tensors(t testing.TB, list string) []published.Tensor {
	t.Helper()
	all, err := published.Tensors(list)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// File is a published model's list of tensors as if a file of a name, in half precision, held them. There is no such file.
func File(t testing.TB, list, name string) *checkpoint.File {
	t.Helper()
	all, at := checkpoint.Weights{}, int64(0)
	path := filepath.Join(t.TempDir(), name+".safetensors")
	for _, w := range tensors(t, list) {
		n := 2 * w.Elements()
		all[w.Name] = checkpoint.Tensor{Type: "F16", Shape: w.Shape, Pieces: []checkpoint.Piece{{File: path, Offset: at, Length: n}}}
		at += n
	}
	return &checkpoint.File{Path: path, Size: at, Parts: checkpoint.Split(all)}
}

// Hollow writes a checkpoint in half precision with a published model's tensors, whose numbers take no room on the disk,
// and returns its path.
func Hollow(t testing.TB, list string) string {
	t.Helper()
	header, at := map[string]any{}, int64(0)
	for _, w := range tensors(t, list) {
		shape := append([]int64{}, w.Shape...)
		header[w.Name] = map[string]any{"dtype": "F16", "shape": shape, "data_offsets": []int64{at, at + 2*w.Elements()}}
		at += 2 * w.Elements()
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), list+".safetensors")
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 8+int64(len(head))+at); err != nil {
		t.Fatal(err)
	}
	return path
}
