package engine

import (
	"maps"

	"nirvana/engine/family"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// part is one of the texts that share the prompt's cross-attention: the prompt, or a region's words.
type part struct {
	words     text.Row
	condition family.Condition
	share     []float32 // at each latent pixel
}

// sharesAttention reports whether the run's regions act in cross-attention.
func (p *plan) sharesAttention() bool {
	return len(p.request.Regions) > 0 && p.request.RegionMode != RegionPrediction && len(p.model.net.Biases) > 0
}

// parts are the prompt and the regions, without those that are nowhere.
func (r *run) parts() (all []part) {
	c := r.conditioning
	add := func(p part) {
		if !empty(p.share) {
			all = append(all, p)
		}
	}
	add(part{c.prompted(r.promptStep(r.state.Eval))[0].Row, c.positives[0].Condition, c.base})
	for _, g := range c.regions {
		add(part{g.words, g.condition, g.share})
	}
	return all
}

// sharing is a row's condition for x, which is x_t from a place on: the prompt's with the words of all parts and biases by their
// shares, the others' with biases of 0, because the network takes them in every call. What does not act in cross-attention, such as
// pooled states, is the prompt's; where the prompt is nowhere, the first region's.
func (r *run) sharing(c row, at place, x Tensor) family.Condition {
	if !r.sharesAttention() {
		return c.Condition
	}
	h, w := x.Shape[2], x.Shape[3]
	parts := []part{{condition: c.Condition}}
	var shares Tensor
	if c.prompt {
		parts = r.parts()
		planes := Zeros(1, len(parts), r.height, r.width)
		for k, p := range parts {
			copy(planes.Data[k*len(p.share):], p.share)
		}
		shares = at.cut(tensor.Spread(planes, max(1, len(at.roll))), at.Y, at.X, h, w, 1)
	} else {
		shares = Zeros(1, 1, h, w)
		for i := range shares.Data {
			shares.Data[i] = 1
		}
	}
	out := maps.Clone(parts[0].condition)
	var texts []Tensor
	for _, p := range parts {
		texts = append(texts, p.condition[family.Hidden])
	}
	if others := r.model.net.OtherStates; others != "" {
		out[others] = texts[0]
	}
	maps.Copy(out, r.model.net.ShareAttention(shares, texts...))
	return out
}
