package family

import (
	"context"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// sdxl is Stable Diffusion XL and its refiner (Podell et al., 2023).
type sdxl struct{ standard }

func (f sdxl) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders = "Stable Diffusion XL", []string{"text_encoder_2"}
	if f.network.TimeIDs == 5 {
		t.Name, t.Refiner = "Stable Diffusion XL refiner", true
	}
	return t
}

// Encode concatenates the encoders' penultimate hidden states along the width; pooled is the last encoder's. An
// absent negative prompt is zeros where the folder says so.
func (f sdxl) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	var out text.States
	for i := range e.Len() {
		slot := i
		if e.Len() == 1 {
			slot = 1 // the refiner has only the second encoder
		}
		s, err := e.Prompt(ctx, o, r, slot, picture, o.Skip+1)
		if err != nil {
			return out, err
		}
		out.Hidden, out.Pooled = tensor.ConcatLast(out.Hidden, s.Hidden), s.Pooled
	}
	if r.Absent && f.config.ZeroNegative {
		out = text.States{Hidden: tensor.Zeros(out.Hidden.Shape...), Pooled: tensor.Zeros(out.Pooled.Shape...)}
	}
	return out, nil
}
