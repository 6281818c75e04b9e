package family

import (
	"context"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// qwenImage is Qwen-Image (Wu et al., 2025): FLUX's tokens, the states of Qwen2.5-VL's language model, and guidance that
// keeps the prediction's norm. Usual values are those of its model card.
type qwenImage struct{ standard }

func (f qwenImage) Traits() Traits {
	t := f.standard.Traits()
	t.Name, t.Encoders, t.Layout, t.TimestepDivisor = "Qwen-Image", []string{"text_encoder"}, Packed{}, 1000
	t.Flow, t.ClipSkip, t.KeepsNorm = true, false, true
	t.RoundsSize, t.OneDraw, t.SeparateCalls = true, true, true
	t.usually(usualQwenImage)
	return t
}

// What Qwen2.5-VL is asked. The states of the tokens before the prompt, as Qwen's tokenizer counts them, are left out.
const (
	qwenImageBefore = "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial relationships of the objects and background:<|im_end|>\n<|im_start|>user\n"
	qwenImageAfter  = "<|im_end|>\n<|im_start|>assistant\n"
	qwenImageAsked  = 34
	qwenImageLength = 1024
)

// blankFor is a row of texts; where there is no negative prompt, guidance leads away from a blank, as the model cards have
// it.
func blankFor(r text.Row) text.Row {
	if r.Absent && r.Blank() {
		return text.Row{First: []string{" "}, Absent: true, Label: r.Label}
	}
	return r
}

// Encode returns the states after Qwen's last norm.
func (f qwenImage) Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error) {
	if o.MaxSequence > 0 {
		o.MaxSequence += qwenImageAsked
	}
	s, err := e.Chat(ctx, o, blankFor(r), picture, qwenImageBefore, qwenImageAfter, qwenImageLength+qwenImageAsked, 0)
	if err == nil {
		s.Hidden = tensor.LaterRows(s.Hidden, qwenImageAsked)
	}
	return s, err
}

// Condition adds the positions of the picture's tokens, from its middle, and of the text's behind them on every axis.
func (f qwenImage) Condition(c Condition, s Settings, negative bool) error {
	height, width := s.LatentHeight/2, s.LatentWidth/2
	c["img_ids"] = centred(0, height, width)
	c["txt_ids"] = following(max(height, width)/2, c[Hidden].Shape[1])
	return f.standard.Condition(c, s, negative)
}

// centred are positions whose y and x are 0 in the middle.
func centred(picture float32, height, width int) tensor.Tensor {
	t := positions(picture, height, width)
	for i := range height * width {
		t.Data[3*i+1] -= float32(height - height/2)
		t.Data[3*i+2] -= float32(width - width/2)
	}
	return t
}

// following are n positions from a number on, the same on every axis.
func following(from, n int) tensor.Tensor {
	t := tensor.Zeros(n, 3)
	for i := range t.Data {
		t.Data[i] = float32(from + i/3)
	}
	return t
}

// Plan spaces the sigmas as FLUX does.
func (f qwenImage) Plan(p *Plan) { flux(f).Plan(p) }
