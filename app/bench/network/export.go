package network

import (
	"errors"
	"os"
	"path/filepath"

	"nirvana/engine/network"
	"nirvana/engine/onnx/fold"
	"nirvana/engine/onnx/graphfile"
)

// Export writes a network for a checkpoint's weights in the form of optimum's exporter: a file model.onnx whose
// weights are float32, matrices as MatMul takes them, in a file model.onnx_data; the timestep is an integer.
func Export(g *network.Graph, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	w, err := createSparse(filepath.Join(dir, "model.onnx_data"))
	if err != nil {
		return err
	}
	if err := errors.Join(fold.Into(g.Model, g.Folder, w, "model.onnx_data"), w.Close()); err != nil {
		return err
	}
	wholeTimestep(g.Model)
	data, err := g.Model.Bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "model.onnx"), data, 0o644)
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
