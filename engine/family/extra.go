package family

import (
	"context"

	"nirvana/engine/tensor"
)

// inpaint is a U-Net of any family that takes mask and masked picture as further channels (Rombach et al., 2022,
// section 4.5).
type inpaint struct{ Family }

func (f inpaint) Traits() Traits {
	t := f.Family.Traits()
	t.Name, t.SeesMask, t.Unbounded = named(t, "latent diffusion, inpainting"), true, false
	return t
}

func (f inpaint) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	mask, err := s.Mask()
	if err != nil {
		return mask, err
	}
	masked, err := s.MaskedLatents(ctx)
	if err != nil {
		return masked, err
	}
	return tensor.ConcatChannels(mask, masked), nil
}

// depth is a U-Net that takes a depth map as a further channel (Stable Diffusion 2's depth to image).
type depth struct{ Family }

func (f depth) Traits() Traits {
	t := f.Family.Traits()
	t.Name, t.SeesDepth, t.Unbounded = named(t, "latent diffusion, depth to image"), true, false
	return t
}

func (f depth) Extra(_ context.Context, s Source) (tensor.Tensor, error) { return s.Depth() }

// instruct is InstructPix2Pix (Brooks et al., 2023): the picture's mean latents, not scaled, are further channels;
// x_t begins as noise.
type instruct struct{ Family }

func (f instruct) Traits() Traits {
	t := f.Family.Traits()
	t.Name, t.SeesPicture, t.Unbounded = named(t, "InstructPix2Pix"), true, false
	t.PictureGuided = true
	return t
}

func (f instruct) Plan(p *Plan) {
	p.Picture = false
	f.Family.Plan(p)
}

func (f instruct) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	return s.PictureMean(ctx)
}

// named is the name of such a network of Stable Diffusion; other families keep theirs.
func named(t Traits, name string) string {
	if t.FinalNorm && !t.DistilledGuidance {
		return name
	}
	return t.Name
}
