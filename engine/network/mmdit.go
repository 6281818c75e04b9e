package network

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// mmdit writes an SD3Transformer2DModel (Esser et al., 2024): the picture's and the text's tokens have weights of
// their own and attend to each other in one attention.
type mmdit struct {
	module
	Heads     int64 `json:"num_attention_heads"`
	HeadWidth int64 `json:"attention_head_dim"`
	Patch     int64 `json:"patch_size"`
	given
	In    int64 `json:"in_channels"`
	Out   int64 `json:"out_channels"`
	Side  int64 `json:"pos_embed_max_size"`
	embed string
	inner int64
}

// normEpsilon is the epsilon of all norms of the transformers.
const normEpsilon = 1e-6

// writeMMDiT writes the transformer: hidden_states [batch, c, h, w], encoder_hidden_states [batch, token, width],
// pooled_projections [batch, width], timestep [batch], 0 to 1000 -> out_hidden_states.
func writeMMDiT(g *graph, part string, config []byte, _ bool) error {
	d := &mmdit{module: module{graph: g}, Patch: 2, HeadWidth: 64, Out: 16}
	if err := json.Unmarshal(config, d); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	d.inner = d.dim("pos_embed.proj.weight", 0)
	if d.Heads == 0 || d.Heads*d.HeadWidth != d.inner {
		d.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, d.inner, d.Heads, d.HeadWidth)
		if d.Heads < 1 || d.HeadWidth < 1 {
			return nil
		}
	}
	d.takes(d.module)
	if d.In > 0 {
		d.fixed("pos_embed.proj.weight", 1, d.In)
	}
	d.fixed("proj_out.weight", 0, d.Patch*d.Patch*d.Out)
	d.fixed("pos_embed.pos_embed", 0, 1)
	d.fixed("pos_embed.pos_embed", 1, d.Side*d.Side)
	picture := d.input("hidden_states", graphfile.Float32, -1, int(d.dim("pos_embed.proj.weight", 1)), -1, -1)
	states := d.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(d.dim("context_embedder.weight", 1)))
	pooled := d.input("pooled_projections", graphfile.Float32, -1, int(d.dim("time_text_embed.text_embedder.linear_1.weight", 1)))
	t := d.input("timestep", graphfile.Float32, -1)
	m := d.at("time_text_embed")
	m.fixed("timestep_embedder.linear_1.weight", 1, waveWidth)
	d.embed = m.silu(m.add(m.at("timestep_embedder").embedding(m.sinusoid(t, m.dim("timestep_embedder.linear_1.weight", 1), true, 0, 1)), m.at("text_embedder").embedding(pooled)))
	x, height, width := d.patches(picture)
	text := d.at("context_embedder").linear(states)
	n := d.count("transformer_blocks")
	for i := range n {
		x, text = d.block(d.at("transformer_blocks", i), x, text, i == n-1)
	}
	out := d.at("norm_out")
	parts := out.split(out.at("linear").linear(d.embed), -1, d.inner, 2)
	x = out.modulated(out.plainNorm(x, d.inner, normEpsilon), parts[1], parts[0])
	d.output(d.unpatched(d.at("proj_out").linear(x), height, width), "out_hidden_states", -1, int(d.Out), -1, -1)
	return nil
}

// modulated is x (1 + scale) + shift; both are [batch, channel].
func (m module) modulated(x, shift, scale string) string {
	row := func(v string) string { return m.op("Unsqueeze", nil, v, m.ints(1)) }
	return m.add(m.mul(x, m.add(row(scale), m.number(1))), row(shift))
}

// gated is x + gate y.
func (m module) gated(x, gate, y string) string {
	return m.add(x, m.mul(m.op("Unsqueeze", nil, gate, m.ints(1)), y))
}

// patches cuts the latents into tokens and adds position embeddings, from the middle of the table. height and width
// are in patches.
func (d *mmdit) patches(picture string) (x, height, width string) {
	m := d.at("pos_embed")
	height = m.op("Div", nil, m.sizeOf(picture, 2), m.ints(d.Patch))
	width = m.op("Div", nil, m.sizeOf(picture, 3), m.ints(d.Patch))
	x = m.at("proj").conv(picture, d.Patch, 0, 0, 0, 0)
	x = m.transpose(m.reshape(x, 0, d.inner, -1), 0, 2, 1)
	table := m.weight(m.name("pos_embed"), 1, d.Side, d.Side, d.inner)
	crop := func(v, size string, axis int64) string {
		from := m.op("Div", nil, m.op("Sub", nil, m.ints(d.Side), size), m.ints(2))
		return m.op("Slice", nil, v, from, m.add(from, size), m.ints(axis))
	}
	positions := m.reshape(crop(crop(table, height, 1), width, 2), 1, -1, d.inner)
	return m.add(x, positions), height, width
}

// unpatched reassembles tokens: [batch, token, patch patch c] -> [batch, c, h, w].
func (d *mmdit) unpatched(x, height, width string) string {
	m := d.at("proj_out")
	shape := m.concat(0, m.ints(0), height, width, m.ints(d.Patch), m.ints(d.Patch), m.ints(d.Out))
	x = m.transpose(m.op("Reshape", nil, x, shape), 0, 5, 1, 3, 2, 4)
	whole := m.concat(0, m.ints(0), m.ints(d.Out), m.mul(height, m.ints(d.Patch)), m.mul(width, m.ints(d.Patch)))
	return m.op("Reshape", nil, x, whole)
}

// block is one joint block; the last one does not update the text.
func (d *mmdit) block(m module, x, text string, last bool) (string, string) {
	second := m.there("attn2")
	n := 6
	if second {
		n = 9
	}
	mod := m.at("norm1").split(m.at("norm1", "linear").linear(d.embed), -1, d.inner, n)
	plain := m.at("norm1").plainNorm(x, d.inner, normEpsilon)
	norm := m.at("norm1").modulated(plain, mod[0], mod[1])
	c := m.at("norm1_context")
	given := c.at("linear").linear(d.embed)
	var textMod []string
	var textNorm string
	if last {
		textMod = c.split(given, -1, d.inner, 2)
		textNorm = c.modulated(c.plainNorm(text, d.inner, normEpsilon), textMod[1], textMod[0])
	} else {
		textMod = c.split(given, -1, d.inner, 6)
		textNorm = c.modulated(c.plainNorm(text, d.inner, normEpsilon), textMod[0], textMod[1])
	}
	fromPicture, fromText := d.joint(m.at("attn"), norm, textNorm, !last)
	x = m.gated(x, mod[2], fromPicture)
	if second {
		norm2 := m.at("norm1").modulated(plain, mod[6], mod[7])
		x = m.gated(x, mod[8], d.alone(m.at("attn2"), norm2))
	}
	x = m.gated(x, mod[5], m.at("ff").feedForward(m.at("norm2").modulated(m.at("norm2").plainNorm(x, d.inner, normEpsilon), mod[3], mod[4]), "gelu-approximate"))
	if last {
		return x, text
	}
	text = m.gated(text, textMod[2], fromText)
	c = m.at("norm2_context")
	h := m.at("ff_context").feedForward(c.modulated(c.plainNorm(text, d.inner, normEpsilon), textMod[3], textMod[4]), "gelu-approximate")
	return x, m.gated(text, textMod[5], h)
}

// heads splits a linear layer's outputs into [batch, head, position, width], normalised where there is a norm for it.
func (m module) heads(x, proj, norm string, heads, width int64) string {
	h := m.transpose(m.reshape(m.at(proj).linear(x), 0, -1, heads, width), 0, 2, 1, 3)
	if norm != "" && m.there(norm) {
		h = m.at(norm).rmsNorm(h, normEpsilon)
	}
	return h
}

// joint is attention over the picture's and the text's tokens together, the picture's first.
func (d *mmdit) joint(m module, x, text string, both bool) (fromPicture, fromText string) {
	row := func(own, ownNorm, added, addedNorm string) string {
		return m.concat(2, m.heads(x, own, ownNorm, d.Heads, d.HeadWidth), m.heads(text, added, addedNorm, d.Heads, d.HeadWidth))
	}
	q := row("to_q", "norm_q", "add_q_proj", "norm_added_q")
	k := row("to_k", "norm_k", "add_k_proj", "norm_added_k")
	v := row("to_v", "", "add_v_proj", "")
	mixed := m.joined(q, m.transpose(k, 0, 1, 3, 2), v, d.inner, d.HeadWidth)
	n := m.sizeOf(x, 1)
	fromPicture = m.at("to_out", 0).linear(m.op("Slice", nil, mixed, m.ints(0), n, m.ints(1)))
	if both {
		fromText = m.at("to_add_out").linear(m.op("Slice", nil, mixed, n, m.ints(1<<31-1), m.ints(1)))
	}
	return fromPicture, fromText
}

// alone is self-attention of the picture's tokens, in SD 3.5 medium.
func (d *mmdit) alone(m module, x string) string {
	q := m.heads(x, "to_q", "norm_q", d.Heads, d.HeadWidth)
	k := m.heads(x, "to_k", "norm_k", d.Heads, d.HeadWidth)
	v := m.heads(x, "to_v", "", d.Heads, d.HeadWidth)
	return m.at("to_out", 0).linear(m.joined(q, m.transpose(k, 0, 1, 3, 2), v, d.inner, d.HeadWidth))
}
