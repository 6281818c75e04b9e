package engine

import (
	"context"
	"testing"
)

func TestWindowEdgesCoverEverything(t *testing.T) {
	for _, c := range []struct{ length, window, unit int }{{16, 16, 8}, {40, 16, 8}, {37, 16, 1}, {256, 64, 8}, {17, 16, 1}} {
		edges := windowEdges(c.length, c.window, c.unit)
		covered := make([]bool, c.length)
		for _, e := range edges {
			if e < 0 || e+min(c.window, c.length) > c.length {
				t.Fatalf("%v: window at %d leaves the picture", c, e)
			}
			for i := e; i < e+min(c.window, c.length); i++ {
				covered[i] = true
			}
		}
		for i, ok := range covered {
			if !ok {
				t.Errorf("%v: place %d is in no window", c, i)
			}
		}
	}
}

// A network that looks at one place at a time gives the same in windows as whole.
func TestWindowsOfAPointwiseNetworkChangeNothing(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{model: m, n: 1, height: 20, width: 28}
	x := blobs(1, 3, 28, 1)
	x = crop(x, 0, 0, 20, 28)
	point := func(x Tensor) (Tensor, error) {
		out := x.Clone()
		for i, v := range x.Data {
			out.Data[i] = v*v - 0.3*v
		}
		return out, nil
	}
	want, _ := point(x)
	got, err := r.windowed(context.Background(), x, 8, point)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Data {
		near(t, "value", float64(got.Data[i]), float64(want.Data[i]), 1e-5)
	}
}
