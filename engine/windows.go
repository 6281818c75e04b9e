package engine

import "context"

// Pictures larger than the network was trained for are denoised in overlapping
// windows of its own size, one call at a time, and the predictions averaged
// where windows overlap (MultiDiffusion, Bar-Tal et al., 2023). The weights fall
// towards a window's edges, so that no seam stands out.

// windowEdges are the windows' left or upper edges along one axis, in places.
func windowEdges(length, window, unit int) []int {
	if length <= window {
		return []int{0}
	}
	stride := max(unit, window/2/unit*unit)
	var at []int
	for x := 0; x+window < length; x += stride {
		at = append(at, x)
	}
	return append(at, length-window)
}

// window is the side in places of the windows that a run needs, 0 for none.
func (r *run) window() int {
	c := r.model.config
	w := r.request.Window
	if w == 0 && (r.request.Width > 2*c.width || r.request.Height > 2*c.height) {
		w = max(c.width, c.height)
	}
	if w == 0 || c.packed || len(r.model.net.residuals) > 0 {
		return 0
	}
	w = max(w/c.multiple, 1) * c.multiple / c.scale
	if w >= r.height && w >= r.width {
		return 0
	}
	return w
}

// windowed asks the network window by window.
func (r *run) windowed(ctx context.Context, x Tensor, side int, ask func(Tensor) (Tensor, error)) (Tensor, error) {
	unit := r.model.config.multiple / r.model.config.scale
	h, w := min(side, r.height), min(side, r.width)
	ramp := func(i, n int) float32 { return float32(min(i, n-1-i) + 1) }
	var sum Tensor
	weight := make([]float32, r.height*r.width)
	for _, y := range windowEdges(r.height, h, unit) {
		for _, cx := range windowEdges(r.width, w, unit) {
			out, err := ask(crop(x, y, cx, h, w))
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
		}
	}
	for i := range sum.Data {
		sum.Data[i] /= weight[i%len(weight)]
	}
	return sum, ctx.Err()
}
