package vae

import (
	"context"
	"image"

	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// Around is an autoencoder that sees beyond a picture's edges what lies at the opposite ones, in the directions in which
// the picture is seamless. In neither it is the autoencoder alone.
type Around struct {
	*VAE
	X, Y bool
}

// margin is how much of the opposite side is seen, in latent pixels: convolutions look little farther.
const margin = 8

// margins are those in both directions, in latent pixels.
func (a Around) margins() image.Point {
	var m image.Point
	if a.X && !a.Pixel() {
		m.X = margin
	}
	if a.Y && !a.Pixel() {
		m.Y = margin
	}
	return m
}

// widened is x with margins of m times k places, cropped what of a half's output lies between those of m times k.
func widened(x tensor.Tensor, m image.Point, k int) tensor.Tensor {
	if m == (image.Point{}) {
		return x
	}
	m = m.Mul(k)
	return tensor.Wrapped(x, -m.Y, -m.X, x.Shape[2]+2*m.Y, x.Shape[3]+2*m.X)
}

func cropped(x tensor.Tensor, m image.Point) tensor.Tensor {
	if m == (image.Point{}) || x.Data == nil {
		return x
	}
	return tensor.Crop(x, m.Y, m.X, x.Shape[2]-2*m.Y, x.Shape[3]-2*m.X)
}

// Posterior is VAE.Posterior.
func (a Around) Posterior(ctx context.Context, pictures tensor.Tensor, report func(share float64)) (Posterior, error) {
	m := a.margins()
	p, err := a.VAE.Posterior(ctx, widened(pictures, m, a.Scale), report)
	if err != nil {
		return p, err
	}
	return Posterior{cropped(p.Mean, m), cropped(p.Deviation, m)}, nil
}

// Encode is VAE.Encode.
func (a Around) Encode(ctx context.Context, img *image.RGBA, report func(share float64)) (Posterior, error) {
	m := a.margins()
	p, err := a.VAE.Encode(ctx, pixel.Widened(img, m.Mul(a.Scale)), report)
	if err != nil {
		return p, err
	}
	return Posterior{cropped(p.Mean, m), cropped(p.Deviation, m)}, nil
}

// Decode is VAE.Decode.
func (a Around) Decode(ctx context.Context, z tensor.Tensor, report func(share float64)) ([]*image.RGBA, error) {
	pictures, err := a.VAE.Decode(ctx, widened(z, a.margins(), 1), report)
	return a.cropped(pictures), err
}

// DecodeCutOut is VAE.DecodeCutOut.
func (a Around) DecodeCutOut(ctx context.Context, z tensor.Tensor, report func(share float64)) ([]*image.RGBA, error) {
	pictures, err := a.VAE.DecodeCutOut(ctx, widened(z, a.margins(), 1), report)
	return a.cropped(pictures), err
}

// DecodeCoarsely is VAE.DecodeCoarsely.
func (a Around) DecodeCoarsely(ctx context.Context, z tensor.Tensor, side int, report func(share float64)) (*image.RGBA, error) {
	pictures, err := a.Decode(ctx, a.coarse(z, side), report)
	if err != nil {
		return nil, err
	}
	return pictures[0], nil
}

func (a Around) cropped(pictures []*image.RGBA) []*image.RGBA {
	m := a.margins().Mul(a.Scale)
	if m == (image.Point{}) {
		return pictures
	}
	for i, p := range pictures {
		pictures[i] = pixel.Crop(p, image.Rect(m.X, m.Y, p.Rect.Dx()-m.X, p.Rect.Dy()-m.Y))
	}
	return pictures
}
