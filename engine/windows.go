package engine

import (
	"context"
	"image"
	"math/rand/v2"

	"nirvana/engine/tensor"
)

// Pictures larger than the network was trained for are denoised in overlapping windows of its own size, one call at a
// time, and the predictions are averaged where windows overlap (MultiDiffusion, Bar-Tal et al., 2023). The weights
// fall towards a window's edges, and the windows are shifted at every evaluation, so that no seam shows.

// windowEdges are the windows' left or upper edges along one axis, in latent pixels; inner ones are shifted back by
// shift latent pixels, less than half a window.
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

// windowFor is the side in latent pixels of the windows that a request of w x h px needs; 0: none.
func (m *Model) windowFor(r Request, w, h int) int {
	c := m.config
	side := r.Window
	if side == 0 && (w > 2*c.Width || h > 2*c.Height) {
		side = max(c.Width, c.Height)
	}
	if side == 0 || !m.traits.Layout.Windows() {
		return 0
	}
	side = max(side/c.Multiple, 1) * c.Multiple / m.vae.Scale
	if side >= h/m.vae.Scale && side >= w/m.vae.Scale {
		return 0
	}
	return side
}

// window is the side in latent pixels of the run's windows; 0: none.
func (p *plan) window() int {
	return p.model.windowFor(p.request, p.width*p.model.vae.Scale, p.height*p.model.vae.Scale)
}

// windows is about how many network calls a row of one evaluation takes.
func (p *plan) windows() int {
	side := p.window()
	if side == 0 {
		return 1
	}
	unit := p.model.config.Multiple / p.model.vae.Scale
	return len(windowEdges(p.height, min(side, p.height), unit, 0)) * len(windowEdges(p.width, min(side, p.width), unit, 0))
}

// shift is how far the windows of the present evaluation are shifted, from the run's seed and the evaluation.
func (r *run) shift(stride int) (x, y int) {
	rng := rand.New(rand.NewPCG(r.request.Seed, uint64(r.state.Eval)))
	return rng.IntN(stride), rng.IntN(stride)
}

// windowed calls the network window by window.
func (r *run) windowed(ctx context.Context, x Tensor, side int, call func(x Tensor, at image.Point) (Tensor, error)) (Tensor, error) {
	unit := r.model.config.Multiple / r.model.vae.Scale
	h, w := min(side, r.height), min(side, r.width)
	dx, dy := r.shift(windowStride(side, unit))
	rows, columns := windowEdges(r.height, h, unit, dy), windowEdges(r.width, w, unit, dx)
	ramp := func(i, n int) float32 { return float32(min(i, n-1-i) + 1) }
	var sum Tensor
	weight := make([]float32, r.height*r.width)
	done := 0
	for _, y := range rows {
		for _, cx := range columns {
			out, err := call(tensor.Crop(x, y, cx, h, w), image.Pt(cx, y))
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
			r.reportPart(float64(done) / float64(len(rows)*len(columns)))
		}
	}
	for i := range sum.Data {
		sum.Data[i] /= weight[i%len(weight)]
	}
	r.progress.row++
	return sum, ctx.Err()
}
