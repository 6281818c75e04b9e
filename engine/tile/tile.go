// Package tile runs a network on a large plane in overlapping tiles and blends the overlaps, so that memory is
// bounded and a stop is quick.
package tile

import "nirvana/engine/tensor"

// overlap is the share of a tile's side that it shares with its neighbour, as in diffusers.
const overlap = 0.25

// Run cuts x into tiles of tile pixels a side, runs each, blends every tile with the one above and the one to its
// left over the overlap, and joins them. ratio is output pixels per input pixel along an axis; report gets the share
// that is done, nil: nobody does.
func Run(x tensor.Tensor, tile int, ratio float64, report func(share float64), run func(tensor.Tensor) (tensor.Tensor, error)) (tensor.Tensor, error) {
	var out tensor.Tensor
	g := Plane{Height: x.Shape[2], Width: x.Shape[3], Tile: tile, Ratio: ratio, Report: report}
	err := g.Each(func(y, cx, h, w int) (tensor.Tensor, error) { return run(tensor.Crop(x, y, cx, h, w)) }, func(t tensor.Tensor, y, cx, limit int) {
		if out.Data == nil {
			out = tensor.Zeros(t.Shape[0], t.Shape[1], int(float64(x.Shape[2])*ratio), int(float64(x.Shape[3])*ratio))
		}
		Place(out, t, y, cx, limit)
	})
	return out, err
}

// Plane is how a plane of Height x Width pixels is cut into tiles of Tile pixels a side; Ratio is output pixels per
// input pixel along an axis.
type Plane struct {
	Height, Width, Tile int
	Ratio               float64
	Report              func(share float64) // receives the share done, 0 to 1; may be nil
}

// Each runs the tiles, row by row. put receives every tile, blended with its neighbours, its position in the output,
// and how much of it is valid: of the tiles before only the edges are held that others are blended with.
func (g Plane) Each(run func(y, x, h, w int) (tensor.Tensor, error), put func(t tensor.Tensor, y, x, limit int)) error {
	step := int(float64(g.Tile) * (1 - overlap))
	outTile := int(float64(g.Tile) * g.Ratio)
	extent := int(float64(outTile) * overlap)
	limit := outTile - extent
	count := func(n int) int { return (n + step - 1) / step }
	done, all := 0, count(g.Height)*count(g.Width)
	var above []tensor.Tensor // the lower edges of a row
	for y, oy := 0, 0; y < g.Height; y, oy = y+step, oy+limit {
		var row []tensor.Tensor
		var left tensor.Tensor // the right edge
		for cx, ox := 0, 0; cx < g.Width; cx, ox = cx+step, ox+limit {
			t, err := run(y, cx, min(g.Tile, g.Height-y), min(g.Tile, g.Width-cx))
			if err != nil {
				return err
			}
			i := len(row)
			if above != nil {
				blendRows(above[i], t, extent)
			}
			if i > 0 {
				blendColumns(left, t, extent)
			}
			h, w := t.Shape[2], t.Shape[3]
			down, right := min(extent, h), min(extent, w)
			row, left = append(row, tensor.Crop(t, h-down, 0, down, w)), tensor.Crop(t, 0, w-right, h, right)
			put(t, oy, ox, limit)
			if done++; g.Report != nil {
				g.Report(float64(done) / float64(all))
			}
		}
		above = row
	}
	return nil
}

// Place copies at most limit x limit pixels of a tile into out.
func Place(out, t tensor.Tensor, y, x, limit int) {
	h, w := min(limit, t.Shape[2], out.Shape[2]-y), min(limit, t.Shape[3], out.Shape[3]-x)
	for p := 0; p < t.Shape[0]*t.Shape[1]; p++ {
		for r := 0; r < h; r++ {
			to := (p*out.Shape[2]+y+r)*out.Shape[3] + x
			from := (p*t.Shape[2] + r) * t.Shape[3]
			copy(out.Data[to:to+w], t.Data[from:from+w])
		}
	}
}

func blendRows(above, t tensor.Tensor, extent int) {
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

func blendColumns(left, t tensor.Tensor, extent int) {
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
