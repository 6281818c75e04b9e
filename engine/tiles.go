package engine

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Tiles of the VAE: what is larger than the model's own size goes through in
// overlapping tiles whose overlaps are blended, so that memory stays bounded
// and a stop is quick. The geometry is the field's (overlap 1/4 of a tile).
const tileOverlap = 0.25

// half runs one of the VAE's over a tile [n, c, h, w].
func half(ctx context.Context, p Part, input string) func(Tensor) (Tensor, error) {
	in, _ := p.Graph.Ports()
	name := input
	if graph.Find(in, name) == nil && len(in) == 1 {
		name = in[0].Name
	}
	h, w := graph.FixedSides(p, name)
	return func(x Tensor) (Tensor, error) {
		height, width := x.Shape[2], x.Shape[3]
		x = tensor.PadEdge(x, max(h, height), max(w, width))
		out, err := graph.RunWidening(ctx, p, map[string]Tensor{name: x})
		if err != nil {
			return Tensor{}, err
		}
		if len(out) == 0 || len(out[0].Shape) != 4 {
			return Tensor{}, fault.Unknown.Errorf("%s gave no picture: the file is not a VAE that this program knows", p.Name)
		}
		if y := out[0]; x.Shape[2] != height || x.Shape[3] != width {
			return tensor.Crop(y, 0, 0, y.Shape[2]*height/x.Shape[2], y.Shape[3]*width/x.Shape[3]), nil
		}
		return out[0], nil
	}
}

// tileSide is the side of the VAE's tiles in px.
func (m *Model) tileSide() int { return max(m.config.width, m.config.height, 64*m.config.scale) }

// tile is the side of a half's tiles in its own places, and whether height x width of them need none.
func (m *Model) tile(p Part, input string, ratio float64, height, width int) (side int, whole bool) {
	if h, w := graph.FixedSides(p, input); h > 0 && w > 0 {
		return min(h, w), height <= h && width <= w
	}
	side = m.tileSide()
	if ratio > 1 {
		side /= m.config.scale
	}
	return side, height <= side && width <= side
}

// runTiled runs a VAE half over x [n, c, h, w]; ratio is output places an input place.
func (m *Model) runTiled(ctx context.Context, p Part, input string, x Tensor, ratio float64) (Tensor, error) {
	tile, whole := m.tile(p, input, ratio, x.Shape[2], x.Shape[3])
	if whole {
		return half(ctx, p, input)(x)
	}
	return tiled(x, tile, ratio, half(ctx, p, input))
}

// tiled cuts x into tiles, runs each, blends every tile with the one above and
// the one to its left over the overlap, and joins them.
func tiled(x Tensor, tile int, ratio float64, run func(Tensor) (Tensor, error)) (Tensor, error) {
	var out Tensor
	g := tiling{height: x.Shape[2], width: x.Shape[3], tile: tile, ratio: ratio}
	err := g.each(func(y, cx, h, w int) (Tensor, error) { return run(tensor.Crop(x, y, cx, h, w)) }, func(t Tensor, y, cx, limit int) {
		if out.Data == nil {
			out = Zeros(t.Shape[0], t.Shape[1], int(float64(x.Shape[2])*ratio), int(float64(x.Shape[3])*ratio))
		}
		place(out, t, y, cx, limit)
	})
	return out, err
}

// tiling is how a plane is cut into tiles: of height x width places, in tiles of
// tile places a side; an input place gives ratio output places.
type tiling struct {
	height, width, tile int
	ratio               float64
	report              func(share float64)
}

// each runs the tiles, row by row. put gets every tile blended with its
// neighbours, where it goes in the output, and how much of it counts: only a row
// of tiles is held at a time.
func (g tiling) each(run func(y, x, h, w int) (Tensor, error), put func(t Tensor, y, x, limit int)) error {
	step := int(float64(g.tile) * (1 - tileOverlap))
	outTile := int(float64(g.tile) * g.ratio)
	extent := int(float64(outTile) * tileOverlap)
	limit := outTile - extent
	count := func(n int) int { return (n + step - 1) / step }
	done, all := 0, count(g.height)*count(g.width)
	var above []Tensor
	for y, oy := 0, 0; y < g.height; y, oy = y+step, oy+limit {
		var row []Tensor
		for cx, ox := 0, 0; cx < g.width; cx, ox = cx+step, ox+limit {
			t, err := run(y, cx, min(g.tile, g.height-y), min(g.tile, g.width-cx))
			if err != nil {
				return err
			}
			i := len(row)
			if above != nil {
				blendRows(above[i], t, extent)
			}
			if i > 0 {
				blendColumns(row[i-1], t, extent)
			}
			row = append(row, t)
			put(t, oy, ox, limit)
			if done++; g.report != nil {
				g.report(float64(done) / float64(all))
			}
		}
		above = row
	}
	return nil
}

// place copies at most limit x limit places of a tile into out.
func place(out, t Tensor, y, x, limit int) {
	h, w := min(limit, t.Shape[2], out.Shape[2]-y), min(limit, t.Shape[3], out.Shape[3]-x)
	for p := 0; p < t.Shape[0]*t.Shape[1]; p++ {
		for r := 0; r < h; r++ {
			to := (p*out.Shape[2]+y+r)*out.Shape[3] + x
			from := (p*t.Shape[2] + r) * t.Shape[3]
			copy(out.Data[to:to+w], t.Data[from:from+w])
		}
	}
}

func blendRows(above, t Tensor, extent int) {
	extent = min(extent, above.Shape[2], t.Shape[2])
	w := min(above.Shape[3], t.Shape[3])
	for p := 0; p < t.Shape[0]*t.Shape[1]; p++ {
		for r := 0; r < extent; r++ {
			f := float32(r) / float32(extent)
			a := above.Data[(p*above.Shape[2]+above.Shape[2]-extent+r)*above.Shape[3]:]
			b := t.Data[(p*t.Shape[2]+r)*t.Shape[3]:]
			for x := 0; x < w; x++ {
				b[x] = a[x]*(1-f) + b[x]*f
			}
		}
	}
}

func blendColumns(left, t Tensor, extent int) {
	extent = min(extent, left.Shape[3], t.Shape[3])
	h := min(left.Shape[2], t.Shape[2])
	for p := 0; p < t.Shape[0]*t.Shape[1]; p++ {
		for y := 0; y < h; y++ {
			a := left.Data[(p*left.Shape[2]+y)*left.Shape[3]+left.Shape[3]-extent:]
			b := t.Data[(p*t.Shape[2]+y)*t.Shape[3]:]
			for x := 0; x < extent; x++ {
				f := float32(x) / float32(extent)
				b[x] = a[x]*(1-f) + b[x]*f
			}
		}
	}
}
