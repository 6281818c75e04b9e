package engine

import (
	"context"
	"math"

	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// condition is one row of what the network is told beside x_t: the prompt, the
// negative prompt, or nothing. Tensors have the batch as first axis.
type condition struct {
	hidden       Tensor // encoder_hidden_states [batch, token, width]
	pooled       Tensor // text_embeds or pooled_projections [batch, width]
	timeIDs      Tensor // SDXL [batch, 5 or 6]
	timestepCond Tensor // LCM [batch, width]
	guidance     Tensor // FLUX [batch]
	classes      Tensor // [batch]
}

// textsOf are the texts of the pictures, or the one for all; nil for neither.
func textsOf(many []string, one *string) []string {
	if len(many) == 0 && one != nil {
		return []string{*one}
	}
	return many
}

func (r Request) positive() text.Row {
	return text.Row{First: textsOf(r.Prompts, &r.Prompt), Second: textsOf(r.Prompts2, r.Prompt2), Third: textsOf(r.Prompts3, r.Prompt3)}
}

func (r Request) negative() text.Row {
	return text.Row{First: textsOf(r.Negatives, &r.Negative), Second: textsOf(r.Negatives2, r.Negative2), Third: textsOf(r.Negatives3, r.Negative3),
		Absent: r.NoNegative, Label: "negative_"}
}

// textCondition encodes a row's texts as the network wants them.
func (m *Model) textCondition(ctx context.Context, r Request, t text.Row, skip int) (condition, error) {
	var c condition
	n := r.pictures()
	if !m.net.needsText() {
		return c, nil
	}
	o := text.Options{Skip: skip, MaxSequence: r.MaxSequence, WithoutT5: r.WithoutT5, Watch: r.Watch}
	all, longest := make([]text.States, n), 0
	for i := range all {
		s, err := m.states(ctx, o, t, i)
		if err != nil {
			return c, err
		}
		all[i], longest = s, max(longest, s.Hidden.Shape[1])
	}
	for _, s := range all {
		c.hidden = tensor.Stack(c.hidden, tensor.RepeatLastRow(s.Hidden, longest))
		if s.Pooled.Data != nil {
			c.pooled = tensor.Stack(c.pooled, s.Pooled)
		}
	}
	return c, nil
}

// states is one picture's text states by the kind of network: decided by its inputs.
func (m *Model) states(ctx context.Context, o text.Options, t text.Row, picture int) (text.States, error) {
	switch m.net.kind {
	case kindSD3:
		return m.statesSD3(ctx, o, t, picture)
	case kindFlux:
		return m.statesFlux(ctx, o, t, picture)
	case kindXL:
		return m.statesXL(ctx, o, t, picture)
	}
	return m.text.Prompt(ctx, o, t, 0, picture, o.Skip)
}

// statesXL joins the encoders' last hidden states but one side by side; pooled is the last encoder's (Podell et al., 2023).
func (m *Model) statesXL(ctx context.Context, o text.Options, t text.Row, picture int) (text.States, error) {
	var out text.States
	for e := range m.text.Len() {
		slot := e
		if m.text.Len() == 1 {
			slot = 1 // the refiner has only the second encoder
		}
		s, err := m.text.Prompt(ctx, o, t, slot, picture, o.Skip+1)
		if err != nil {
			return out, err
		}
		out.Hidden, out.Pooled = tensor.ConcatLast(out.Hidden, s.Hidden), s.Pooled
	}
	if t.Absent && m.config.zeroNegative {
		out = text.States{Hidden: Zeros(out.Hidden.Shape...), Pooled: Zeros(out.Pooled.Shape...)}
	}
	return out, nil
}

// statesSD3 lays both CLIPs side by side, pads them to T5's width and puts T5's rows below (Esser et al., 2024).
func (m *Model) statesSD3(ctx context.Context, o text.Options, t text.Row, picture int) (text.States, error) {
	var clip, pooled Tensor
	for e := 0; e < 2 && e < m.text.Len(); e++ {
		s, err := m.text.Prompt(ctx, o, t, e, picture, o.Skip+1)
		if err != nil {
			return text.States{}, err
		}
		clip, pooled = tensor.ConcatLast(clip, s.Hidden), tensor.ConcatLast(pooled, s.Pooled)
	}
	length := o.MaxSequence
	if length == 0 {
		length = 256
	}
	width := m.net.textWidth
	t5 := Zeros(1, length, width)
	if m.text.Len() > 2 && !o.WithoutT5 {
		s, err := m.text.Sequence(ctx, o, t, 2, picture, length)
		if err != nil {
			return text.States{}, err
		}
		t5 = s.Hidden
	}
	return text.States{Hidden: tensor.ConcatRows(tensor.PadLast(clip, width), t5), Pooled: pooled}, nil
}

// statesFlux is T5's states, with CLIP's pooled output beside them.
func (m *Model) statesFlux(ctx context.Context, o text.Options, t text.Row, picture int) (text.States, error) {
	clip, err := m.text.Prompt(ctx, o, t, 0, picture, 0)
	if err != nil {
		return text.States{}, err
	}
	s, err := m.text.Sequence(ctx, o, t, 1, picture, 512)
	return text.States{Hidden: s.Hidden, Pooled: clip.Pooled}, err
}

// timeIDs are SDXL's size conditioning: original size, crop, target size, or
// the aesthetic score in the target's place; heights before widths.
func (m *Model) timeIDs(r Request, w, h int, negative bool) []float32 {
	size := func(v [2]int) (float32, float32) {
		if v == [2]int{} {
			return float32(h), float32(w)
		}
		return float32(v[0]), float32(v[1])
	}
	oh, ow := size(r.OriginalSize)
	crop := r.CropTopLeft
	if negative && m.net.timeIDs == 5 {
		crop = [2]int{}
	}
	if negative && r.NegativeOriginal != [2]int{} {
		oh, ow = size(r.NegativeOriginal)
	}
	ids := []float32{oh, ow, float32(crop[0]), float32(crop[1])}
	if m.net.timeIDs == 5 {
		score := or(r.AestheticScore, 6)
		if negative {
			score = or(r.AestheticNeg, 2.5)
		}
		return append(ids, score)
	}
	th, tw := size(r.TargetSize)
	return append(ids, th, tw)
}

// guidanceEmbedding is LCM's timestep_cond for w = guidance - 1: sines, then
// cosines, of 1000 w at geometric frequencies (Luo et al., 2023).
func guidanceEmbedding(w float64, width int) []float32 {
	// every rounding to float32 is upstream's: at angles of thousands a last bit is 1e-4 of a turn
	half := width / 2
	out := make([]float32, width)
	rate := float32(math.Log(10000)) / float32(half-1)
	for i := 0; i < half; i++ {
		f := float32(math.Exp(float64(float32(i) * -rate)))
		a := float64(float32(w*1000) * f)
		out[i], out[half+i] = float32(math.Sin(a)), float32(math.Cos(a))
	}
	return out
}

func or(v, fallback float32) float32 {
	if v == 0 {
		return fallback
	}
	return v
}
