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

func TestWrapped(t *testing.T) {
	x := Zeros(1, 2, 3, 4)
	for i := range x.Data {
		x.Data[i] = float32(i)
	}
	for _, c := range []struct{ y, x, h, w int }{{0, 0, 3, 4}, {1, 2, 3, 4}, {-1, -3, 3, 4}, {-7, 9, 8, 11}, {2, 3, 1, 1}} {
		got := Wrapped(x, c.y, c.x, c.h, c.w)
		for p := range 2 {
			for y := range c.h {
				for k := range c.w {
					if want := x.Data[(p*3+((c.y+y)%3+3)%3)*4+((c.x+k)%4+4)%4]; got.Data[(p*c.h+y)*c.w+k] != want {
						t.Fatalf("%v: plane %d, %d, %d is %g, want %g", c, p, y, k, got.Data[(p*c.h+y)*c.w+k], want)
					}
				}
			}
		}
	}
}
