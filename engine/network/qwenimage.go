package network

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// qwenImage writes a QwenImageTransformer2DModel (Qwen-Image, Wu et al., 2025): joint blocks as in FLUX, to the end, with
// layers of their own names.
type qwenImage struct{ flux }

// writeQwenImage writes the transformer: hidden_states [batch, position, 64], encoder_hidden_states [batch, token,
// width], timestep [batch], 0 to 1, img_ids and txt_ids [position, 3] -> out_hidden_states.
func writeQwenImage(g *graph, part string, config []byte, _ bool) error {
	q := &qwenImage{flux{module: module{graph: g}, Axes: []int64{16, 56, 56}, HeadWidth: 128, Heads: 24}}
	if err := json.Unmarshal(config, &q.flux); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	q.inner = q.dim("img_in.weight", 0)
	if q.Heads*q.HeadWidth != q.inner {
		q.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, q.inner, q.Heads, q.HeadWidth)
		return nil
	}
	picture := q.input("hidden_states", graphfile.Float32, -1, -1, int(q.dim("img_in.weight", 1)))
	states := q.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(q.dim("txt_in.weight", 1)))
	m := q.at("time_text_embed")
	waves := m.sinusoid(m.mul(m.input("timestep", graphfile.Float32, -1), m.number(1000)), m.dim("timestep_embedder.linear_1.weight", 1), true, 0, 1)
	q.embed = m.silu(m.at("timestep_embedder").embedding(waves))
	q.rotate()
	x, text := q.at("img_in").linear(picture), q.at("txt_in").linear(q.at("txt_norm").rmsNorm(states, normEpsilon))
	blocks := q.count("transformer_blocks")
	for i := range blocks {
		x, text = q.block(q.at("transformer_blocks", i), x, text, i == blocks-1)
	}
	out := q.at("norm_out")
	parts := out.split(out.at("linear").linear(q.embed), -1, q.inner, 2)
	x = q.at("proj_out").linear(out.modulated(out.plainNorm(x, q.inner, normEpsilon), parts[1], parts[0]))
	q.output(x, "out_hidden_states", -1, -1, int(q.dim("proj_out.weight", 0)))
	return nil
}

// block is a joint block; what the last one makes of the text is not used.
func (q *qwenImage) block(m module, x, text string, last bool) (string, string) {
	mod := m.at("img_mod").split(m.at("img_mod", 1).linear(q.embed), -1, q.inner, 6) // shift, scale and gate, twice
	textMod := m.at("txt_mod").split(m.at("txt_mod", 1).linear(q.embed), -1, q.inner, 6)
	norm := func(at, x, shift, scale string) string {
		n := m.at(at)
		return n.modulated(n.plainNorm(x, q.inner, normEpsilon), shift, scale)
	}
	own, added := q.attend(m.at("attn"), norm("img_norm1", x, mod[0], mod[1]), norm("txt_norm1", text, textMod[0], textMod[1]))
	x = m.gated(x, mod[2], m.at("attn", "to_out", 0).linear(own))
	x = m.gated(x, mod[5], m.at("img_mlp").feedForward(norm("img_norm2", x, mod[3], mod[4]), "gelu-approximate"))
	if last {
		return x, text
	}
	text = m.gated(text, textMod[2], m.at("attn", "to_add_out").linear(added))
	return x, m.gated(text, textMod[5], m.at("txt_mlp").feedForward(norm("txt_norm2", text, textMod[3], textMod[4]), "gelu-approximate"))
}

// attend is attention over the text's and the picture's tokens together.
func (q *qwenImage) attend(m module, x, text string) (own, added string) {
	row := func(proj, norm, addedProj, addedNorm string) string {
		return m.concat(2, m.heads(text, addedProj, addedNorm, q.Heads, q.HeadWidth), m.heads(x, proj, norm, q.Heads, q.HeadWidth))
	}
	query := q.turned(m, row("to_q", "norm_q", "add_q_proj", "norm_added_q"))
	key := m.transpose(q.turned(m, row("to_k", "norm_k", "add_k_proj", "norm_added_k")), 0, 1, 3, 2)
	mixed := m.joined(query, key, row("to_v", "", "add_v_proj", ""), q.inner, q.HeadWidth)
	n := m.sizeOf(text, 1)
	return m.op("Slice", nil, mixed, n, m.ints(1<<31-1), m.ints(1)), m.op("Slice", nil, mixed, m.ints(0), n, m.ints(1))
}
