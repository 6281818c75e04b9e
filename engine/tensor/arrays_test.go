package tensor

import (
	"slices"
	"testing"
)

func TestPool(t *testing.T) {
	z := Zeros(1, 2, 4, 2)
	for i := range z.Data {
		z.Data[i] = float32(i)
	}
	if got := Pool(z, 2, 1); !slices.Equal(got.Shape, []int{1, 2, 2, 1}) || !slices.Equal(got.Data, []float32{1.5, 5.5, 9.5, 13.5}) {
		t.Errorf("%v %v", got.Shape, got.Data)
	}
}
