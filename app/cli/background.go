package cli

import (
	"context"
	"image"

	"nirvana/app/background"
	"nirvana/engine/pixel"
)

// plainGround is the value of --remove-background that needs no model.
const plainGround = "plain"

// withoutBackground is the finished picture with --remove-background carried out, or as it is.
func (o *options) withoutBackground(ctx context.Context, env Env, img image.Image) (image.Image, error) {
	model := o.background
	switch {
	case model == "":
		return img, nil
	case model == plainGround:
		model = ""
	case !exists(model):
		return nil, wrong("--remove-background %s: the file is not there; write the .onnx file of a segmentation model, or %s", model, plainGround)
	}
	return background.Remove(ctx, pixel.Packed(img), env.Segment, model, o.device, o.threads)
}
