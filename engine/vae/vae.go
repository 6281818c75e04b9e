// Package vae encodes pictures into latents and decodes them: a variational autoencoder (Kingma & Welling, 2014), or
// nothing where the denoiser works in pixel space.
package vae

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
	"nirvana/engine/tile"
)

// VAE is a model's autoencoder. Without a Decoder x_t is the picture itself, of one or three channels.
type VAE struct {
	Model            string     // the model's name, for messages
	Encoder, Decoder graph.Part // no Graph: the folder has none
	Config

	fit fit
}

// Pixel reports whether there is no autoencoder.
func (v *VAE) Pixel() bool { return v.Decoder.Graph == nil }

// CanEncode reports whether a run can begin from a picture.
func (v *VAE) CanEncode() bool { return v.Pixel() || v.Encoder.Graph != nil }

// Posterior is the encoder's output: the mean, and the standard deviation where the encoder has that output; both [n,
// channel, height, width] and unscaled.
type Posterior struct{ Mean, Deviation tensor.Tensor }

// Posterior encodes pictures [n, 3, h, w] in -1 to 1. report gets the share that is done after every tile; nil: nobody
// does.
func (v *VAE) Posterior(ctx context.Context, pictures tensor.Tensor, report func(share float64)) (Posterior, error) {
	if v.Pixel() {
		return Posterior{Mean: pictures}, nil
	}
	if err := v.encodes(); err != nil {
		return Posterior{}, err
	}
	out, err := v.runTiled(ctx, v.Encoder, "sample", pictures, 1/float64(v.Scale), report)
	if err != nil {
		return Posterior{}, fmt.Errorf("encoding the picture: %w", err)
	}
	return v.parted(out), nil
}

// Whole is Posterior in one piece, for pictures of about a megapixel; in tiles where the encoder was exported for one size.
func (v *VAE) Whole(ctx context.Context, pictures tensor.Tensor, report func(share float64)) (Posterior, error) {
	if h, _ := graph.FixedSides(v.Encoder, "sample"); v.Pixel() || v.Encoder.Graph == nil || h > 0 {
		return v.Posterior(ctx, pictures, report)
	}
	out, err := half(ctx, v.Encoder, "sample")(pictures)
	if err != nil {
		return Posterior{}, fmt.Errorf("encoding the picture: %w", err)
	}
	return v.parted(out), nil
}

// Tiled reports whether a picture of a size in px is encoded in tiles.
func (v *VAE) Tiled(size image.Point) bool {
	if v.Pixel() || v.Encoder.Graph == nil {
		return false
	}
	_, whole := v.tile(v.Encoder, "sample", 1/float64(v.Scale), size.Y, size.X)
	return !whole
}

func (v *VAE) encodes() error {
	if v.Encoder.Graph == nil {
		return fault.TextOnly.Errorf("%s has no vae_encoder: it can only make pictures from text; choose another model to work from a picture", v.Model)
	}
	return nil
}

// Encode encodes one picture in tiles, each converted to a tensor on its own: a large picture would take four times
// its memory in addition.
func (v *VAE) Encode(ctx context.Context, img *image.RGBA, report func(share float64)) (Posterior, error) {
	numbers := func(at image.Rectangle) tensor.Tensor {
		t := tensor.Zeros(1, 3, at.Dy(), at.Dx())
		pixel.ToTensor(pixel.Crop(img, at), t.Data)
		return t
	}
	side, whole := v.tile(v.Encoder, "sample", 1/float64(v.Scale), img.Rect.Dy(), img.Rect.Dx())
	if v.Pixel() || whole {
		return v.Posterior(ctx, numbers(img.Rect), report)
	}
	if err := v.encodes(); err != nil {
		return Posterior{}, err
	}
	g := tile.Plane{Height: img.Rect.Dy(), Width: img.Rect.Dx(), Tile: side, Ratio: 1 / float64(v.Scale),
		Report: report}
	encode := half(ctx, v.Encoder, "sample")
	var out tensor.Tensor
	err := g.Each(func(y, x, h, w int) (tensor.Tensor, error) { return encode(numbers(image.Rect(x, y, x+w, y+h))) }, func(t tensor.Tensor, y, x, limit int) {
		if out.Data == nil {
			out = tensor.Zeros(1, t.Shape[1], img.Rect.Dy()/v.Scale, img.Rect.Dx()/v.Scale)
		}
		tile.Place(out, t, y, x, limit)
	})
	if err != nil {
		return Posterior{}, fmt.Errorf("encoding the picture: %w", err)
	}
	return v.parted(out), nil
}

// parted splits an encoder's output into mean and deviation where it has both.
func (v *VAE) parted(out tensor.Tensor) Posterior {
	c := v.Channels
	if out.Shape[1] != 2*c {
		return Posterior{Mean: out}
	}
	n := out.Shape[0]
	p := Posterior{tensor.Zeros(n, c, out.Shape[2], out.Shape[3]), tensor.Zeros(n, c, out.Shape[2], out.Shape[3])}
	half := len(p.Mean.Data) / n
	for i := 0; i < n; i++ {
		row := out.Row(i).Data
		copy(p.Mean.Data[i*half:], row[:half])
		for j, v := range row[half:] {
			p.Deviation.Data[i*half+j] = float32(math.Exp(0.5 * float64(min(max(v, -30), 20))))
		}
	}
	return p
}

// Sample draws n pictures' latents from the posterior; draw fills their noise.
func (p Posterior) Sample(n int, draw func(dst []float32)) tensor.Tensor {
	mean := tensor.Spread(p.Mean, n)
	if p.Deviation.Data == nil {
		return mean
	}
	noise := tensor.Zeros(mean.Shape...)
	draw(noise.Data)
	dev := tensor.Spread(p.Deviation, n)
	for i := range mean.Data {
		mean.Data[i] += dev.Data[i] * noise.Data[i]
	}
	return mean
}

// ScaleLatents converts encoder output to the denoiser's scale, in place: (z - shift) * scaling, or standardised by
// the folder's latents_mean and latents_std.
func (v *VAE) ScaleLatents(z tensor.Tensor) tensor.Tensor {
	c := v.Config
	tensor.MapChannels(z, func(k int, v float32) float32 {
		if c.Mean != nil {
			return (v - c.Mean[k]) * c.ScalingFactor / c.Std[k]
		}
		return (v - c.ShiftFactor) * c.ScalingFactor
	})
	return z
}

// UnscaleLatents is the inverse of ScaleLatents, as a copy.
func (v *VAE) UnscaleLatents(z tensor.Tensor) tensor.Tensor {
	z, c := z.Clone(), v.Config
	tensor.MapChannels(z, func(k int, v float32) float32 {
		if c.Mean != nil {
			return v*c.Std[k]/c.ScalingFactor + c.Mean[k]
		}
		return v/c.ScalingFactor + c.ShiftFactor
	})
	return z
}

// Opacity reports whether the decoder has a fourth channel, the picture's opacity; the first three show it on white.
func (v *VAE) Opacity() bool {
	if v.Pixel() {
		return false
	}
	_, out := v.Decoder.Graph.Ports()
	return len(out) > 0 && len(out[0].Shape) == 4 && out[0].Shape[1] == 4
}

// Decode decodes scaled latents into opaque pictures, one at a time and tile by tile so that memory is bounded.
// report receives the share done; may be nil.
func (v *VAE) Decode(ctx context.Context, z tensor.Tensor, report func(share float64)) ([]*image.RGBA, error) {
	return v.decode(ctx, z, opaque, report)
}

// DecodeCutOut is Decode with the decoder's opacity, transparent where the ground is plain. It fails where the
// decoder has none.
func (v *VAE) DecodeCutOut(ctx context.Context, z tensor.Tensor, report func(share float64)) ([]*image.RGBA, error) {
	if !v.Opacity() {
		return nil, fault.Settings.Errorf("%s cannot tell drawings from their background: turn Cut out off, or remove the background afterwards", v.Model)
	}
	return v.decode(ctx, z, cutOut, report)
}

// shown makes a picture of a decoder's output [1, channels, height, width].
type shown func(y tensor.Tensor) *image.RGBA

func opaque(y tensor.Tensor) *image.RGBA {
	return pixel.FromTensor(y.Data, y.Shape[1], y.Shape[3], y.Shape[2])
}

func cutOut(y tensor.Tensor) *image.RGBA {
	if y.Shape[1] < 4 { // the output does not match the port
		return opaque(y)
	}
	return pixel.FromOpacity(y.Data, y.Shape[3], y.Shape[2])
}

func (v *VAE) decode(ctx context.Context, z tensor.Tensor, show shown, report func(share float64)) ([]*image.RGBA, error) {
	var out []*image.RGBA
	for i := 0; i < z.Shape[0]; i++ {
		y := z.Row(i)
		if v.Pixel() {
			out = append(out, pixel.FromTensor(y.Data, y.Shape[1], y.Shape[3], y.Shape[2]))
			continue
		}
		img, err := v.decodeOne(ctx, v.UnscaleLatents(y), show, report)
		if err != nil {
			return nil, fmt.Errorf("decoding the picture: %w", err)
		}
		out = append(out, img)
	}
	return out, nil
}

func (v *VAE) decodeOne(ctx context.Context, z tensor.Tensor, show shown, report func(share float64)) (*image.RGBA, error) {
	g := tile.Plane{Height: z.Shape[2], Width: z.Shape[3], Ratio: float64(v.Scale), Report: report}
	side, whole := v.tile(v.Decoder, "latent_sample", g.Ratio, g.Height, g.Width)
	g.Tile = side
	decode := half(ctx, v.Decoder, "latent_sample")
	if whole {
		y, err := decode(z)
		if err != nil {
			return nil, err
		}
		return show(y), nil
	}
	img := image.NewRGBA(image.Rect(0, 0, z.Shape[3]*v.Scale, z.Shape[2]*v.Scale))
	return img, g.Each(func(y, x, h, w int) (tensor.Tensor, error) { return decode(tensor.Crop(z, y, x, h, w)) }, func(t tensor.Tensor, y, x, limit int) {
		draw.Draw(img, image.Rect(x, y, x+limit, y+limit), show(t), image.Point{}, draw.Src)
	})
}

// Draws reports whether encoding draws random numbers: the encoder gives a deviation.
func (v *VAE) Draws() bool {
	if v.Encoder.Graph == nil {
		return false
	}
	_, out := v.Encoder.Graph.Ports()
	return len(out) > 0 && out[0].Name == "latent_parameters"
}

// DecodeCoarsely decodes one picture's scaled latents for a view of side px: at about twice that, where that saves
// work. report may be nil.
func (v *VAE) DecodeCoarsely(ctx context.Context, z tensor.Tensor, side int, report func(share float64)) (*image.RGBA, error) {
	pictures, err := v.Decode(ctx, v.coarse(z, side), report)
	if err != nil {
		return nil, err
	}
	return pictures[0], nil
}

// coarse are latents as small as that eye allows.
func (v *VAE) coarse(z tensor.Tensor, side int) tensor.Tensor {
	for !v.Pixel() {
		h, w := z.Shape[2], z.Shape[3]
		if h%2 != 0 || w%2 != 0 || min(h, w)/2*v.Scale < 2*side {
			break
		}
		z = tensor.Pool(z, h/2, w/2)
	}
	return z
}
