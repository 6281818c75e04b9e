package cli

import (
	"context"
	"image"
	"image/draw"
	"strings"
)

// upscaled is the finished picture enlarged by --upscale, or as it is.
func (o *options) upscaled(ctx context.Context, env Env, img image.Image) (image.Image, error) {
	if o.upscale == "" {
		return img, nil
	}
	file, factor := o.upscale, float32(0)
	if !exists(file) {
		var err error
		if file, factor, err = weighted(strings.TrimSuffix(o.upscale, "x")); err != nil || !exists(file) {
			return nil, wrong("--upscale %s: the file is not there; write FILE or FILE:FACTOR", o.upscale)
		}
	}
	u, closeIt, err := env.Upscaler(file, OpenOptions{Device: o.device, Threads: o.threads})
	if err != nil {
		return nil, err
	}
	defer closeIt()
	plain, ok := img.(*image.RGBA)
	if !ok {
		plain = image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
		draw.Draw(plain, plain.Rect, img, img.Bounds().Min, draw.Src)
	}
	return u.Upscale(ctx, plain, float64(factor), nil)
}
