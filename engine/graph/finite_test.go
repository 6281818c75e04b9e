package graph

import (
	"math"
	"testing"
)

var none = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}

func TestFinite(t *testing.T) {
	v := make([]float32, 1000)
	for i := range v {
		v[i] = (float32(i) - 500) * 6.8e35 // to the ends of float32
	}
	if !Finite(v) || !Finite(nil) {
		t.Error("large numbers are no numbers")
	}
	for _, x := range none {
		for _, at := range []int{0, 500, 999} {
			w := append([]float32(nil), v...)
			if w[at] = x; Finite(w) {
				t.Errorf("%v passes for a number", x)
			}
		}
	}
}
