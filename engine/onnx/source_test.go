package onnx

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// longWeights is more than a few pages of float32.
const longWeights = 1 << 16

// values are so many float32, all the same, as a file has them.
func valuesOf(v float32) []byte {
	raw := make([]byte, 0, 4*longWeights)
	for range longWeights {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

// fromMapped is a network that adds weights out of a file beside it, which ONNX Runtime maps.
func fromMapped(t *testing.T) (g *Graph, weights string) {
	m := graphfile.New(17)
	m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: "w", Type: graphfile.Float32, Dims: []int64{longWeights},
		External: map[string]string{"location": "weights", "offset": "0", "length": "262144"}})
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, 1)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("y", graphfile.Float32, longWeights)}
	node(m, "Add", "add", "y", "w", "x")
	path := save(t, m)
	weights = filepath.Join(filepath.Dir(path), "weights")
	write(t, weights, valuesOf(2))
	return open(t, path, Options{}), weights
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// added is what the network makes of 1.
func added(g *Graph) (float32, error) {
	out, err := g.Run(context.Background(), map[string]engine.Tensor{"x": {Shape: []int{1}, Data: []float32{1}}})
	if err != nil {
		return 0, err
	}
	return out[0].Data[longWeights-1], nil
}

// later moves a file's time on, as writing it a moment later would.
func later(t *testing.T, path string) {
	t.Helper()
	now := time.Now().Add(time.Minute)
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
}

// A file of weights that is cut off, written over, replaced or taken away while its network is open ends no program and
// makes no wrong numbers: it is said in one line, and what is mapped already goes on.
func TestFilesChangeWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nobody can write into mapped files there")
	}
	for what, c := range map[string]struct {
		do         func(t *testing.T, path string)
		kind, next fault.Kind // of the run after it, and of the next opening; "": it goes on
	}{
		"cut off":      {func(t *testing.T, path string) { os.Truncate(path, 100) }, fault.Replaced, fault.Replaced},
		"written over": {func(t *testing.T, path string) { write(t, path, valuesOf(3)); later(t, path) }, fault.Replaced, fault.Replaced},
		"replaced": {func(t *testing.T, path string) {
			write(t, path+".new", valuesOf(3))
			later(t, path+".new")
			os.Rename(path+".new", path)
		}, "", fault.Replaced},
		"gone": {func(t *testing.T, path string) { os.Remove(path) }, "", fault.Missing},
	} {
		t.Run(what, func(t *testing.T) {
			g, weights := fromMapped(t)
			if v, err := added(g); v != 3 || err != nil {
				t.Fatal(v, err)
			}
			c.do(t, weights)
			v, err := added(g)
			if c.kind == "" && (v != 3 || err != nil) {
				t.Errorf("it does not go on: %v, %v", v, err)
			}
			if c.kind != "" && (fault.Of(err) != c.kind || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), weights)) {
				t.Errorf("%v, %v", v, err)
			}
			g.Close()
			if _, err := added(g); fault.Of(err) != c.next {
				t.Errorf("opened again: %v", err)
			}
			write(t, weights, valuesOf(4)) // and described again it runs
			if v, err := added(open(t, g.path, Options{})); v != 5 || err != nil {
				t.Errorf("described anew: %v, %v", v, err)
			}
		})
	}
}

// A page that cannot be read, of a file that says nothing of it (a network that is away), is told too, and the session is
// opened again when it is there again.
func TestPageLost(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not told apart there")
	}
	g, weights := fromMapped(t)
	if _, err := added(g); err != nil {
		t.Fatal(err)
	}
	was := g.sources[1].seen
	if err := os.Truncate(weights, 0); err != nil {
		t.Fatal(err)
	}
	now, err := os.Stat(weights)
	if err != nil {
		t.Fatal(err)
	}
	g.sources[1].seen = now // as if it were whole
	if _, err := added(g); fault.Of(err) != fault.Missing || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	write(t, weights, valuesOf(2))
	os.Chtimes(weights, was.ModTime(), was.ModTime())
	g.sources[1].seen = was
	if v, err := added(g); v != 3 || err != nil {
		t.Errorf("when it is back: %v, %v", v, err)
	}
}

// A checkpoint of the same names and sizes in the place of the one that was read is not taken for it.
func TestCheckpointReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	head := []byte(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`)
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	write(t, path, append(data, make([]byte, 8)...))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	p := models.Part{Weights: checkpoint.Weights{"w": {Type: "F32", Shape: []int64{2}, Pieces: []checkpoint.Piece{{File: path, Offset: int64(len(data)), Length: 8, As: info}}}}}
	g := &Graph{path: path, sources: weightSources(p)}
	if err := g.changed(false); err != nil {
		t.Fatal(err)
	}
	write(t, path, append(data, make([]byte, 8)...))
	later(t, path)
	if err := g.changed(false); fault.Of(err) != fault.Replaced {
		t.Errorf("%v", err)
	}
}
