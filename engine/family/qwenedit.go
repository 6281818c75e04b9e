package family

import (
	"context"
	"strings"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// qwenImageOf is Qwen-Image or its edit form, whose graph is Qwen-Image's, by its pipeline's name.
func qwenImageOf(base standard) Family {
	f := qwenImage{base}
	if !strings.Contains(base.config.Pipeline, "QwenImageEdit") {
		return f
	}
	return qwenEdit{f, strings.Contains(base.config.Pipeline, "Plus")}
}

// qwenEdit is Qwen-Image-Edit (Wu et al., 2025): the picture's tokens follow x_t's, with positions of their own, and the
// text encoder sees the picture; x_t begins as noise. plus are the versions from 2509 on, which show it small.
type qwenEdit struct {
	qwenImage
	plus bool
}

func (f qwenEdit) Traits() Traits {
	t := f.qwenImage.Traits()
	t.Name, t.SeesPicture, t.ReadsPicture = "Qwen-Image-Edit", true, true
	return t
}

func (f qwenEdit) Plan(p *Plan) {
	p.Picture = false
	f.qwenImage.Plan(p)
}

// What Qwen2.5-VL is asked, and how many of the tokens before the picture are left out.
const (
	qwenEditBefore = "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, objects, background), then explain how the user's text instruction should alter or modify the image. Generate a new image that meets the user's requirements while maintaining consistency with the original input where appropriate.<|im_end|>\n<|im_start|>user\n"
	qwenEditOne    = "<|vision_start|><|image_pad|><|vision_end|>"
	qwenEditFirst  = "Picture 1: "
	qwenEditAsked  = 64
	qwenEditArea   = 384 * 384 // px that plus shows of a picture
)

func (f qwenEdit) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	before, area := qwenEditBefore+qwenEditOne, 0
	if f.plus {
		before, area = qwenEditBefore+qwenEditFirst+qwenEditOne, qwenEditArea
	}
	s, err := e.ChatAbout(ctx, o, blankFor(r), picture, before, qwenImageAfter, area, 0)
	if err == nil {
		s.Hidden = tensor.LaterRows(s.Hidden, qwenEditAsked)
	}
	return s, err
}

// Condition adds the positions of the picture's tokens, which differ from x_t's in their first number.
func (f qwenEdit) Condition(c Condition, s Settings, negative bool) error {
	if err := f.qwenImage.Condition(c, s, negative); err != nil || !s.Picture {
		return err
	}
	c["img_ids"] = tensor.Stack(c["img_ids"], centred(1, s.LatentHeight/2, s.LatentWidth/2))
	return nil
}

func (f qwenEdit) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	return s.PictureLatents(ctx)
}
