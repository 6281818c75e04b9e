package vae

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// convolving is an encoder of factor 2 whose latents are box means of radius px around them, or that sees the whole picture.
type convolving struct {
	radius int
	whole  bool
	seen   int // pixels that it was given
}

func (*convolving) Ports() ([]graph.Port, []graph.Port) {
	return []graph.Port{{Name: "sample", Shape: []int{-1, 3, -1, -1}}}, []graph.Port{{Name: "latent_sample", Shape: []int{-1, 4, -1, -1}}}
}

func (g *convolving) Run(_ context.Context, in map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	x := in["sample"]
	h, w := x.Shape[2], x.Shape[3]
	g.seen += h * w
	out := tensor.Zeros(1, 4, h/2, w/2)
	mean := float32(0)
	if g.whole {
		for _, v := range x.Data {
			mean += v / float32(len(x.Data))
		}
	}
	for c := range 4 {
		for y := range h / 2 {
			for k := range w / 2 {
				sum := mean
				for dy := -g.radius; dy <= g.radius; dy++ {
					for dx := -g.radius; dx <= g.radius; dx++ {
						if v, u := 2*y+dy, 2*k+dx; v >= 0 && v < h && u >= 0 && u < w {
							sum += x.Data[(c%3*h+v)*w+u]
						}
					}
				}
				out.Data[(c*(h/2)+y)*(w/2)+k] = sum / float32(g.radius+1)
			}
		}
	}
	return []tensor.Tensor{out}, nil
}

// strokes are pictures each of which differs from the one before in a rectangle.
func strokes(n, side int, r *rand.Rand) (out []*image.RGBA) {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
	}
	for range n {
		next := image.NewRGBA(img.Rect)
		copy(next.Pix, img.Pix)
		x, y := r.IntN(side-8), r.IntN(side-8)
		for i := range 60 {
			for k := range 3 {
				next.Pix[next.PixOffset(x+i%8, y+i/8)+k] ^= 0xff
			}
		}
		out, img = append(out, next), next
	}
	return out
}

// What an encoder of convolutions makes of pictures that differ in part is what it makes of the whole ones, and most of
// them is not encoded again; one that sees the whole picture is given the whole every time.
func TestEncodedAgain(t *testing.T) {
	for name, g := range map[string]*convolving{"near": {radius: 2}, "far": {radius: 7}, "whole": {radius: 1, whole: true}} {
		encoder := graph.Part{Graph: g, Name: "vae_encoder"}
		v, err := New("m", encoder, graph.Part{Graph: spreading{}, Config: []byte(`{"block_out_channels":[1,1],"scaling_factor":1,"sample_size":96}`)})
		if err != nil {
			t.Fatal(err)
		}
		const side, n = 96, 24
		var e Encoded
		ctx, pictures := context.Background(), strokes(n, side, rand.New(rand.NewPCG(7, 1)))
		parts := 0
		for i, img := range pictures {
			got, err := e.Encode(ctx, v, img, nil)
			if err != nil {
				t.Fatal(err)
			}
			if e.Last() != img.Rect {
				parts++
			}
			want, err := v.Encode(ctx, img, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := got.apart(want); d > 1e-4*want.spread() || math.IsNaN(d) {
				t.Fatalf("%s, picture %d: the latents are %g apart", name, i, d)
			}
			for k := range got.Mean.Data { // a run scales them in place
				got.Mean.Data[k] *= 3
			}
		}
		if whole := name == "whole"; whole != (parts == 0) || !whole && parts < n/2 {
			t.Errorf("%s: %d of %d pictures were encoded in part", name, parts, n)
		}
		if _, err := e.Encode(ctx, v, pictures[n-1], nil); err != nil || name != "whole" && !e.Last().Empty() {
			t.Errorf("%s: the same picture is encoded again: %v %v", name, e.Last(), err)
		}
		seen := g.seen
		small := strokes(1, 64, rand.New(rand.NewPCG(3, 3)))[0]
		if p, err := e.Encode(ctx, v, small, nil); err != nil || p.Mean.Shape[2] != 32 || g.seen-seen != 64*64 {
			t.Errorf("%s: a picture of another size: %v %v", name, p.Mean.Shape, err)
		}
	}
}
