package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/family"
)

// input is what an evaluation gives the denoiser: x_t as the sampler scales it, and the timestep.
type input struct {
	x Tensor
	t float32
}

// row is a condition with the name under which DeepCache keeps the outputs of the network's inner layers.
type row struct {
	name string
	family.Condition
	negative bool
	prompt   bool // regions act in its attention
}

// prediction is the guided output, and the unconditional one where CFG++ needs it.
type prediction struct{ guided, uncond []float32 }

// predictNoise is the guided output at the present evaluation.
func (r *run) predictNoise(ctx context.Context) (prediction, error) {
	t, _ := r.at()
	r.progress.row = 0
	r.sampler.Scale(r.scaled, r.state.X, r.state)
	in := input{Tensor{Shape: r.shape, Data: r.scaled}, t}
	r.request.watch("timestep", r.model.time(t, 1))
	if err := r.conditioning.update(ctx, r.state.Eval); err != nil {
		return prediction{}, err
	}
	g, on := r.guidance()
	if r.model.traits.PictureGuided {
		return r.predictPictureCFG(ctx, in, g)
	}
	if r.scale = 1; on {
		r.scale = g
	}
	if on && r.model.traits.SeparateCalls {
		r.request.watch("timestep", r.model.time(t, 1))
	}
	if on && r.canBatchCFG() {
		return r.predictCFG(ctx, in, g)
	}
	c, err := r.callDenoiser(ctx, in, r.prompt(), r.extra)
	if err == nil {
		err = r.mixRegions(ctx, in, c)
	}
	if err != nil || !on {
		return prediction{guided: r.meanOnly(c.Data)}, err
	}
	if err := r.showEarly(c); err != nil {
		return prediction{}, err
	}
	u, err := r.callDenoiser(ctx, in, against("negative", r.conditioning.negative), r.extra)
	if err != nil {
		return prediction{}, err
	}
	return r.combineCFG(ctx, in, c, u, g)
}

// prompt is the first prompt's row.
func (r *run) prompt() row {
	return row{name: "prompt", Condition: r.conditioning.positives[0].Condition, prompt: true}
}

// against is a row that guidance leads away from.
func against(name string, c family.Condition) row {
	return row{name: name, Condition: c, negative: true}
}

// predictPictureCFG computes InstructPix2Pix's three rows; one where guidance is off.
func (r *run) predictPictureCFG(ctx context.Context, in input, g float32) (prediction, error) {
	r.scale = g
	image := or(r.request.ImageGuidance, 1.5)
	full, err := r.callDenoiser(ctx, in, r.prompt(), r.extra)
	if err == nil {
		err = r.mixRegions(ctx, in, full)
	}
	if err != nil || g <= 1 || image < 1 {
		return prediction{guided: full.Data}, err
	}
	picture, err := r.callDenoiser(ctx, in, against("picture", r.conditioning.negative), r.extra)
	if err != nil {
		return prediction{}, err
	}
	none, err := r.callDenoiser(ctx, in, against("none", r.conditioning.negative), Zeros(r.extra.Shape...))
	if err != nil {
		return prediction{}, err
	}
	guideImage(full.Data, picture.Data, none.Data, g, image)
	return prediction{guided: full.Data}, nil
}

// combineCFG combines the conditional output c and the unconditional output u.
func (r *run) combineCFG(ctx context.Context, in input, c, u Tensor, g float32) (prediction, error) {
	var before []float32
	if r.request.GuidanceRescale > 0 || r.model.traits.KeepsNorm {
		before = append(before, c.Data...)
	}
	if r.conditioning.empty != nil {
		e, err := r.callDenoiser(ctx, in, against("empty", r.conditioning.empty), r.extra)
		if err != nil {
			return prediction{}, err
		}
		if err := r.composePrompts(ctx, in, c.Data, e.Data, 1); err != nil {
			return prediction{}, err
		}
		perpNeg(c.Data, u.Data, e.Data, r.n, g, r.request.PerpNeg)
		u = e
	} else if err := r.composePrompts(ctx, in, c.Data, u.Data, g); err != nil {
		return prediction{}, err
	}
	var out prediction
	if r.request.CFGPlusPlus {
		out.uncond = r.meanOnly(u.Data)
	}
	if r.model.traits.KeepsNorm {
		keepNorm(c.Data, before, c.Shape[len(c.Shape)-1])
	}
	if r.request.GuidanceRescale > 0 {
		rescale(c.Data, before, r.n, r.request.GuidanceRescale)
	}
	out.guided = r.meanOnly(c.Data)
	return out, nil
}

// composePrompts guides by one prompt, or by several with weights: c <- u + sum of g w_i (c_i - u) (Liu et al., 2022,
// composable diffusion).
func (r *run) composePrompts(ctx context.Context, in input, c, u []float32, g float32) error {
	positives := r.conditioning.positives
	if len(positives) == 1 {
		guide(c, u, g*positives[0].weight)
		return nil
	}
	sum := make([]float32, len(c))
	add := func(c []float32, w float32) {
		for i := range sum {
			sum[i] += g * w * (c[i] - u[i])
		}
	}
	add(c, positives[0].weight)
	for i, p := range positives[1:] {
		other, err := r.callDenoiser(ctx, in, row{name: fmt.Sprint("prompt", i+1), Condition: p.Condition}, r.extra)
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

// callDenoiser calls the network with one row's condition for the whole batch, window by window where there are
// windows.
func (r *run) callDenoiser(ctx context.Context, in input, c row, extra Tensor) (Tensor, error) {
	around := r.roll()
	x := r.joined(around, in.x, extra)
	call := func(x Tensor, corner image.Point) (Tensor, error) {
		at := place{corner, around}
		residuals, err := r.controls.residuals(ctx, r, input{x, in.t}, at, c)
		if err != nil {
			return Tensor{}, err
		}
		condition := r.sharing(c, at, x)
		if r.attended != nil {
			return r.attended.call(ctx, r.model.net, x, r.model.time(in.t, x.Shape[0]), condition, residuals)
		}
		out, err := r.model.net.Call(ctx, x, r.model.time(in.t, x.Shape[0]), condition, residuals, r.reuse(c.name))
		if err != nil {
			return out, err
		}
		return r.model.traits.Own(out, in.x), nil
	}
	var out Tensor
	var err error
	if side := r.window(); side > 0 {
		out, err = r.windowed(ctx, x, side, call)
	} else {
		out, err = call(x, image.Point{})
	}
	r.watchFirst(x, out, err)
	if err != nil {
		return out, err
	}
	return r.back(around, out), nil
}

// joined is x_t with what the network takes with it, both rolled.
func (r *run) joined(around roll, x, extra Tensor) Tensor {
	return r.model.traits.Joined(r.there(around, x), r.there(around, extra))
}

// watchFirst passes the run's first call to Watch.
func (r *run) watchFirst(x, out Tensor, err error) {
	if !r.watched && err == nil {
		r.request.watch("first_input", x)
		r.request.watch("first_output", out)
		r.watched = true
	}
}

// time is a timestep as the network takes it, for n rows.
func (m *Model) time(t float32, n int) Tensor { return m.net.Time(t, m.traits.TimestepDivisor, n) }

// meanOnly drops the variance channels where the sampler does not use them.
func (r *run) meanOnly(out []float32) []float32 {
	if out == nil || !r.model.config.LogVariance || r.sampler.LearnedVariance() {
		return out
	}
	per := r.model.vae.Channels * r.height * r.width
	cut := make([]float32, 0, r.n*per)
	for i := 0; i < r.n; i++ {
		cut = append(cut, out[2*i*per:(2*i+1)*per]...)
	}
	return cut
}
