package engine

import (
	"context"
	"math/rand/v2"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/sample"
	"nirvana/engine/tensor"
	"nirvana/engine/vae"
)

// kept is what inpainting holds fast: after every evaluation the places outside
// the mask are the picture's own again, noised to the next timestep.
type kept struct {
	clean, noise Tensor
	// mask is 1 where x_t is free, one value a place; between 0 and 1 a place
	// is freed later in the run (differential diffusion, Levin & Fried, 2023).
	mask []float32
	soft bool
	// loose is how little the rest is held, 0 (wholly) to 1 (not at all).
	loose float32
}

// startInpaint is the start of a run with a mask: 4-channel networks keep the
// rest by blending, 9-channel ones are told mask and masked picture. With a seed
// for each picture only the first one's generator draws the posteriors, as upstream's.
func (r *run) startInpaint(ctx context.Context, picture Tensor) (Tensor, error) {
	req, nine := r.request, r.model.inpaints()
	if b, a := req.Mask.Bounds(), req.Init.Bounds(); b.Dx() != a.Dx() || b.Dy() != a.Dy() {
		return Tensor{}, fault.Settings.Errorf("the mask is %dx%d and the picture %dx%d: make the mask the picture's size", b.Dx(), b.Dy(), a.Dx(), a.Dy())
	}
	if req.Content == "fill" {
		picture = r.picture(pixel.Fill(req.Init, req.Mask))
	}
	mask := pixel.ResizeMask(req.Mask, req.Width, req.Height)
	var clean Tensor
	var err error
	if !nine || req.Strength < 1 {
		if clean, err = r.encode(ctx, picture, r.noise.first); err != nil {
			return Tensor{}, err
		}
	}
	noise, err := r.drawNoise()
	if err != nil {
		return Tensor{}, err
	}
	masked, err := r.maskedLatents(ctx, picture, mask)
	if err != nil {
		return Tensor{}, err
	}
	places := pixel.MaskTensor(mask, r.width, r.height, req.Soft)
	if nine {
		m := Tensor{Shape: []int{1, 1, r.height, r.width}, Data: places}
		r.setExtraChannels(tensor.Spread(m, r.n), masked)
	}
	if r.model.takesDepth() {
		if err := r.addDepth(); err != nil {
			return Tensor{}, err
		}
	}
	if req.Content == "noise" || req.Content == "nothing" {
		r.emptyUnder(clean, places)
	}
	x := r.times0(noise)
	if req.Strength < 1 {
		x = r.noised(clean, noise, r.begin)
	}
	if !nine {
		r.kept = &kept{clean: clean, noise: noise, mask: places, soft: req.Soft}
	}
	return x, nil
}

// maskedLatents are the latents of the picture with grey under the mask. Only
// 9-channel networks use them, but the draw is made for the others too, as upstream makes it.
func (r *run) maskedLatents(ctx context.Context, picture Tensor, mask *pixel.Mask) (Tensor, error) {
	if !r.model.inpaints() {
		p := vae.Posterior{Mean: Zeros(1, r.model.vae.Channels, r.height, r.width)}
		if r.model.vae.Draws() {
			p.Deviation = p.Mean
			p.Sample(r.n, r.noise.first)
		}
		return Tensor{}, nil
	}
	return r.encode(ctx, r.hidden(picture, mask), r.noise.first)
}

// maskedMean is the same of a mask that came later, without a draw.
func (r *run) maskedMean(ctx context.Context, mask *pixel.Mask) (Tensor, error) {
	return r.encodeMean(ctx, r.hidden(r.picture(r.request.Init), mask))
}

// hidden is the picture with grey under the mask.
func (r *run) hidden(picture Tensor, mask *pixel.Mask) Tensor {
	hidden := picture.Clone()
	per := r.request.Width * r.request.Height
	for i, v := range mask.Pix {
		if v >= 128 {
			for c := 0; c < 3; c++ {
				hidden.Data[c*per+i] = 0
			}
		}
	}
	return hidden
}

// emptyUnder replaces the clean latents under the mask by noise or by nothing.
func (r *run) emptyUnder(clean Tensor, mask []float32) {
	if clean.Data == nil || r.model.config.packed {
		return
	}
	rng := rand.New(rand.NewPCG(r.request.Seed, 0x6e6f697365))
	for i := range clean.Data {
		m := mask[i%len(mask)]
		v := float32(0)
		if r.request.Content == "noise" {
			v = float32(rng.NormFloat64())
		}
		clean.Data[i] = clean.Data[i]*(1-m) + v*m
	}
}

// keep puts the kept places back after an evaluation, and into the predicted x_0.
func (r *run) keep() {
	k := r.kept
	if k == nil {
		return
	}
	proper := Zeros(k.clean.Shape...)
	sample.Renoise(r.sampler, proper.Data, k.clean.Data, k.noise.Data, r.state)
	share := float32(r.state.Eval-r.begin) / float32(r.of())
	r.blend(r.state.X, proper.Data, share)
	if r.state.X0 != nil {
		r.blend(r.state.X0, k.clean.Data, share)
	}
}

// blend is x = (1 - m) kept + m x; with a soft mask m is 1 once the run's share
// done has passed 1 - mask.
func (r *run) blend(x, proper []float32, share float32) {
	mask := r.kept.mask
	at := r.placeOf()
	for i := range x {
		m := mask[at(i)]
		if r.kept.soft && m > 0 {
			if m+share >= 1 {
				m = 1
			} else {
				m = 0
			}
		}
		if r.kept.loose > 0 {
			m += (1 - m) * r.kept.loose
		}
		x[i] = (1-m)*proper[i] + m*x[i]
	}
}

// placeOf maps an index of x to its place in the mask.
func (r *run) placeOf() func(int) int {
	per := r.height * r.width
	if !r.model.config.packed {
		return func(i int) int { return i % per }
	}
	wide := r.shape[2]
	w := r.width / 2
	return func(i int) int {
		token, col := i/wide%r.shape[1], i%wide%4
		return (token/w*2+col/2)*r.width + token%w*2 + col%2
	}
}
