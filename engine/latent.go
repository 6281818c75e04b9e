package engine

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// pack turns [batch, c, 2y, 2x] into FLUX's tokens [batch, y*x, 4c]: column 4c + 2dy + dx.
func pack(z Tensor) Tensor {
	b, c, h, w := z.Shape[0], z.Shape[1], z.Shape[2], z.Shape[3]
	out := Zeros(b, h/2*(w/2), 4*c)
	eachPacked(b, c, h, w, func(plain, packed int) { out.Data[packed] = z.Data[plain] })
	return out
}

// unpack is pack's inverse for latents of h x w places.
func unpack(t Tensor, h, w int) Tensor {
	b, c := t.Shape[0], t.Shape[2]/4
	out := Zeros(b, c, h, w)
	eachPacked(b, c, h, w, func(plain, packed int) { out.Data[plain] = t.Data[packed] })
	return out
}

func eachPacked(b, c, h, w int, visit func(plain, packed int)) {
	for i := 0; i < b; i++ {
		for k := 0; k < c; k++ {
			for y := 0; y < h; y++ {
				for x := 0; x < w; x++ {
					token := i*(h/2)*(w/2) + (y/2)*(w/2) + x/2
					visit(((i*c+k)*h+y)*w+x, token*4*c+4*k+2*(y%2)+x%2)
				}
			}
		}
	}
}

// posterior is what the VAE encoder says of a picture: the mean, and the
// deviation where the encoder is a sampling one; both unscaled.
type posterior struct{ mean, deviation Tensor }

// posterior encodes pictures [n, 3, h, w] in -1..1.
func (m *Model) posterior(ctx context.Context, pictures Tensor) (posterior, error) {
	if m.config.pixel {
		return posterior{mean: pictures}, nil
	}
	if err := m.encodes(); err != nil {
		return posterior{}, err
	}
	out, err := m.runTiled(ctx, m.encoder, "sample", pictures, 1/float64(m.config.scale))
	if err != nil {
		return posterior{}, fmt.Errorf("encoding the picture: %w", err)
	}
	return m.parted(out), nil
}

func (m *Model) encodes() error {
	if m.encoder.Graph == nil {
		return fault.TextOnly.Errorf("%s has no vae_encoder: it can only make pictures from text; choose another model to work from a picture", m.facts.Name)
	}
	return nil
}

// posteriorOf encodes one picture, cut into tiles before they become numbers: a
// large one would else take four times its memory more.
func (m *Model) posteriorOf(ctx context.Context, img *image.RGBA, report func(Phase, float64)) (posterior, error) {
	numbers := func(at image.Rectangle) Tensor {
		t := Zeros(1, 3, at.Dy(), at.Dx())
		pixel.ToTensor(pixel.Crop(img, at), t.Data)
		return t
	}
	tile, whole := m.tile(m.encoder, "sample", 1/float64(m.config.scale), img.Rect.Dy(), img.Rect.Dx())
	if m.config.pixel || whole {
		return m.posterior(ctx, numbers(img.Rect))
	}
	if err := m.encodes(); err != nil {
		return posterior{}, err
	}
	g := tiling{height: img.Rect.Dy(), width: img.Rect.Dx(), tile: tile, ratio: 1 / float64(m.config.scale),
		report: func(share float64) { report(Encoding, share) }}
	encode := half(ctx, m.encoder, "sample")
	var out Tensor
	err := g.each(func(y, x, h, w int) (Tensor, error) { return encode(numbers(image.Rect(x, y, x+w, y+h))) }, func(t Tensor, y, x, limit int) {
		if out.Data == nil {
			out = Zeros(1, t.Shape[1], img.Rect.Dy()/m.config.scale, img.Rect.Dx()/m.config.scale)
		}
		place(out, t, y, x, limit)
	})
	if err != nil {
		return posterior{}, fmt.Errorf("encoding the picture: %w", err)
	}
	return m.parted(out), nil
}

// parted is what an encoder gave, as mean and deviation where it gave both.
func (m *Model) parted(out Tensor) posterior {
	c := m.config.channels
	if out.Shape[1] != 2*c {
		return posterior{mean: out}
	}
	n := out.Shape[0]
	p := posterior{Zeros(n, c, out.Shape[2], out.Shape[3]), Zeros(n, c, out.Shape[2], out.Shape[3])}
	half := len(p.mean.Data) / n
	for i := 0; i < n; i++ {
		row := out.Row(i).Data
		copy(p.mean.Data[i*half:], row[:half])
		for j, v := range row[half:] {
			p.deviation.Data[i*half+j] = float32(math.Exp(0.5 * float64(min(max(v, -30), 20))))
		}
	}
	return p
}

// sample draws n pictures from the posterior; draw fills their noise.
func (p posterior) sample(n int, draw func(dst []float32)) Tensor {
	mean := tensor.Spread(p.mean, n)
	if p.deviation.Data == nil {
		return mean
	}
	noise := Zeros(mean.Shape...)
	draw(noise.Data)
	dev := tensor.Spread(p.deviation, n)
	for i := range mean.Data {
		mean.Data[i] += dev.Data[i] * noise.Data[i]
	}
	return mean
}

// scaleLatents brings encoder output to what the U-Net sees, in place: (z - shift) * scaling, or
// standardised by the folder's own statistics.
func (m *Model) scaleLatents(z Tensor) Tensor {
	c := m.config
	tensor.MapChannels(z, func(k int, v float32) float32 {
		if c.mean != nil {
			return (v - c.mean[k]) * c.scalingFactor / c.std[k]
		}
		return (v - c.shiftFactor) * c.scalingFactor
	})
	return z
}

func (m *Model) unscaleLatents(z Tensor) Tensor {
	z, c := z.Clone(), m.config
	tensor.MapChannels(z, func(k int, v float32) float32 {
		if c.mean != nil {
			return v*c.std[k]/c.scalingFactor + c.mean[k]
		}
		return v/c.scalingFactor + c.shiftFactor
	})
	return z
}

// decode turns scaled latents into pictures, one at a time and tile by tile so
// that memory stays bounded. report may be nil.
func (m *Model) decode(ctx context.Context, z Tensor, report func(Phase, float64)) ([]*image.RGBA, error) {
	var out []*image.RGBA
	for i := 0; i < z.Shape[0]; i++ {
		y := z.Row(i)
		if m.config.pixel {
			out = append(out, pixel.FromTensor(y.Data, y.Shape[1], y.Shape[3], y.Shape[2]))
			continue
		}
		img, err := m.decodeOne(ctx, m.unscaleLatents(y), report)
		if err != nil {
			return nil, fmt.Errorf("decoding the picture: %w", err)
		}
		out = append(out, img)
	}
	return out, nil
}

func (m *Model) decodeOne(ctx context.Context, z Tensor, report func(Phase, float64)) (*image.RGBA, error) {
	g := tiling{height: z.Shape[2], width: z.Shape[3], ratio: float64(m.config.scale)}
	side, whole := m.tile(m.decoder, "latent_sample", g.ratio, g.height, g.width)
	g.tile = side
	if report != nil {
		g.report = func(share float64) { report(Decoding, share) }
	}
	decode := half(ctx, m.decoder, "latent_sample")
	if whole {
		y, err := decode(z)
		if err != nil {
			return nil, err
		}
		return pixel.FromTensor(y.Data, y.Shape[1], y.Shape[3], y.Shape[2]), nil
	}
	img := image.NewRGBA(image.Rect(0, 0, z.Shape[3]*m.config.scale, z.Shape[2]*m.config.scale))
	return img, g.each(func(y, x, h, w int) (Tensor, error) { return decode(tensor.Crop(z, y, x, h, w)) }, func(t Tensor, y, x, limit int) {
		part := pixel.FromTensor(t.Data, t.Shape[1], t.Shape[3], t.Shape[2])
		draw.Draw(img, image.Rect(x, y, x+limit, y+limit), part, image.Point{}, draw.Src)
	})
}

// Decode makes pictures of latents as a Step carries them.
func (m *Model) Decode(ctx context.Context, z Tensor) ([]*image.RGBA, error) {
	return m.decode(ctx, z, nil)
}
