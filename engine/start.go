package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// start makes x_T, or the noised picture, and what stands beside x_t. Draws
// come in the field's order: posterior of the picture, noise, posterior of the
// masked picture.
func (r *run) start(ctx context.Context) (Tensor, error) {
	req, m := r.request, r.model
	if req.Latents != nil {
		z := tensor.Spread(*req.Latents, r.n)
		if len(z.Data) != r.places() {
			return Tensor{}, fmt.Errorf("the latents handed over are %v, but %dx%d px needs %v", req.Latents.Shape, req.Width, req.Height, r.shape)
		}
		return z, nil
	}
	if req.Init == nil {
		if m.inpaints() || m.takesDepth() || r.instructs() {
			return Tensor{}, fault.NeedsInput.Errorf("%s works on a picture: put one under the frame first", m.facts.Name)
		}
		noise, err := r.drawNoise()
		if err != nil {
			return Tensor{}, err
		}
		return r.times0(noise), nil
	}
	if r.instructs() {
		return r.startInstruct(ctx, r.picture(req.Init))
	}
	if req.Mask != nil {
		return r.startInpaint(ctx, r.picture(req.Init))
	}
	clean, err := r.encodeInit(ctx)
	if err != nil {
		return Tensor{}, err
	}
	noise, err := r.drawNoise()
	if err != nil {
		return Tensor{}, err
	}
	if m.takesDepth() {
		if err := r.addDepth(); err != nil {
			return Tensor{}, err
		}
	}
	return r.noised(clean, noise, r.begin), nil
}

func (r *run) places() int { return r.n * r.model.vae.Channels * r.height * r.width }

// instructs says that the network takes the picture as channels (InstructPix2Pix).
func (r *run) instructs() bool { return r.model.instructs() }

func (m *Model) instructs() bool {
	return !m.config.packed && !m.vae.Pixel() && m.net.inChannels == 2*m.vae.Channels
}

func (m *Model) inpaints() bool {
	return !m.config.packed && !m.vae.Pixel() && m.net.inChannels == 2*m.vae.Channels+1
}

// takesDepth says that the network takes a depth map as a channel.
func (m *Model) takesDepth() bool {
	return !m.config.packed && !m.vae.Pixel() && m.net.inChannels == m.vae.Channels+1
}

// drawNoise is one draw for the batch, in x's shape before packing.
func (r *run) drawNoise() (Tensor, error) {
	noise := Zeros(r.n, r.model.vae.Channels, r.height, r.width)
	if err := r.noise.initialNoise(r.request, noise.Data); err != nil {
		return noise, err
	}
	return r.packed(noise), nil
}

func (r *run) packed(z Tensor) Tensor {
	if r.model.config.packed {
		return pack(z)
	}
	return z
}

// times0 scales noise to x_T.
func (r *run) times0(noise Tensor) Tensor {
	x, s := noise.Clone(), r.sampler.InitSigma()
	for i := range x.Data {
		x.Data[i] *= s
	}
	return x
}

// noised is clean at evaluation eval.
func (r *run) noised(clean, noise Tensor, eval int) Tensor {
	x := Zeros(clean.Shape...)
	r.sampler.AddNoise(x.Data, clean.Data, noise.Data, eval)
	return x
}

// encode is the scaled latents of a picture for the whole batch.
func (r *run) encode(ctx context.Context, picture Tensor, draw func([]float32)) (Tensor, error) {
	p, err := r.model.vae.Posterior(ctx, picture)
	if err != nil {
		return Tensor{}, err
	}
	return r.packed(r.model.vae.ScaleLatents(p.Sample(r.n, draw))), nil
}

// encodeInit is the scaled latents of the picture, or of a later stage's pictures, tile by tile.
func (r *run) encodeInit(ctx context.Context) (Tensor, error) {
	if len(r.request.inits) == 0 {
		p, err := r.model.vae.Encode(ctx, pixel.Resize(r.request.Init, r.request.Width, r.request.Height), r.request.reporter(Encoding))
		if err != nil {
			return Tensor{}, err
		}
		draw := r.noise.one
		if r.model.config.packed {
			draw = r.noise.first // upstream encodes FLUX's picture once, whatever the number of generators
		}
		return r.packed(r.model.vae.ScaleLatents(p.Sample(r.n, draw))), nil
	}
	var clean Tensor
	for _, img := range r.request.inits {
		p, err := r.model.vae.Encode(ctx, img, r.request.reporter(Encoding))
		if err != nil {
			return Tensor{}, err
		}
		clean = tensor.Stack(clean, r.model.vae.ScaleLatents(p.Mean))
	}
	r.clean = clean.Data
	return clean, nil
}

// picture brings a picture to the run's size, as [1, 3, h, w] in -1..1.
func (r *run) picture(img *image.RGBA) Tensor {
	img = pixel.Resize(img, r.request.Width, r.request.Height)
	t := Zeros(1, 3, r.request.Height, r.request.Width)
	pixel.ToTensor(img, t.Data)
	return t
}

// startInstruct: noise alone is x_T; the picture's mean latents, not scaled, stand beside it.
func (r *run) startInstruct(ctx context.Context, picture Tensor) (Tensor, error) {
	noise, err := r.drawNoise()
	if err != nil {
		return Tensor{}, err
	}
	p, err := r.model.vae.Posterior(ctx, picture)
	if err != nil {
		return Tensor{}, err
	}
	r.setExtraChannels(tensor.Spread(p.Mean, r.n))
	return r.times0(noise), nil
}

// setExtraChannels adds channels that the network sees after x_t, not scaled by the sampler.
func (r *run) setExtraChannels(parts ...Tensor) {
	all := tensor.ConcatChannels(parts...)
	r.extra, r.extraC = all.Data, all.Shape[1]
}

// addDepth puts the depth map, stretched to -1..1, beside x_t.
func (r *run) addDepth() error {
	if r.request.Depth == nil {
		return fault.NeedsInput.Errorf("%s works with a depth map: give one", r.model.facts.Name)
	}
	d := Tensor{Shape: []int{1, 1, r.height, r.width}, Data: pixel.DepthTensor(r.request.Depth, r.width, r.height)}
	r.setExtraChannels(tensor.Spread(d, r.n))
	return nil
}
