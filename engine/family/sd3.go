package family

import (
	"cmp"
	"context"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// sd3 is Stable Diffusion 3 (Esser et al., 2024).
type sd3 struct{ standard }

func (f sd3) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders, t.Flow = "Stable Diffusion 3", []string{"text_encoder", "text_encoder_2"}, true
	return t
}

// Encode concatenates both CLIPs' states along the width, pads them to T5's width and appends T5's rows.
func (f sd3) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	var clip, pooled tensor.Tensor
	for i := range min(2, e.Len()) {
		s, err := e.Prompt(ctx, o, r, i, picture, o.Skip+1)
		if err != nil {
			return text.States{}, err
		}
		clip, pooled = tensor.ConcatLast(clip, s.Hidden), tensor.ConcatLast(pooled, s.Pooled)
	}
	const length = 256
	t5 := tensor.Zeros(1, cmp.Or(o.MaxSequence, length), f.network.TextWidth)
	if e.Len() > 2 && !o.WithoutT5 {
		s, err := e.Sequence(ctx, o, r, 2, picture, length)
		if err != nil {
			return text.States{}, err
		}
		t5 = s.Hidden
	}
	return text.States{Hidden: tensor.ConcatRows(tensor.PadLast(clip, f.network.TextWidth), t5), Pooled: pooled}, nil
}

func (f sd3) Plan(p *Plan) { planFlow(p) }
