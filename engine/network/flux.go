package network

import (
	"encoding/json"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// flux writes a FluxTransformer2DModel (Black Forest Labs, 2024): joint blocks as in SD 3, then blocks over the
// text's and the picture's tokens together, with rotary position embeddings (Su et al., 2021).
type flux struct {
	module
	Heads     int64   `json:"num_attention_heads"`
	HeadWidth int64   `json:"attention_head_dim"`
	Axes      []int64 `json:"axes_dims_rope"`
	In        int64   `json:"in_channels"`
	Out       *int64  `json:"out_channels"` // as many as in
	given
	inner    int64
	embed    string
	cos, sin string // [1, 1, position, width]
}

// writeFlux writes the transformer: hidden_states [batch, position, 64], encoder_hidden_states [batch, token, width],
// pooled_projections [batch, width], timestep [batch], 0 to 1, img_ids and txt_ids [position, 3], dev: guidance
// [batch] -> out_hidden_states.
func writeFlux(g *graph, part string, config []byte, _ bool) error {
	f := &flux{module: module{graph: g}, Axes: []int64{16, 56, 56}, HeadWidth: 128, Heads: 24}
	if err := json.Unmarshal(config, f); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	f.inner = f.dim("x_embedder.weight", 0)
	if f.Heads*f.HeadWidth != f.inner {
		f.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, f.inner, f.Heads, f.HeadWidth)
		if f.Heads < 1 || f.HeadWidth < 1 {
			return nil
		}
	}
	f.channels("x_embedder.weight", f.In, f.Out)
	f.takes(f.module)
	picture := f.input("hidden_states", graphfile.Float32, -1, -1, int(f.dim("x_embedder.weight", 1)))
	states := f.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(f.dim("context_embedder.weight", 1)))
	f.embedAll()
	f.rotate()
	x, text := f.at("x_embedder").linear(picture), f.at("context_embedder").linear(states)
	for i := range f.count("transformer_blocks") {
		x, text = f.double(f.at("transformer_blocks", i), x, text)
	}
	n := f.sizeOf(text, 1)
	row := f.concat(1, text, x)
	for i := range f.count("single_transformer_blocks") {
		row = f.single(f.at("single_transformer_blocks", i), row)
	}
	x = f.op("Slice", nil, row, n, f.ints(1<<31-1), f.ints(1))
	out := f.at("norm_out")
	parts := out.split(out.at("linear").linear(f.embed), -1, f.inner, 2)
	x = f.at("proj_out").linear(out.modulated(out.plainNorm(x, f.inner, normEpsilon), parts[1], parts[0]))
	f.output(x, "out_hidden_states", -1, -1, int(f.dim("proj_out.weight", 0)))
	return nil
}

// given are the widths of the texts' states, and of all of a text, that a transformer takes.
type given struct {
	Joint  int64 `json:"joint_attention_dim"`
	Pooled int64 `json:"pooled_projection_dim"`
}

func (g given) takes(m module) {
	if g.Joint > 0 {
		m.fixed("context_embedder.weight", 1, g.Joint)
	}
	if g.Pooled > 0 {
		m.fixed("time_text_embed.text_embedder.linear_1.weight", 1, g.Pooled)
	}
}

// channels demands of the first layer and of proj_out what config.json says of them, where it does.
func (m module) channels(first string, in int64, out *int64) {
	if in > 0 {
		m.fixed(first, 1, in)
	}
	if out != nil && *out > 0 {
		in = *out
	}
	if in > 0 {
		m.fixed("proj_out.weight", 0, in)
	}
}

// embedAll embeds timestep, pooled text and guidance.
func (f *flux) embedAll() {
	m := f.at("time_text_embed")
	pooled := f.input("pooled_projections", graphfile.Float32, -1, int(m.dim("text_embedder.linear_1.weight", 1)))
	t := f.input("timestep", graphfile.Float32, -1)
	waves := func(v, linear string) string {
		m.fixed(linear, 1, waveWidth)
		return m.sinusoid(m.mul(v, m.number(1000)), m.dim(linear, 1), true, 0, 1)
	}
	e := m.at("timestep_embedder").embedding(waves(t, "timestep_embedder.linear_1.weight"))
	if m.there("guidance_embedder") {
		guidance := f.input("guidance", graphfile.Float32, -1)
		e = m.add(e, m.at("guidance_embedder").embedding(waves(guidance, "guidance_embedder.linear_1.weight")))
	}
	f.embed = m.silu(m.add(e, m.at("text_embedder").embedding(pooled)))
}

// rotate returns cosines and sines of every position, the text's first, each number twice.
func (f *flux) rotate() {
	m := f.at("pos_embed")
	ids := m.concat(0, f.input("txt_ids", graphfile.Float32, -1, 3), f.input("img_ids", graphfile.Float32, -1, 3))
	var angles []string
	for axis, width := range f.Axes {
		half := width / 2
		rates := make([]float32, width)
		for i := range half {
			rate := float32(1 / math.Pow(10000, float64(2*i)/float64(width)))
			rates[2*i], rates[2*i+1] = rate, rate
		}
		place := m.slice(ids, 1, int64(axis), int64(axis)+1)
		angles = append(angles, m.mul(place, m.floats([]int64{1, width}, rates)))
	}
	angle := m.op("Unsqueeze", nil, m.concat(1, angles...), m.ints(0, 1))
	f.cos, f.sin = m.op("Cos", nil, angle), m.op("Sin", nil, angle)
}

func (f *flux) turned(m module, x string) string { return m.turnedPairs(x, f.cos, f.sin) }

// turnedPairs applies a rotation to [batch, head, position, width]: pairs of neighbours are rotated (Su et al., 2021).
func (m module) turnedPairs(x, cos, sin string) string {
	pairs := m.reshape(x, 0, 0, 0, -1, 2)
	parts := m.split(pairs, -1, 1, 2)
	other := m.reshape(m.concat(-1, m.op("Neg", nil, parts[1]), parts[0]), 0, 0, 0, -1)
	y := m.add(m.mul(x, cos), m.mul(other, sin))
	m.shapes.of[y] = m.shapes.of[x]
	return y
}

// double is a joint block: the text's tokens before the picture's.
func (f *flux) double(m module, x, text string) (string, string) {
	mod := m.at("norm1").split(m.at("norm1", "linear").linear(f.embed), -1, f.inner, 6)
	norm := m.at("norm1").modulated(m.at("norm1").plainNorm(x, f.inner, normEpsilon), mod[0], mod[1])
	c := m.at("norm1_context")
	textMod := c.split(c.at("linear").linear(f.embed), -1, f.inner, 6)
	textNorm := c.modulated(c.plainNorm(text, f.inner, normEpsilon), textMod[0], textMod[1])
	a := m.at("attn")
	row := func(own, ownNorm, added, addedNorm string) string {
		return a.concat(2, a.heads(textNorm, added, addedNorm, f.Heads, f.HeadWidth), a.heads(norm, own, ownNorm, f.Heads, f.HeadWidth))
	}
	q := f.turned(a, row("to_q", "norm_q", "add_q_proj", "norm_added_q"))
	k := f.turned(a, row("to_k", "norm_k", "add_k_proj", "norm_added_k"))
	mixed := a.joined(q, a.transpose(k, 0, 1, 3, 2), row("to_v", "", "add_v_proj", ""), f.inner, f.HeadWidth)
	n := a.sizeOf(text, 1)
	x = m.gated(x, mod[2], a.at("to_out", 0).linear(a.op("Slice", nil, mixed, n, a.ints(1<<31-1), a.ints(1))))
	text = m.gated(text, textMod[2], a.at("to_add_out").linear(a.op("Slice", nil, mixed, a.ints(0), n, a.ints(1))))
	h := m.at("norm2").modulated(m.at("norm2").plainNorm(x, f.inner, normEpsilon), mod[3], mod[4])
	x = m.gated(x, mod[5], m.at("ff").feedForward(h, "gelu-approximate"))
	c = m.at("norm2_context")
	h = c.modulated(c.plainNorm(text, f.inner, normEpsilon), textMod[3], textMod[4])
	return x, m.gated(text, textMod[5], m.at("ff_context").feedForward(h, "gelu-approximate"))
}

// single is a block whose attention and feed-forward network run in parallel.
func (f *flux) single(m module, x string) string {
	mod := m.at("norm").split(m.at("norm", "linear").linear(f.embed), -1, f.inner, 3)
	norm := m.at("norm").modulated(m.at("norm").plainNorm(x, f.inner, normEpsilon), mod[0], mod[1])
	mlp := m.geluTanh(m.at("proj_mlp").linear(norm))
	a := m.at("attn")
	q := f.turned(a, a.heads(norm, "to_q", "norm_q", f.Heads, f.HeadWidth))
	k := f.turned(a, a.heads(norm, "to_k", "norm_k", f.Heads, f.HeadWidth))
	v := a.heads(norm, "to_v", "", f.Heads, f.HeadWidth)
	mixed := a.joined(q, a.transpose(k, 0, 1, 3, 2), v, f.inner, f.HeadWidth)
	return m.gated(x, mod[2], m.at("proj_out").linear(m.concat(2, mixed, mlp)))
}
