package engine

import (
	"context"
	"math"

	"nirvana/engine/tensor"
	"nirvana/engine/token"
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

// texts are a row's texts for the three encoders, one each a picture.
type texts struct {
	first         []string
	second, third []string // nil: as for the first encoder
	zero          bool     // SDXL: no negative prompt at all is zeros
	label         string   // before the names that a trace is told
	// weighted is the first text read as prompt syntax, one a picture; nil: taken as it is.
	weighted [][]token.Weighted
}

func (t texts) of(encoder, picture int) string {
	switch {
	case encoder == 1 && t.second != nil:
		return t.second[picture%len(t.second)]
	case encoder == 2 && t.third != nil:
		return t.third[picture%len(t.third)]
	}
	if t.weighted != nil {
		return plainText(t.weighted[picture%len(t.weighted)])
	}
	return t.first[picture%len(t.first)]
}

// read is the text as prompt syntax, where it was read so and the encoder has no text of its own.
func (t texts) read(encoder, picture int) ([]token.Weighted, bool) {
	if t.weighted == nil || encoder == 1 && t.second != nil {
		return nil, false
	}
	return t.weighted[picture%len(t.weighted)], true
}

// textsOf are the texts of the pictures, or the one for all; nil for neither.
func textsOf(many []string, one *string) []string {
	if len(many) == 0 && one != nil {
		return []string{*one}
	}
	return many
}

func (r Request) positive() texts {
	return texts{first: textsOf(r.Prompts, &r.Prompt), second: textsOf(r.Prompts2, r.Prompt2), third: textsOf(r.Prompts3, r.Prompt3)}
}

func (r Request) negative() texts {
	return texts{first: textsOf(r.Negatives, &r.Negative), second: textsOf(r.Negatives2, r.Negative2), third: textsOf(r.Negatives3, r.Negative3),
		zero: r.NoNegative, label: "negative_"}
}

// textCondition encodes a row's texts as the network wants them.
func (m *Model) textCondition(ctx context.Context, r Request, t texts, skip int) (condition, error) {
	var c condition
	n := r.pictures()
	if !m.net.needsText() {
		return c, nil
	}
	all, longest := make([]textStates, n), 0
	for i := range all {
		s, err := m.states(ctx, r, t, i, skip)
		if err != nil {
			return c, err
		}
		all[i], longest = s, max(longest, s.hidden.Shape[1])
	}
	for _, s := range all {
		c.hidden = tensor.Stack(c.hidden, tensor.RepeatLastRow(s.hidden, longest))
		if s.pooled.Data != nil {
			c.pooled = tensor.Stack(c.pooled, s.pooled)
		}
	}
	return c, nil
}

// states is one picture's text states by the kind of network: decided by its inputs.
func (m *Model) states(ctx context.Context, r Request, t texts, picture, skip int) (textStates, error) {
	switch m.net.kind {
	case kindSD3:
		return m.statesSD3(ctx, r, t, picture, skip)
	case kindFlux:
		return m.statesFlux(ctx, r, t, picture)
	case kindXL:
		return m.statesXL(ctx, r, t, picture, skip)
	}
	return m.prompt(ctx, r, t, 0, picture, skip)
}

// statesXL joins the encoders' last hidden states but one side by side; pooled is the last encoder's (Podell et al., 2023).
func (m *Model) statesXL(ctx context.Context, r Request, t texts, picture, skip int) (textStates, error) {
	var out textStates
	for e := range m.text {
		slot := e
		if len(m.text) == 1 {
			slot = 1 // the refiner has only the second encoder
		}
		s, err := m.prompt(ctx, r, t, slot, picture, skip+1)
		if err != nil {
			return out, err
		}
		out.hidden, out.pooled = tensor.ConcatLast(out.hidden, s.hidden), s.pooled
	}
	if t.zero && m.config.zeroNegative {
		out = textStates{hidden: Zeros(out.hidden.Shape...), pooled: Zeros(out.pooled.Shape...)}
	}
	return out, nil
}

// statesSD3 lays both CLIPs side by side, pads them to T5's width and puts T5's rows below (Esser et al., 2024).
func (m *Model) statesSD3(ctx context.Context, r Request, t texts, picture, skip int) (textStates, error) {
	var clip, pooled Tensor
	for e := 0; e < 2 && e < len(m.text); e++ {
		s, err := m.prompt(ctx, r, t, e, picture, skip+1)
		if err != nil {
			return textStates{}, err
		}
		clip, pooled = tensor.ConcatLast(clip, s.hidden), tensor.ConcatLast(pooled, s.pooled)
	}
	length := r.MaxSequence
	if length == 0 {
		length = 256
	}
	width := m.net.textWidth
	t5 := Zeros(1, length, width)
	if len(m.text) > 2 && !r.WithoutT5 {
		ids := m.row(2, t.of(2, picture), length)
		r.watch(t.label+"token_ids_3", idsTensor(ids))
		s, err := m.encode(ctx, 2, ids, 0)
		if err != nil {
			return textStates{}, err
		}
		t5 = s.hidden
	}
	return textStates{hidden: tensor.ConcatRows(tensor.PadLast(clip, width), t5), pooled: pooled}, nil
}

// statesFlux is T5's states, with CLIP's pooled output beside them.
func (m *Model) statesFlux(ctx context.Context, r Request, t texts, picture int) (textStates, error) {
	clip, err := m.prompt(ctx, r, t, 0, picture, 0)
	if err != nil {
		return textStates{}, err
	}
	length := r.MaxSequence
	if length == 0 {
		length = 512
	}
	ids := m.row(1, t.of(1, picture), length)
	r.watch(t.label+"token_ids_2", idsTensor(ids))
	s, err := m.encode(ctx, 1, ids, 0)
	return textStates{hidden: s.hidden, pooled: clip.pooled}, err
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

func or(v, otherwise float32) float32 {
	if v == 0 {
		return otherwise
	}
	return v
}

func idsTensor(ids []int) Tensor {
	t := Zeros(1, len(ids))
	for i, id := range ids {
		t.Data[i] = float32(id)
	}
	return t
}
