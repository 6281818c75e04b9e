package family

import (
	"context"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// flux is FLUX.1 (Black Forest Labs, 2024): tokens of 2 x 2 latent pixels, T5's states, guidance as an input.
type flux struct{ standard }

func (f flux) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders, t.Layout, t.TimestepDivisor = "FLUX", []string{"text_encoder", "text_encoder_2"}, Packed{}, 1000
	t.Flow, t.DistilledGuidance, t.TrueGuided, t.ClipSkip = true, true, true, false
	t.RoundsSize, t.OneDraw, t.SeparateCalls = true, true, true
	if t.usually(usualFlux); !f.network.Has["guidance"] {
		t.usually(usualSchnell)
	}
	return t
}

// Encode returns T5's states and CLIP's pooled output.
func (f flux) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	clip, err := e.Prompt(ctx, o, r, 0, picture, 0)
	if err != nil {
		return text.States{}, err
	}
	s, err := e.Sequence(ctx, o, r, 1, picture, 512)
	return text.States{Hidden: s.Hidden, Pooled: clip.Pooled}, err
}

// Condition adds the positions of the picture's and the text's tokens.
func (f flux) Condition(c Condition, s Settings, negative bool) error {
	c["img_ids"] = positions(0, s.LatentHeight/2, s.LatentWidth/2)
	c["txt_ids"] = tensor.Zeros(c[Hidden].Shape[1], 3)
	return f.standard.Condition(c, s, negative)
}

// positions are rows of the packed grid: which picture, y, x.
func positions(picture float32, height, width int) tensor.Tensor {
	t := tensor.Zeros(height*width, 3)
	for i := range height * width {
		t.Data[3*i], t.Data[3*i+1], t.Data[3*i+2] = picture, float32(i/width), float32(i%width)
	}
	return t
}

func (f flux) Plan(p *Plan) {
	planFlow(p)
	evenSigmas(p)
}
