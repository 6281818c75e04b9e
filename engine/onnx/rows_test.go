package onnx

import (
	"fmt"
	"slices"
	"testing"

	"nirvana/engine"
)

// BenchmarkRows runs the U-Net of the model that ships with more and more rows in one call, at 256 px, and tells the
// milliseconds a row: where they do not fall, a search gains nothing from larger batches.
func BenchmarkRows(b *testing.B) {
	g, err := shared.Graph("../../models/nirvana/unet/model.onnx", Options{Fuse: true, Cache: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	for _, n := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			in := map[string]engine.Tensor{"sample": waves(n, 4, 32, 32), "timestep": waves(n), "encoder_hidden_states": waves(n, 24, 384)}
			for run(b, g, in); b.Loop(); {
				run(b, g, in)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*n), "ms/row")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// The numbers of two rows do not depend on the rows beside them, to the bit: so the runs of a search may be computed in one
// call (parallel.Join), and each is still the run of its seed alone.
func TestRowsAreAlike(t *testing.T) {
	g, err := shared.Graph("../../models/nirvana/unet/model.onnx", Options{Fuse: true, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, n := range []int{4, 6, 16} {
		in := map[string]engine.Tensor{"sample": waves(n, 4, 32, 32), "timestep": waves(n), "encoder_hidden_states": waves(n, 24, 384)}
		all, err := g.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for from := 0; from < n; from += 2 {
			two := map[string]engine.Tensor{}
			for name, x := range in {
				per := len(x.Data) / n
				two[name] = engine.Tensor{Shape: append([]int{2}, x.Shape[1:]...), Data: x.Data[from*per : (from+2)*per]}
			}
			out, err := g.Run(t.Context(), two)
			if err != nil {
				t.Fatal(err)
			}
			per := len(out[0].Data)
			if !slices.Equal(out[0].Data, all[0].Data[from/2*per:(from/2+1)*per]) {
				t.Errorf("rows %d and %d of %d differ from the same rows alone", from, from+1, n)
			}
		}
	}
}
