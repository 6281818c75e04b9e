package family

import (
	"context"
	"strings"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
	"nirvana/engine/vae"
)

// fluxOf is FLUX, or a variant that takes pictures: Fill by the width of its tokens, Kontext, whose graph is FLUX's, by
// its pipeline's name.
func fluxOf(base standard, v *vae.VAE) (Family, error) {
	f := flux{base}
	takes, own := graph.LastAxis(&base.network.X), 4*v.Channels
	switch {
	case takes == own+own+4*v.Scale*v.Scale:
		return fill{f}, nil
	case takes > 0 && takes != own:
		return nil, unsupported("%s takes tokens of %d numbers where x_t has %d, and what the others are is not known (FLUX Canny, Depth and relatives)", base.network.Name, takes, own)
	case strings.Contains(base.config.Pipeline, "Kontext"):
		return kontext{f}, nil
	}
	return f, nil
}

// fill is FLUX Fill (Black Forest Labs, 2024): the masked picture's latents and the mask's pixels are further channels of
// its tokens.
type fill struct{ flux }

func (f fill) Traits() Traits {
	t := f.flux.Traits()
	t.Name, t.SeesMask, t.DrawsPicture, t.Guidance = "FLUX Fill", true, true, guidanceFill
	return t
}

func (f fill) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	mask, err := s.MaskPixels()
	if err != nil {
		return mask, err
	}
	masked, err := s.MaskedLatents(ctx)
	if err != nil {
		return masked, err
	}
	return tensor.ConcatLast(masked, Packed{}.Pack(mask)), nil
}

// kontext is FLUX Kontext (Labs et al., 2025): the picture's tokens follow x_t's, with positions of their own; x_t begins
// as noise. Without a picture it is FLUX.
type kontext struct{ flux }

func (f kontext) Traits() Traits {
	t := f.flux.Traits()
	t.Name, t.SeesPicture, t.Guidance = "FLUX Kontext", true, guidanceKontext
	t.References = References{Most: 4, Stitched: true, Fit: trained}
	return t
}

func (f kontext) Plan(p *Plan) {
	p.Picture = false
	f.flux.Plan(p)
}

// Condition adds the positions of the picture's tokens, which differ from x_t's in their first number.
func (f kontext) Condition(c Condition, s Settings, negative bool) error {
	if err := f.flux.Condition(c, s, negative); err != nil {
		return err
	}
	if s.Picture && len(s.References) == 0 {
		c["img_ids"] = tensor.Stack(c["img_ids"], positions(1, s.LatentHeight/2, s.LatentWidth/2))
	}
	for _, z := range s.References {
		c["img_ids"] = tensor.Stack(c["img_ids"], positions(1, z.Shape[2]/2, z.Shape[3]/2))
	}
	return nil
}

// Extra is the picture's latents, or those of it and the references side by side.
func (f kontext) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	if all := s.References(); len(all) > 0 {
		return behind(tensor.Tensor{}, all, f.Traits().Layout, s.Batch()), nil
	}
	return s.PictureLatents(ctx)
}
