package family

import (
	"context"

	"nirvana/engine/text"
)

// zimage is Z-Image (Z-Image Team, Alibaba, 2025): one stream of the picture's and the text's tokens, Qwen3's states.
// Its scheduler's shift tells it from Turbo, whose tensors are the same.
type zimage struct{ standard }

func (f zimage) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders, t.Flow, t.ClipSkip = "Z-Image", []string{"text_encoder"}, true, false
	t.GuidanceOffset = 1
	if t.usually(usualZImage); f.config.Turbo {
		t.usually(usualZImageTurbo)
	}
	return t
}

// Encode returns the states before Qwen's last layer, for the prompt in Qwen's template of a conversation.
func (f zimage) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	const length = 512
	return e.Chat(ctx, o, r, picture, "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", length, 1)
}

// Plan spaces the sigmas evenly from 1 to 0, before the shift: the last step is none.
func (f zimage) Plan(p *Plan) {
	planFlow(p)
	o := &p.Options
	if p.Scheduler.Class != "FlowMatchEulerDiscreteScheduler" || len(o.Timesteps)+len(o.Sigmas) > 0 {
		return
	}
	o.Sigmas = make([]float32, o.Steps)
	for i := range o.Sigmas {
		o.Sigmas[i] = float32(1 - float64(i)/max(1, float64(o.Steps-1)))
	}
}
