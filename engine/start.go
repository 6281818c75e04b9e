package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
	"nirvana/engine/vae"
)

// start is where a run begins: x_T or a noised picture, and the denoiser's further channels. It implements
// family.Source.
type start struct {
	*plan
	noise *sources

	picture Tensor // under a mask, [1, 3, height, width] in -1 to 1
	mask    *pixel.Mask
	drawn   []float32 // for the masked picture's posterior; nil: not drawn yet

	begun Tensor    // the picture's scaled latents, where nothing was drawn for them
	extra Tensor    // what the denoiser takes with x_t
	kept  *kept     // what inpainting keeps
	clean []float32 // where a later stage begins
}

var _ family.Source = (*start)(nil)

// latents makes x_T, or the noised picture. Draws come in diffusers' order: the picture's posterior, noise, the
// masked picture's posterior.
func (s *start) latents(ctx context.Context) (Tensor, error) {
	req, traits := s.request, s.model.traits
	if req.Latents != nil {
		z := tensor.Spread(*req.Latents, s.n)
		if len(z.Data) != s.n*s.model.vae.Channels*s.height*s.width {
			return Tensor{}, fmt.Errorf("the latents handed over are %v, but %dx%d px needs %v", req.Latents.Shape, req.Width, req.Height, s.shape)
		}
		return z, nil
	}
	if req.Init == nil && traits.Needs() && !(traits.ReadsPicture && len(s.references) > 0) {
		return Tensor{}, fault.NeedsInput.Errorf("%s needs a picture: put one under the frame first", s.model.facts.Name)
	}
	if req.Mask != nil && !traits.SeesPicture {
		return s.underMask(ctx)
	}
	var clean Tensor
	if req.Init != nil && !traits.SeesPicture && !s.ownFitted {
		var err error
		if clean, err = s.encodeInit(ctx); err != nil {
			return Tensor{}, err
		}
	}
	noise, err := s.drawNoise()
	if err != nil {
		return Tensor{}, err
	}
	if s.extra, err = s.seen(ctx); err != nil {
		return Tensor{}, err
	}
	if clean.Data == nil {
		return s.initScaled(noise), nil
	}
	return s.noised(clean, noise), nil
}

// seen are the denoiser's further channels; none without a picture, nor in later stages of a run that began without one.
func (s *start) seen(ctx context.Context) (Tensor, error) {
	own := s.request.Init != nil && !(s.request.later && !s.model.traits.SeesPicture)
	if !own && !(s.model.traits.SeesPicture && len(s.references) > 0) {
		return Tensor{}, nil
	}
	return s.model.family.Extra(ctx, s)
}

// drawNoise is one draw for the batch, in x_t's shape.
func (s *start) drawNoise() (Tensor, error) {
	noise := Zeros(s.n, s.model.vae.Channels, s.height, s.width)
	if err := s.noise.initialNoise(s.request, noise.Data); err != nil {
		return noise, err
	}
	return s.model.traits.Layout.Pack(noise), nil
}

// initScaled scales noise to x_T.
func (s *start) initScaled(noise Tensor) Tensor {
	x, sigma := noise.Clone(), s.sampler.InitSigma()
	for i := range x.Data {
		x.Data[i] *= sigma
	}
	return x
}

// noised is the clean latents noised to the first evaluation's level.
func (s *start) noised(clean, noise Tensor) Tensor {
	x := Zeros(clean.Shape...)
	s.sampler.AddNoise(x.Data, clean.Data, noise.Data, s.begin)
	return x
}

// encode is the scaled latents of a picture for the whole batch.
func (p *plan) encode(ctx context.Context, picture Tensor, draw func([]float32)) (Tensor, error) {
	posterior, err := p.vae().Posterior(ctx, picture, p.request.reporter(Encoding))
	if err != nil {
		return Tensor{}, err
	}
	return p.model.traits.Layout.Pack(p.model.vae.ScaleLatents(posterior.Sample(p.n, draw))), nil
}

// encodeMean is encode with the posterior's mean in place of a draw.
func (p *plan) encodeMean(ctx context.Context, picture Tensor) (Tensor, error) {
	return p.encode(ctx, picture, func(dst []float32) { clear(dst) })
}

// encodeInit is the scaled latents of the picture, or of a later stage's pictures, tile by tile.
func (s *start) encodeInit(ctx context.Context) (Tensor, error) {
	v, req := s.vae(), s.request
	if len(req.inits) == 0 {
		p, err := s.encoded(ctx, pixel.Resize(req.Init, req.Width, req.Height))
		if err != nil {
			return Tensor{}, err
		}
		draw := s.noise.one
		if s.model.traits.OneDraw {
			draw = s.noise.first
		}
		return s.keep(s.model.traits.Layout.Pack(v.ScaleLatents(p.Sample(s.n, draw)))), nil
	}
	var clean Tensor
	for _, img := range req.inits {
		p, err := v.Encode(ctx, img, req.reporter(Encoding))
		if err != nil {
			return Tensor{}, err
		}
		clean = tensor.Stack(clean, v.ScaleLatents(p.Mean))
	}
	s.clean = clean.Data
	return clean, nil
}

// keep keeps a picture's latents for PictureLatents, where they are the mean.
func (s *start) keep(clean Tensor) Tensor {
	if !s.model.vae.Draws() {
		s.begun = clean.Clone()
	}
	return clean
}

// Encoded is what a request before began from, see Request.Encoded. The zero value is ready.
type Encoded = vae.Encoded

// encoded is the posterior of a picture; of one that is like that of the request before it, only what differs is encoded.
func (s *start) encoded(ctx context.Context, img *image.RGBA) (vae.Posterior, error) {
	v, report := s.vae(), s.request.reporter(Encoding)
	if e := s.request.Encoded; e != nil && !v.X && !v.Y {
		return e.Encode(ctx, v.VAE, img, report)
	}
	return v.Encode(ctx, img, report)
}

// sized resizes a picture to the run's size: [1, 3, height, width] in -1 to 1.
func (p *plan) sized(img *image.RGBA) Tensor {
	img = pixel.Resize(img, p.request.Width, p.request.Height)
	t := Zeros(1, 3, p.request.Height, p.request.Width)
	pixel.ToTensor(img, t.Data)
	return t
}

// PictureMean implements family.Source.
func (s *start) PictureMean(ctx context.Context) (Tensor, error) {
	p, err := s.vae().Posterior(ctx, s.sized(s.request.Init), s.request.reporter(Encoding))
	if err != nil {
		return Tensor{}, err
	}
	return tensor.Spread(p.Mean, s.n), nil
}

// PictureLatents implements family.Source.
func (s *start) PictureLatents(ctx context.Context) (Tensor, error) {
	if s.begun.Data != nil || s.request.Init == nil || s.ownFitted {
		return s.begun, nil
	}
	if s.tiling != (Tiling{}) || s.model.traits.References.Large(image.Pt(s.request.Width, s.request.Height)) {
		return s.encodeMean(ctx, s.sized(s.request.Init))
	}
	posterior, err := s.model.vae.Whole(ctx, s.sized(s.request.Init), s.request.reporter(Encoding))
	if err != nil {
		return Tensor{}, err
	}
	return s.model.traits.Layout.Pack(tensor.Spread(s.model.vae.ScaleLatents(posterior.Mean), s.n)), nil
}

// Depth implements family.Source.
func (s *start) Depth() (Tensor, error) {
	if s.request.Depth == nil {
		return Tensor{}, fault.NeedsInput.Errorf("%s needs a depth map: give one", s.model.facts.Name)
	}
	d := Tensor{Shape: []int{1, 1, s.height, s.width}, Data: pixel.DepthTensor(s.request.Depth, s.width, s.height)}
	return tensor.Spread(d, s.n), nil
}
