package onnx

import (
	"fmt"
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
