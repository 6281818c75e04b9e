package vae

import (
	"context"
	"image"
	"testing"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// spreading is a decoder of factor 2 that averages a place with its neighbours, and sees nothing beyond an edge.
type spreading struct{}

func (spreading) Ports() ([]graph.Port, []graph.Port) {
	return []graph.Port{{Name: "latent_sample", Shape: []int{-1, 4, -1, -1}}}, []graph.Port{{Name: "sample", Shape: []int{-1, 3, -1, -1}}}
}

func (spreading) Run(_ context.Context, in map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	x := in["latent_sample"]
	h, w := x.Shape[2], x.Shape[3]
	out := tensor.Zeros(1, 3, 2*h, 2*w)
	for c := range 3 {
		for i := range 4 * h * w {
			for _, d := range [][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}} {
				if y, k := i/(2*w)/2+d[0], i%(2*w)/2+d[1]; y >= 0 && y < h && k >= 0 && k < w {
					out.Data[c*4*h*w+i] += x.Data[(c*h+y)*w+k] / 5
				}
			}
		}
	}
	return []tensor.Tensor{out}, nil
}

// A seamless picture is decoded as its middle would be if it were laid out again and again.
func TestAround(t *testing.T) {
	v, err := New("m", graph.Part{}, graph.Part{Graph: spreading{}, Config: []byte(`{"block_out_channels":[1,1],"scaling_factor":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	const h, w = 5, 6
	z := tensor.Zeros(1, 4, h, w)
	for i := range z.Data {
		z.Data[i] = float32(i*i%17)/17 - 0.5
	}
	ctx := context.Background()
	large, err := v.Decode(ctx, tensor.Wrapped(z, -h, -w, 3*h, 3*w), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct{ x, y bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		got, err := Around{v, way.x, way.y}.Decode(ctx, z, nil)
		if err != nil || got[0].Rect != image.Rect(0, 0, 2*w, 2*h) {
			t.Fatal(got[0].Rect, err)
		}
		for y := range 2 * h {
			for x := range 2 * w {
				same := got[0].RGBAAt(x, y) == large[0].RGBAAt(x+2*w, y+2*h)
				inside := (way.x || x > 1 && x < 2*w-2) && (way.y || y > 1 && y < 2*h-2)
				if inside && !same {
					t.Fatalf("%v: the pixel at %d, %d is another", way, x, y)
				}
			}
		}
		if edges := got[0].RGBAAt(0, 4) == large[0].RGBAAt(2*w, 2*h+4); edges != way.x {
			t.Errorf("%v: the left edge sees the right one: %v", way, edges)
		}
	}
}
