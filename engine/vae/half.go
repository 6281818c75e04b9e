package vae

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
	"nirvana/engine/tile"
)

// half runs the encoder or the decoder on a tile [n, c, h, w].
func half(ctx context.Context, p graph.Part, input string) func(tensor.Tensor) (tensor.Tensor, error) {
	in, _ := p.Graph.Ports()
	name := input
	if graph.Find(in, name) == nil && len(in) == 1 {
		name = in[0].Name
	}
	h, w := graph.FixedSides(p, name)
	return func(x tensor.Tensor) (tensor.Tensor, error) {
		height, width := x.Shape[2], x.Shape[3]
		x = tensor.PadEdge(x, max(h, height), max(w, width))
		out, err := graph.RunWidening(ctx, p, map[string]tensor.Tensor{name: x})
		if err != nil {
			return tensor.Tensor{}, err
		}
		if len(out) == 0 || len(out[0].Shape) != 4 {
			return tensor.Tensor{}, fault.Unknown.Errorf("%s gave no picture: the file is not a VAE that this program knows", p.Name)
		}
		if y := out[0]; x.Shape[2] != height || x.Shape[3] != width {
			return tensor.Crop(y, 0, 0, y.Shape[2]*height/x.Shape[2], y.Shape[3]*width/x.Shape[3]), nil
		}
		return out[0], nil
	}
}

// tileSide is the side of the VAE's tiles in px.
func (v *VAE) tileSide() int { return max(v.Width, v.Height, 64*v.Scale) }

// tile is the side of a half's tiles in its own pixels, and whether height x width need no tiles.
func (v *VAE) tile(p graph.Part, input string, ratio float64, height, width int) (side int, whole bool) {
	if h, w := graph.FixedSides(p, input); h > 0 && w > 0 {
		return min(h, w), height <= h && width <= w
	}
	side = v.tileSide()
	if ratio > 1 {
		side /= v.Scale
	}
	return side, height <= side && width <= side
}

// runTiled runs one half on x [n, c, h, w] in tiles; ratio is output pixels per input pixel along an axis; report may be
// nil.
func (v *VAE) runTiled(ctx context.Context, p graph.Part, input string, x tensor.Tensor, ratio float64, report func(share float64)) (tensor.Tensor, error) {
	side, whole := v.tile(p, input, ratio, x.Shape[2], x.Shape[3])
	if whole {
		return half(ctx, p, input)(x)
	}
	return tile.Run(x, side, ratio, report, half(ctx, p, input))
}
