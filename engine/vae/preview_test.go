package vae

import (
	"testing"

	"nirvana/engine/tensor"
)

func TestFitLinearFindsTheMap(t *testing.T) {
	z := blobs(4, 4, 12, 2)
	truth := []float32{0.3, -0.2, 0.1, 0.05, 0.4, -0.3, -0.1, 0.2, 0.25, 0.15, -0.05, 0.35, 0.02, -0.04, 0.06}
	rgb := tensor.Zeros(4, 3, 12, 12)
	for n := 0; n < 4; n++ {
		for at := 0; at < 144; at++ {
			for q := 0; q < 3; q++ {
				v := truth[12+q]
				for c := 0; c < 4; c++ {
					v += truth[3*c+q] * z.Data[(n*4+c)*144+at]
				}
				rgb.Data[(n*3+q)*144+at] = v
			}
		}
	}
	for i, got := range fitLinear(z, rgb) {
		if d := got - truth[i]; d > 1e-3 || d < -1e-3 {
			t.Errorf("factor %d: %g, want %g", i, got, truth[i])
		}
	}
}
