package cli

import (
	"context"
	"image"

	"nirvana/app/background"
	"nirvana/engine/pixel"
)

// plainBackground is the value of --remove-background that needs no model.
const plainBackground = "plain"

// withoutBackground applies --remove-background to the finished picture.
func (o *options) withoutBackground(ctx context.Context, env Env, img image.Image) (image.Image, error) {
	model := o.background
	switch {
	case model == "":
		return img, nil
	case model == plainBackground:
		model = ""
	case !exists(model):
		return nil, wrong("--remove-background %s: the file is not there; write the .onnx file of a segmentation model, or %s", model, plainBackground)
	}
	return background.Remove(ctx, pixel.Packed(img), env.Segment, model, o.device, o.threads)
}
