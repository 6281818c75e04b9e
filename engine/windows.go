package engine

import (
	"context"
	"image"
	"math/rand/v2"

	"nirvana/engine/tensor"
)

// Pictures larger than the network was trained for are denoised in overlapping
// windows of its own size, one call at a time, and the predictions averaged
// where windows overlap (MultiDiffusion, Bar-Tal et al., 2023). The weights fall
// towards a window's edges, and the windows lie elsewhere at every evaluation,
// so that no seam stands out.

// windowEdges are the windows' left or upper edges along one axis, in places;
// those in between lie shift places, less than half a window, further up.
func windowEdges(length, window, unit, shift int) []int {
	if length <= window {
		return []int{0}
	}
	stride := windowStride(window, unit)
	at := []int{0}
	for x := stride - shift%stride; x+window < length; x += stride {
		at = append(at, x)
	}
	return append(at, length-window)
}

func windowStride(window, unit int) int { return max(unit, window/2/unit*unit) }

// windowFor is the side in places of the windows that a request of w x h px needs, 0 for none.
func (m *Model) windowFor(r Request, w, h int) int {
	c := m.config
	side := r.Window
	if side == 0 && (w > 2*c.width || h > 2*c.height) {
		side = max(c.width, c.height)
	}
	if side == 0 || c.packed {
		return 0
	}
	side = max(side/c.multiple, 1) * c.multiple / m.vae.Scale
	if side >= h/m.vae.Scale && side >= w/m.vae.Scale {
		return 0
	}
	return side
}

// window is the side in places of the windows that a run needs, 0 for none.
func (r *run) window() int {
	return r.model.windowFor(r.request, r.width*r.model.vae.Scale, r.height*r.model.vae.Scale)
}

// windows is about how many calls a row of one evaluation takes.
func (r *run) windows() int {
	side := r.window()
	if side == 0 {
		return 1
	}
	unit := r.model.config.multiple / r.model.vae.Scale
	return len(windowEdges(r.height, min(side, r.height), unit, 0)) * len(windowEdges(r.width, min(side, r.width), unit, 0))
}

// shift is how far the windows of the present evaluation are moved, by the run's seed and the evaluation.
func (r *run) shift(stride int) (x, y int) {
	rng := rand.New(rand.NewPCG(r.request.Seed, uint64(r.state.Eval)))
	return rng.IntN(stride), rng.IntN(stride)
}

// windowed asks the network window by window.
func (r *run) windowed(ctx context.Context, x Tensor, side int, ask func(x Tensor, at image.Point) (Tensor, error)) (Tensor, error) {
	unit := r.model.config.multiple / r.model.vae.Scale
	h, w := min(side, r.height), min(side, r.width)
	dx, dy := r.shift(windowStride(side, unit))
	rows, columns := windowEdges(r.height, h, unit, dy), windowEdges(r.width, w, unit, dx)
	ramp := func(i, n int) float32 { return float32(min(i, n-1-i) + 1) }
	var sum Tensor
	weight := make([]float32, r.height*r.width)
	done := 0
	for _, y := range rows {
		for _, cx := range columns {
			out, err := ask(tensor.Crop(x, y, cx, h, w), image.Pt(cx, y))
			if err != nil {
				return Tensor{}, err
			}
			if sum.Data == nil {
				sum = Zeros(out.Shape[0], out.Shape[1], r.height, r.width)
			}
			for p := 0; p < out.Shape[0]*out.Shape[1]; p++ {
				for j := 0; j < h; j++ {
					for i := 0; i < w; i++ {
						to, k := (y+j)*r.width+cx+i, ramp(j, h)*ramp(i, w)
						sum.Data[p*r.height*r.width+to] += k * out.Data[(p*h+j)*w+i]
						if p == 0 {
							weight[to] += k
						}
					}
				}
			}
			done++
			r.tellPart(float64(done) / float64(len(rows)*len(columns)))
		}
	}
	for i := range sum.Data {
		sum.Data[i] /= weight[i%len(weight)]
	}
	r.row++
	return sum, ctx.Err()
}

// tellPart reports how far the run is, within one row of an evaluation.
func (r *run) tellPart(share float64) {
	rows := len(r.positives)
	if r.scale != 1 {
		rows++
	}
	part := min((float64(r.row)+share)/float64(max(rows, 1)), 1)
	r.request.report(Denoising, r.share(float64(r.state.Eval-r.begin)+part))
}

// share of the whole run's work that is done after so many evaluations of this stage.
func (r *run) share(evals float64) float64 {
	if r.workInAll == 0 {
		return evals / float64(max(r.of(), 1))
	}
	return (r.workBefore + evals*float64(r.windows())) / r.workInAll
}
