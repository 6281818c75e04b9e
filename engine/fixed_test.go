package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// A network of two rows is asked for any number of them in parts, filled up with the last; what has one row stays.
func TestObey(t *testing.T) {
	var asked [][]float32
	g := &fakeGraph{in: []Port{{"sample", "float32", []int{2, 1}}, {"timestep", "int64", []int{1}}, {"txt_ids", "float32", []int{3, 1}}}}
	g.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		if len(in["timestep"].Data) != 1 || len(in["txt_ids"].Data) != 3 {
			t.Errorf("asked with %v", in)
		}
		asked = append(asked, in["sample"].Data)
		return []Tensor{in["sample"].Clone()}, nil
	}
	for rows, want := range map[int][][]float32{1: {{0, 0}}, 2: {{0, 1}}, 5: {{0, 1}, {2, 3}, {4, 4}}} {
		asked = nil
		x := Zeros(rows, 1)
		for i := range x.Data {
			x.Data[i] = float32(i)
		}
		out, err := runObeying(context.Background(), Part{Graph: g}, map[string]Tensor{"sample": x, "timestep": repeat([]float32{7}, rows), "txt_ids": Zeros(3, 1)})
		if err != nil || !slices.Equal(out[0].Data, x.Data) || out[0].Shape[0] != rows || !slices.EqualFunc(asked, want, slices.Equal) {
			t.Errorf("%d rows: asked %v, got %v, %v", rows, asked, out, err)
		}
	}
	_, err := runObeying(context.Background(), Part{Graph: g}, map[string]Tensor{"sample": Zeros(1, 9), "timestep": Zeros(1), "txt_ids": Zeros(3, 1)})
	if fault.Of(err) != fault.Size || !strings.Contains(err.Error(), "sample of 2x1 alone") {
		t.Error(err)
	}
}
