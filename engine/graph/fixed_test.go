package graph

import (
	"context"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
)

// A network of two rows is asked for any number of them in parts, filled up with the last; what has one row stays.
func TestInBatches(t *testing.T) {
	var asked [][]float32
	g := &fakeGraph{in: []Port{{"sample", "float32", []int{2, 1}}, {"timestep", "int64", []int{1}}, {"txt_ids", "float32", []int{3, 1}}}}
	g.run = func(_ context.Context, in map[string]tensor.Tensor) ([]tensor.Tensor, error) {
		if len(in["timestep"].Data) != 1 || len(in["txt_ids"].Data) != 3 {
			t.Errorf("asked with %v", in)
		}
		asked = append(asked, in["sample"].Data)
		return []tensor.Tensor{in["sample"].Clone()}, nil
	}
	for rows, want := range map[int][][]float32{1: {{0, 0}}, 2: {{0, 1}}, 5: {{0, 1}, {2, 3}, {4, 4}}} {
		asked = nil
		x := tensor.Zeros(rows, 1)
		for i := range x.Data {
			x.Data[i] = float32(i)
		}
		out, err := RunInBatches(context.Background(), Part{Graph: g}, map[string]tensor.Tensor{"sample": x, "timestep": tensor.Repeat([]float32{7}, rows), "txt_ids": tensor.Zeros(3, 1)})
		if err != nil || !slices.Equal(out[0].Data, x.Data) || out[0].Shape[0] != rows || !slices.EqualFunc(asked, want, slices.Equal) {
			t.Errorf("%d rows: asked %v, got %v, %v", rows, asked, out, err)
		}
	}
	_, err := RunInBatches(context.Background(), Part{Graph: g}, map[string]tensor.Tensor{"sample": tensor.Zeros(1, 9), "timestep": tensor.Zeros(1), "txt_ids": tensor.Zeros(3, 1)})
	if fault.Of(err) != fault.Size || !strings.Contains(err.Error(), "sample of 2x1 alone") {
		t.Error(err)
	}
}

// fakeGraph is a network made of a Go function.
type fakeGraph struct {
	in  []Port
	run func(context.Context, map[string]tensor.Tensor) ([]tensor.Tensor, error)
}

func (g *fakeGraph) Ports() ([]Port, []Port) { return g.in, nil }

func (g *fakeGraph) Run(ctx context.Context, in map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	return g.run(ctx, in)
}
