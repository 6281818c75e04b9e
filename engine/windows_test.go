package engine

import (
	"context"
	"image"
	"math"
	"testing"

	"nirvana/engine/sample"
)

func TestWindowEdgesCoverEverything(t *testing.T) {
	for _, c := range []struct{ length, window, unit int }{{16, 16, 8}, {40, 16, 8}, {37, 16, 1}, {256, 64, 8}, {17, 16, 1}} {
		for shift := range windowStride(c.window, c.unit) {
			coverEverything(t, c.length, c.window, c.unit, shift)
		}
	}
}

func coverEverything(t *testing.T, length, window, unit, shift int) {
	t.Helper()
	edges := windowEdges(length, window, unit, shift)
	covered := make([]bool, length)
	for _, e := range edges {
		if e < 0 || e+min(window, length) > length {
			t.Fatalf("%d places, shift %d: window at %d leaves the picture", length, shift, e)
		}
		for i := e; i < e+min(window, length); i++ {
			covered[i] = true
		}
	}
	for i, ok := range covered {
		if !ok {
			t.Errorf("%d places, shift %d: place %d is in no window", length, shift, i)
		}
	}
}

// A network that looks at one place at a time gives the same in windows as whole.
func TestWindowsOfAPointwiseNetworkChangeNothing(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{model: m, n: 1, height: 20, width: 28}
	r := &run{plan: p, state: &sample.State{}, conditioning: &conditioning{}}
	x := Zeros(1, 3, 20, 28)
	for i := range x.Data {
		x.Data[i] = float32(math.Sin(float64(i*i) / 50))
	}
	point := func(x Tensor, _ image.Point) (Tensor, error) {
		out := x.Clone()
		for i, v := range x.Data {
			out.Data[i] = v*v - 0.3*v
		}
		return out, nil
	}
	want, _ := point(x, image.Point{})
	got, err := r.windowed(context.Background(), x, 8, point)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Data {
		near(t, "value", float64(got.Data[i]), float64(want.Data[i]), 1e-5)
	}
}
