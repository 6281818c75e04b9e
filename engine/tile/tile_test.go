package tile

import (
	"math"
	"testing"

	"nirvana/engine/tensor"
)

// Zeros below or right of ones: over the overlap the tile rises as diffusers' blend_v and blend_h have it.
func TestBlend(t *testing.T) {
	ones := tensor.Zeros(1, 1, 8, 8)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	down, right := tensor.Zeros(1, 1, 8, 8), tensor.Zeros(1, 1, 8, 8)
	blendRows(ones, down, 4)
	blendColumns(ones, right, 4)
	for i, want := range []float64{1, 0.75, 0.5, 0.25, 0, 0, 0, 0} {
		if got := float64(down.Data[8*i]); math.Abs(got-want) > 1e-6 {
			t.Errorf("row %d is %g, want %g", i, got, want)
		}
		if got := float64(right.Data[i]); math.Abs(got-want) > 1e-6 {
			t.Errorf("column %d is %g, want %g", i, got, want)
		}
	}
}
