package family

import (
	"context"
	"fmt"
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
	if t.References = (References{Most: 1, Fit: grown, Shown: ofArea}); f.plus {
		t.References.Most = 3
	}
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
	qwenEditEach   = "Picture %d: "
	qwenEditAsked  = 64
	qwenEditArea   = 384 * 384 // px that plus shows of a picture
)

func (f qwenEdit) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	before, area := qwenEditBefore, 0
	for i := range o.Pictures {
		if f.plus {
			before += fmt.Sprintf(qwenEditEach, i+1)
			area = qwenEditArea
		}
		before += qwenEditOne
	}
	s, err := e.ChatAbout(ctx, o, blankFor(r), picture, before, qwenImageAfter, area, 0)
	if err == nil {
		s.Hidden = tensor.LaterRows(s.Hidden, qwenEditAsked)
	}
	return s, err
}

// Condition adds the positions of the pictures' tokens, which differ from x_t's and from each other's in their first
// number; the text's are behind the largest.
func (f qwenEdit) Condition(c Condition, s Settings, negative bool) error {
	if err := f.qwenImage.Condition(c, s, negative); err != nil {
		return err
	}
	var sizes [][2]int
	if s.Picture {
		sizes = append(sizes, [2]int{s.LatentHeight / 2, s.LatentWidth / 2})
	}
	for _, z := range s.References {
		sizes = append(sizes, [2]int{z.Shape[2] / 2, z.Shape[3] / 2})
	}
	longest := max(s.LatentHeight, s.LatentWidth) / 2
	for i, size := range sizes {
		c["img_ids"] = tensor.Stack(c["img_ids"], centred(float32(i+1), size[0], size[1]))
		longest = max(longest, size[0], size[1])
	}
	c["txt_ids"] = following(longest/2, c[Hidden].Shape[1])
	return nil
}

func (f qwenEdit) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	own, err := s.PictureLatents(ctx)
	return behind(own, s.References(), f.Traits().Layout, s.Batch()), err
}
