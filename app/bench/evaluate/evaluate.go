// Package evaluate opens one network of a checkpoint and runs it once, for the benchmark of published shapes.
package evaluate

import (
	"context"
	"fmt"
	"math"
	"strings"

	"nirvana/engine/graph"
	"nirvana/engine/onnx"
	"nirvana/engine/tensor"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// Output is what a network gave: names and shapes, and how many numbers are not finite.
type Output struct {
	Shapes    []string
	NotFinite int
}

// Once opens the network of this name in a checkpoint with the library at the path and runs it once, at 16 x 16 latent pixels or
// 8 tokens. plain leaves the graph as it is written (onnx.Options.Plain).
func Once(ctx context.Context, library, file, name string, plain bool) (out Output, err error) {
	f, err := checkpoint.Open(file)
	if err != nil {
		return out, err
	}
	m, err := checkpoint.Assemble(f)
	if err != nil {
		return out, err
	}
	r, err := onnx.Open(library)
	if err != nil {
		return out, err
	}
	defer r.Close()
	for _, n := range m.Networks() {
		if n.Name == name {
			return run(ctx, r, models.Part{Name: n.Name, Path: file, Config: n.Config, Weights: n.Weights}, plain)
		}
	}
	return out, fmt.Errorf("%s has no network %q", file, name)
}

func run(ctx context.Context, r *onnx.Runtime, p models.Part, plain bool) (out Output, err error) {
	g, err := r.Network(p, false, onnx.Options{Fuse: true, Plain: plain})
	if err != nil {
		return out, err
	}
	defer g.Close()
	in, names := g.Ports()
	given := map[string]tensor.Tensor{}
	for _, port := range in {
		given[port.Name] = numbers(port)
	}
	all, err := g.Run(ctx, given)
	if err != nil {
		return out, err
	}
	for i, t := range all {
		out.Shapes = append(out.Shapes, fmt.Sprintf("%s %v", names[i].Name, t.Shape))
		for _, v := range t.Data {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				out.NotFinite++
			}
		}
	}
	return out, nil
}

// numbers are an input of one row: pictures of 16 x 16 latent pixels or 64 px, everything else of 8.
func numbers(p graph.Port) tensor.Tensor {
	var shape []int
	for axis, d := range p.Shape {
		switch {
		case d >= 0:
		case axis == 0 && !places(p.Name):
			d = 1
		case len(p.Shape) == 4 && p.Shape[1] == 3:
			d = 64
		case len(p.Shape) == 4:
			d = 16
		default:
			d = 8
		}
		shape = append(shape, d)
	}
	t := tensor.Zeros(shape...)
	for i := range t.Data {
		switch {
		case strings.Contains(p.Type, "int"):
			t.Data[i] = float32(i)
		case p.Name == "timestep":
			t.Data[i] = 0.8
		default:
			t.Data[i] = float32(math.Sin(0.7 * float64(i)))
		}
	}
	return t
}

// places reports whether an input has a row for each token, without an axis for the batch.
func places(name string) bool { return name == "img_ids" || name == "txt_ids" }
