package network

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// qwenImage writes a QwenImageTransformer2DModel (Qwen-Image, Wu et al., 2025): joint blocks as in FLUX, to the end, with
// layers of their own names.
type qwenImage struct {
	flux
	// Zero is set where a seen picture's tokens are modulated as those of timestep 0.
	Zero bool `json:"zero_cond_t"`
	// Planes is how many channels the latents have, of which a token has four pixels.
	Planes int64 `json:"out_channels"`
	// of timestep 0, and which tokens are x_t's, [1, position, 1]
	zero, own string
}

// qwenImageUnknown are variants whose networks differ.
type qwenImageUnknown struct {
	Guided bool `json:"guidance_embeds"`
	Layers bool `json:"use_layer3d_rope"`
	More   bool `json:"use_additional_t_cond"`
}

// writeQwenImage writes the transformer: hidden_states [batch, position, 64], encoder_hidden_states [batch, token,
// width], timestep [batch], 0 to 1, img_ids and txt_ids [position, 3] -> out_hidden_states.
func writeQwenImage(g *graph, part string, config []byte, _ bool) error {
	q := &qwenImage{flux: flux{module: module{graph: g}, Axes: []int64{16, 56, 56}, HeadWidth: 128, Heads: 24}}
	var other qwenImageUnknown
	for _, into := range []any{&q.flux, q, &other} {
		if err := json.Unmarshal(config, into); err != nil {
			return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
		}
	}
	if other != (qwenImageUnknown{}) {
		return fault.Unknown.Errorf("%s is of Qwen-Image-Layered or another variant of Qwen-Image that this program does not run: choose Qwen-Image or Qwen-Image-Edit", part)
	}
	q.inner = q.dim("img_in.weight", 0)
	if q.Heads*q.HeadWidth != q.inner {
		q.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, q.inner, q.Heads, q.HeadWidth)
		if q.Heads < 1 || q.HeadWidth < 1 {
			return nil
		}
	}
	if four := 4 * q.Planes; q.In > 0 && four > 0 {
		q.channels("img_in.weight", q.In, &four)
	}
	if q.Joint > 0 {
		q.fixed("txt_norm.weight", 0, q.Joint)
	}
	picture := q.input("hidden_states", graphfile.Float32, -1, -1, int(q.dim("img_in.weight", 1)))
	states := q.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(q.dim("txt_in.weight", 1)))
	t := q.input("timestep", graphfile.Float32, -1)
	q.embed = q.time(t)
	q.rotate()
	if q.Zero {
		q.zero = q.time(q.mul(t, q.number(0)))
		q.own = q.op("Unsqueeze", nil, q.op("Less", nil, q.slice("img_ids", 1, 0, 1), q.number(0.5)), q.ints(0))
	}
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

// time embeds a timestep, 0 to 1.
func (q *qwenImage) time(t string) string {
	m := q.at("time_text_embed")
	m.fixed("timestep_embedder.linear_1.weight", 1, waveWidth)
	waves := m.sinusoid(m.mul(t, m.number(1000)), m.dim("timestep_embedder.linear_1.weight", 1), true, 0, 1)
	return m.silu(m.at("timestep_embedder").embedding(waves))
}

// modulation is shift, scale and gate, twice, of the picture's tokens or of the text's: [batch, 1 or position, channel].
func (q *qwenImage) modulation(m module, picture bool) []string {
	parts := func(embed string) []string {
		all := m.split(m.at(1).linear(embed), -1, q.inner, 6)
		for i, v := range all {
			all[i] = m.op("Unsqueeze", nil, v, m.ints(1))
		}
		return all
	}
	mod := parts(q.embed)
	if !q.Zero || !picture {
		return mod
	}
	for i, zero := range parts(q.zero) {
		mod[i] = m.op("Where", nil, q.own, mod[i], zero)
	}
	return mod
}

// block is a joint block; what the last one makes of the text is not used.
func (q *qwenImage) block(m module, x, text string, last bool) (string, string) {
	mod, textMod := q.modulation(m.at("img_mod"), true), q.modulation(m.at("txt_mod"), false)
	norm := func(at, x, shift, scale string) string {
		n := m.at(at)
		return n.add(n.mul(n.plainNorm(x, q.inner, normEpsilon), n.add(scale, n.number(1))), shift)
	}
	gated := func(x, gate, y string) string { return m.add(x, m.mul(gate, y)) }
	own, added := q.attend(m.at("attn"), norm("img_norm1", x, mod[0], mod[1]), norm("txt_norm1", text, textMod[0], textMod[1]))
	x = gated(x, mod[2], m.at("attn", "to_out", 0).linear(own))
	x = gated(x, mod[5], m.at("img_mlp").feedForward(norm("img_norm2", x, mod[3], mod[4]), "gelu-approximate"))
	if last {
		return x, text
	}
	text = gated(text, textMod[2], m.at("attn", "to_add_out").linear(added))
	return x, gated(text, textMod[5], m.at("txt_mlp").feedForward(norm("txt_norm2", text, textMod[3], textMod[4]), "gelu-approximate"))
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
