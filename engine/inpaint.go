package engine

import (
	"context"
	"math/rand/v2"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/sample"
	"nirvana/engine/tensor"
)

// kept is what inpainting keeps: after every evaluation latent pixels outside the mask are set to those of the
// picture, noised to the next timestep.
type kept struct {
	clean, noise Tensor
	// mask is 1 where x_t is free, one value a latent pixel; latent pixels between 0 and 1 become free later in the
	// run (differential diffusion, Levin & Fried, 2023).
	mask []float32
	soft bool
	// loose is how little the kept part is held, 0 (as usual) to 1 (not at all).
	loose float32
	at    func(i int) int // the latent pixel of the i-th value
}

// underMask starts a run with a mask: networks without mask channels keep the picture by blending. With a seed for
// each picture only the first one's generator draws the posteriors, as diffusers' does.
func (s *start) underMask(ctx context.Context) (Tensor, error) {
	req, sees := s.request, s.model.traits.SeesMask
	if b, a := req.Mask.Bounds(), req.Init.Bounds(); b.Dx() != a.Dx() || b.Dy() != a.Dy() {
		return Tensor{}, fault.Settings.Errorf("the mask is %dx%d and the picture %dx%d: make the mask the picture's size", b.Dx(), b.Dy(), a.Dx(), a.Dy())
	}
	if s.picture = s.sized(req.Init); req.Content == "fill" {
		s.picture = s.sized(pixel.Fill(req.Init, req.Mask))
	}
	s.mask = pixel.ResizeMask(req.Mask, req.Width, req.Height)
	free := s.free(s.mask)
	var clean Tensor
	var err error
	if !sees || req.Strength < 1 || s.model.traits.DrawsPicture {
		if clean, err = s.encode(ctx, s.picture, s.noise.first); err != nil {
			return Tensor{}, err
		}
		s.keep(clean)
	}
	noise, err := s.drawNoise()
	if err != nil {
		return Tensor{}, err
	}
	s.drawMasked()
	if s.extra, err = s.seen(ctx); err != nil {
		return Tensor{}, err
	}
	at := s.pixelOf()
	if req.Content == "noise" || req.Content == "nothing" {
		s.emptyUnder(clean, free, at)
	}
	if !sees {
		s.kept = &kept{clean: clean, noise: noise, mask: free, soft: req.Soft, at: at}
	}
	if req.Strength < 1 {
		return s.noised(clean, noise), nil
	}
	return s.initScaled(noise), nil
}

// free is where a mask of the run's size lets x_t change, one value a latent pixel.
func (p *plan) free(mask *pixel.Mask) []float32 {
	if p.model.traits.SmoothMask && !p.request.Soft {
		return pixel.SmoothMask(mask, p.width, p.height)
	}
	return pixel.MaskTensor(mask, p.width, p.height, p.request.Soft)
}

// pixelOf maps an index of x_t to its latent pixel.
func (p *plan) pixelOf() func(i int) int {
	layout := p.model.traits.Layout
	return func(i int) int { return layout.Pixel(i, p.shape, p.height, p.width) }
}

// drawMasked draws for the masked picture's posterior, as diffusers does for every network, with or without mask
// channels.
func (s *start) drawMasked() {
	if s.model.vae.Draws() {
		s.drawn = make([]float32, s.n*s.model.vae.Channels*s.height*s.width)
		s.noise.first(s.drawn)
	}
}

// needsMask is the error of a run without a mask.
func (s *start) needsMask() error {
	if s.mask == nil {
		return fault.NeedsInput.Errorf("%s needs a mask: paint one, or choose another model", s.model.facts.Name)
	}
	return nil
}

// MaskPixels implements family.Source.
func (s *start) MaskPixels() (Tensor, error) {
	if err := s.needsMask(); err != nil {
		return Tensor{}, err
	}
	k := s.model.vae.Scale
	m := Zeros(1, k*k, s.height, s.width)
	for i, v := range s.mask.Pix {
		if y, x := i/s.request.Width, i%s.request.Width; v >= 128 {
			m.Data[((y%k*k+x%k)*s.height+y/k)*s.width+x/k] = 1
		}
	}
	return tensor.Spread(m, s.n), nil
}

// Mask implements family.Source.
func (s *start) Mask() (Tensor, error) {
	if err := s.needsMask(); err != nil {
		return Tensor{}, err
	}
	m := Tensor{Shape: []int{1, 1, s.height, s.width}, Data: pixel.MaskTensor(s.mask, s.width, s.height, s.request.Soft)}
	return tensor.Spread(m, s.n), nil
}

// MaskedLatents implements family.Source.
func (s *start) MaskedLatents(ctx context.Context) (Tensor, error) {
	hidden := s.picture.Clone()
	per := s.request.Width * s.request.Height
	for i, v := range s.mask.Pix {
		if v >= 128 {
			for c := 0; c < 3; c++ {
				hidden.Data[c*per+i] = 0
			}
		}
	}
	return s.encode(ctx, hidden, func(dst []float32) {
		if copy(dst, s.drawn) == 0 {
			s.noise.first(dst)
		}
	})
}

// emptyUnder replaces the clean latents under the mask by noise or by zeros.
func (s *start) emptyUnder(clean Tensor, mask []float32, at func(int) int) {
	rng := rand.New(rand.NewPCG(s.request.Seed, 0x6e6f697365))
	for i := range clean.Data {
		m := mask[at(i)]
		v := float32(0)
		if s.request.Content == "noise" {
			v = float32(rng.NormFloat64())
		}
		clean.Data[i] = clean.Data[i]*(1-m) + v*m
	}
}

// restore restores the kept part of x_t and of the predicted x_0 after an evaluation, the last one without noise: some
// samplers end before sigma is 0. share of the run is done, 0 to 1.
func (k *kept) restore(s sample.Sampler, state *sample.State, share float32, last bool) {
	proper := k.clean
	if !last {
		proper = Zeros(k.clean.Shape...)
		sample.Renoise(s, proper.Data, k.clean.Data, k.noise.Data, state)
	}
	state.X = k.blend(state.X, proper.Data, share)
	if state.X0 != nil {
		state.X0 = k.blend(state.X0, k.clean.Data, share)
	}
}

// blend is (1 - m) kept + m x; with a soft mask m is 1 once the share done exceeds 1 - mask. x may be in the sampler's
// memory and in earlier steps too, and stays as it is.
func (k *kept) blend(x, proper []float32, share float32) []float32 {
	out := make([]float32, len(x))
	for i := range x {
		m := k.mask[k.at(i)]
		if k.soft && m > 0 {
			if m+share >= 1 {
				m = 1
			} else {
				m = 0
			}
		}
		if k.loose > 0 {
			m += (1 - m) * k.loose
		}
		out[i] = (1-m)*proper[i] + m*x[i]
	}
	return out
}

// unpack converts a tensor of x_t's layout to [batch, channel, height, width].
func (p *plan) unpack(x Tensor) Tensor { return p.model.traits.Layout.Unpack(x, p.height, p.width) }
