package family

import (
	"context"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// flux2 is FLUX.2 klein (Black Forest Labs, 2026): a latent pixel is a patch of the autoencoder's, Qwen3's states from
// three of its layers. A picture that a run begins from is seen by the network as well, behind x_t: at strength 1 it is
// edited as the prompt says.
type flux2 struct{ standard }

func (f flux2) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders, t.TimestepDivisor = "FLUX.2 klein", []string{"text_encoder"}, 1000
	t.Flow, t.ClipSkip, t.RoundsSize, t.SeparateCalls, t.SmoothMask = true, false, true, true, true
	t.References = References{Most: 4, Fit: middle}
	t.usually(usualKlein)
	switch distilled := f.config.Distilled; {
	case distilled == nil:
	case *distilled:
		t.Guided = false
	default:
		t.usually(usualKleinBase)
	}
	return t
}

// Encode returns the states before three of Qwen's layers, padding's too, for the prompt in its template of a
// conversation with the thinking left out.
func (f flux2) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	const length = 512
	return e.ChatLayers(ctx, o, r, picture, "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", length, 9, 18, 27)
}

func (f flux2) Plan(p *Plan) {
	planFlow(p)
	p.Options.Mu = float32(empiricalMu(p.Height*p.Width, p.Options.Steps))
	evenSigmas(p)
}

// empiricalMu is the dynamic shift for a picture of tokens tokens in a number of steps: between the lines fitted for 10 and
// for 200 steps, and the latter alone for large pictures (flux2's sampling.py).
func empiricalMu(tokens, steps int) float64 {
	n := float64(tokens)
	of200 := 0.00016927*n + 0.45666666
	if tokens > 4300 {
		return of200
	}
	of10 := 8.73809524e-05*n + 1.89833333
	slope := (of200 - of10) / 190
	return slope*float64(steps) + of200 - 200*slope
}

// Condition adds the latents of reference pictures as tokens, and their positions: the first number of the run's own picture
// is 10, the next one's 20.
func (f flux2) Condition(c Condition, s Settings, negative bool) error {
	var tokens, ids []float32
	place := 0
	if s.Picture {
		place++
	}
	for _, z := range s.References {
		place++
		area := z.Shape[2] * z.Shape[3]
		for i := range area {
			for channel := range s.Channels {
				tokens = append(tokens, z.Data[channel*area+i])
			}
			ids = append(ids, float32(10*place), float32(i/z.Shape[3]), float32(i%z.Shape[3]), 0)
		}
	}
	n := len(ids) / 4
	c["reference_tokens"] = tensor.Tensor{Shape: []int{n, s.Channels}, Data: append([]float32{}, tokens...)}
	c["reference_ids"] = tensor.Tensor{Shape: []int{n, 4}, Data: append([]float32{}, ids...)}
	return f.standard.Condition(c, s, negative)
}

// Extra is the picture's latents.
func (f flux2) Extra(ctx context.Context, s Source) (tensor.Tensor, error) {
	return s.PictureLatents(ctx)
}
