package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/tensor"
)

// denoise asks the network at the current evaluation and gives the guided output.
func (r *run) denoise(ctx context.Context) ([]float32, error) {
	eval := r.state.Eval
	t, _ := r.at()
	r.row = 0
	r.sampler.Scale(r.scaled, r.state.X, r.state)
	x := Tensor{Shape: r.shape, Data: r.scaled}
	r.request.watch("timestep", r.model.net.time(t, 1))
	if err := r.retell(ctx); err != nil {
		return nil, err
	}
	g, on := r.request.guidanceAt(eval-r.begin, r.of(), r.guidance)
	switch {
	case r.instructs():
		r.scale = g
		return r.denoiseInstruct(ctx, x, t, g)
	case r.distilled():
		g = r.request.TrueGuidance
		on = g > 1 && !r.request.NoNegative
	}
	on = on && (r.distilled() || r.model.net.needsText() || r.model.nullClass() >= 0)
	r.scale = 1
	if on {
		r.scale = g
	}
	if on && r.inOneCall() {
		c, u, err := r.askBoth(ctx, x, t)
		if err != nil {
			return nil, err
		}
		return r.guided(ctx, x, t, c, u, g)
	}
	c, err := r.ask(ctx, x, t, asked{"prompt", r.positives[0].condition, false}, r.extra)
	if err != nil || !on {
		return r.expected(c.Data), err
	}
	if err := r.showEarly(c); err != nil {
		return nil, err
	}
	if r.distilled() {
		r.request.watch("timestep", r.model.net.time(t, 1))
	}
	u, err := r.ask(ctx, x, t, asked{"negative", r.negatives, true}, r.extra)
	if err != nil {
		return nil, err
	}
	return r.guided(ctx, x, t, c, u, g)
}

// guided mixes the answers with and without the prompt.
func (r *run) guided(ctx context.Context, x Tensor, t float32, c, u Tensor, g float32) ([]float32, error) {
	var text []float32
	if r.request.GuidanceRescale > 0 {
		text = append(text, c.Data...)
	}
	if r.empty.hidden.Data != nil {
		e, err := r.ask(ctx, x, t, asked{"empty", r.empty, true}, r.extra)
		if err != nil {
			return nil, err
		}
		if err := r.join(ctx, x, t, c.Data, e.Data, 1); err != nil {
			return nil, err
		}
		perpNeg(c.Data, u.Data, e.Data, r.n, g, r.request.PerpNeg)
		u = e
	} else if err := r.join(ctx, x, t, c.Data, u.Data, g); err != nil {
		return nil, err
	}
	if r.request.CFGPlusPlus {
		r.bare = r.expected(u.Data)
	}
	if text != nil {
		rescale(c.Data, text, r.n, r.request.GuidanceRescale)
	}
	return r.expected(c.Data), nil
}

// join guides by one prompt, or by several with their weights: u + sum of g w_i (c_i - u)
// (Liu et al., 2022, composable diffusion).
func (r *run) join(ctx context.Context, x Tensor, t float32, c, u []float32, g float32) error {
	if len(r.positives) == 1 {
		guide(c, u, g*r.positives[0].weight)
		return nil
	}
	sum := make([]float32, len(c))
	add := func(c []float32, w float32) {
		for i := range sum {
			sum[i] += g * w * (c[i] - u[i])
		}
	}
	add(c, r.positives[0].weight)
	for i, p := range r.positives[1:] {
		other, err := r.ask(ctx, x, t, asked{fmt.Sprint("prompt", i+1), p.condition, false}, r.extra)
		if err != nil {
			return err
		}
		add(other.Data, p.weight)
	}
	for i := range c {
		c[i] = u[i] + sum[i]
	}
	return nil
}

// distilled networks take guidance as a number.
func (r *run) distilled() bool { return r.model.net.timestepCond > 0 || r.model.net.kind == kindFlux }

// denoiseInstruct is the three rows of InstructPix2Pix; one where either guidance is off.
func (r *run) denoiseInstruct(ctx context.Context, x Tensor, t, g float32) ([]float32, error) {
	image := or(r.request.ImageGuidance, 1.5)
	full, err := r.ask(ctx, x, t, asked{"prompt", r.positives[0].condition, false}, r.extra)
	if err != nil || g <= 1 || image < 1 {
		return full.Data, err
	}
	picture, err := r.ask(ctx, x, t, asked{"picture", r.negatives, true}, r.extra)
	if err != nil {
		return nil, err
	}
	none, err := r.ask(ctx, x, t, asked{"none", r.negatives, true}, make([]float32, len(r.extra)))
	if err != nil {
		return nil, err
	}
	guideImage(full.Data, picture.Data, none.Data, g, image)
	return full.Data, nil
}

// asked is a condition with the name under which a draft keeps what the network's inner layers made of it.
type asked struct {
	name string
	condition
	negative bool
}

// ask is one call with one row's condition for the whole batch.
func (r *run) ask(ctx context.Context, x Tensor, t float32, c asked, extra []float32) (Tensor, error) {
	if r.extraC > 0 {
		x = tensor.ConcatChannels(x, Tensor{Shape: []int{r.n, r.extraC, r.height, r.width}, Data: extra})
	}
	if !r.watched {
		r.request.watch("first_input", x)
	}
	once := func(x Tensor, at image.Point) (Tensor, error) {
		residuals, err := r.residuals(ctx, x, at, t, c)
		if err != nil {
			return Tensor{}, err
		}
		return r.model.net.call(ctx, x, t, c.condition, residuals, [2]int{r.height / 2, r.width / 2}, r.reuse(c.name))
	}
	var out Tensor
	var err error
	if side := r.window(); side > 0 {
		out, err = r.windowed(ctx, x, side, once)
	} else {
		out, err = once(x, image.Point{})
	}
	if err == nil && !r.watched {
		r.request.watch("first_output", out)
		r.watched = true
	}
	return out, err
}

// expected cuts the variance channels off where the sampler has no use for them.
func (r *run) expected(out []float32) []float32 {
	c := r.model.config
	if out == nil || !c.predictsLogVar || r.sampler.LearnedVariance() {
		return out
	}
	per := r.model.vae.Channels * r.height * r.width
	cut := make([]float32, 0, r.n*per)
	for i := 0; i < r.n; i++ {
		cut = append(cut, out[2*i*per:(2*i+1)*per]...)
	}
	return cut
}
