package network

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/x448/float16"

	"nirvana/engine/network"
	"nirvana/engine/onnx/graphfile"
)

// Export writes a network for a checkpoint's weights in the form of optimum's exporter: a file model.onnx whose
// weights are float32, matrices as MatMul takes them, in a file model.onnx_data; the timestep is an integer.
func Export(g *network.Graph, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "model.onnx_data"))
	if err != nil {
		return err
	}
	w := &folder{from: g.Folder, to: bufio.NewWriterSize(file, 1<<20), weights: map[string]weight{}}
	err = w.fold(g.Model)
	if err := errors.Join(err, w.to.Flush(), file.Close()); err != nil {
		return err
	}
	wholeTimestep(g.Model)
	data, err := g.Model.Bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "model.onnx"), data, 0o644)
}

// folder applies operations on weights to the weights in advance (constant folding).
type folder struct {
	from    string
	to      *bufio.Writer
	at      int64
	weights map[string]weight // by the name of the value in the graph
}

// weight is a tensor in the checkpoint, and whether it is transposed.
type weight struct {
	*graphfile.Tensor
	turned bool
}

func (w *folder) fold(m *graphfile.Model) error {
	var own []*graphfile.Tensor
	for _, t := range m.Tensors {
		if t.External == nil {
			own = append(own, t)
		} else {
			w.weights[t.Name] = weight{Tensor: t}
		}
	}
	m.Nodes = slices.DeleteFunc(m.Nodes, w.folded)
	written := map[string]bool{}
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			c, ok := w.weights[in]
			if !ok || written[in] {
				continue
			}
			t, err := w.write(in, c)
			if err != nil {
				return err
			}
			own, written[in] = append(own, t), true
		}
	}
	m.Tensors = own
	return nil
}

// folded applies an operation on a weight: a conversion of precision or a transposition.
func (w *folder) folded(n *graphfile.Node) bool {
	c, ok := w.weights[n.Inputs[0]]
	if !ok || n.Op != "Cast" && !(n.Op == "Transpose" && len(c.Dims) == 2) {
		return false
	}
	c.turned = c.turned != (n.Op == "Transpose")
	w.weights[n.Outputs[0]] = c
	return true
}

// write writes a weight and returns its location.
func (w *folder) write(name string, c weight) (*graphfile.Tensor, error) {
	values, err := w.read(c.Tensor)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	dims := slices.Clone(c.Dims)
	if c.turned {
		values = turned(values, int(dims[0]), int(dims[1]))
		slices.Reverse(dims)
	}
	if rest := w.at % 4096; rest != 0 { // page-aligned, so that the file can be mapped
		w.to.Write(make([]byte, 4096-rest))
		w.at += 4096 - rest
	}
	t := &graphfile.Tensor{Name: name, Type: graphfile.Float32, Dims: dims,
		External: map[string]string{"location": "model.onnx_data", "offset": fmt.Sprint(w.at), "length": fmt.Sprint(4 * len(values))}}
	var word [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		w.to.Write(word[:])
	}
	w.at += int64(4 * len(values))
	return t, nil
}

// read reads a weight in half precision.
func (w *folder) read(t *graphfile.Tensor) ([]float32, error) {
	at, err := strconv.ParseInt(t.External["offset"], 10, 64)
	if err != nil || t.Type != graphfile.Float16 {
		return nil, fmt.Errorf("%s at %q is not in half precision", t.Type, t.External["offset"])
	}
	file, err := os.Open(filepath.Join(w.from, filepath.FromSlash(t.External["location"])))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, 2*t.Elements())
	if _, err := io.ReadFull(io.NewSectionReader(file, at, int64(len(data))), data); err != nil {
		return nil, err
	}
	values := make([]float32, t.Elements())
	for i := range values {
		values[i] = float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
	}
	return values, nil
}

func turned(v []float32, rows, columns int) []float32 {
	out := make([]float32, len(v))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = v[r*columns+c]
		}
	}
	return out
}

// wholeTimestep makes the timestep an integer tensor, one for all rows or one for each, as in exports.
func wholeTimestep(m *graphfile.Model) {
	for i, v := range m.Inputs {
		if v.Name == "timestep" {
			m.Inputs[i] = graphfile.NewValue(v.Name, graphfile.Int64, -1)
		}
	}
	for _, n := range m.Nodes {
		if n.Op == "Reshape" && n.Inputs[0] == "timestep" { // converts a scalar to a list of one
			n.Op, n.Inputs = "Cast", n.Inputs[:1]
			n.SetInt("to", int64(graphfile.Float32))
		}
	}
}
