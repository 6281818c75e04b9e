package network

import (
	"encoding/json"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// flux2 writes a Flux2Transformer2DModel (Black Forest Labs, 2025): FLUX' blocks without biases, all of a kind modulated
// alike, with SwiGLU (Shazeer, 2020), and the single blocks' attention and feed-forward network in one linear layer each
// way (Dehghani et al., 2023).
type flux2 struct {
	module
	Heads     int64   `json:"num_attention_heads"`
	HeadWidth int64   `json:"attention_head_dim"`
	Axes      []int64 `json:"axes_dims_rope"`
	Theta     float64 `json:"rope_theta"`
	Epsilon   float32 `json:"eps"`
	Waves     int64   `json:"timestep_guidance_channels"`
	inner     int64
	embed     string // of the timestep, activated
	cos, sin  string // [1, 1, position, width], the text's positions first
}

// referencePlace is the first number of a reference picture's positions: 10 for the first, 20 for the second. x_t's and
// the text's is 0.
const referencePlace = 10

// writeFlux2 writes the transformer: hidden_states [batch, c (1 + references), h, w], x_t and behind it the latents of
// reference pictures of its size, reference_tokens and reference_ids [position, c and 4], the latent pixels and positions of
// references of other sizes, none or more, encoder_hidden_states [batch, token, width], timestep [batch], 0 to 1 ->
// out_hidden_states [batch, c, h, w].
func writeFlux2(g *graph, part string, config []byte, _ bool) error {
	f := &flux2{module: module{graph: g}, Heads: 24, HeadWidth: 128, Axes: []int64{32, 32, 32, 32}, Theta: 2000, Epsilon: normEpsilon, Waves: waveWidth}
	if err := json.Unmarshal(config, f); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	if f.there("time_guidance_embed", "guidance_embedder") {
		return fault.Unknown.Errorf("%s is FLUX.2 dev's, which this program has no graph for: choose FLUX.2 klein", part)
	}
	f.inner = f.dim("x_embedder.weight", 0)
	width := int64(0)
	for _, a := range f.Axes {
		width += a
	}
	if len(f.Axes) != 4 || width != f.HeadWidth || f.Heads*f.HeadWidth != f.inner {
		f.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, f.inner, f.Heads, f.HeadWidth)
		if len(f.Axes) != 4 || f.Heads < 1 || f.HeadWidth < 1 {
			return nil
		}
	}
	channels := f.dim("x_embedder.weight", 1)
	picture := f.input("hidden_states", graphfile.Float32, -1, -1, -1, -1)
	states := f.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(f.dim("context_embedder.weight", 1)))
	f.time()
	height, columns := f.sizeOf(picture, 2), f.sizeOf(picture, 3)
	tokens, pictures := f.tokens(picture, channels, height, columns)
	texts := f.sizeOf(states, 1)
	tokens = f.followed(tokens, f.input("reference_tokens", graphfile.Float32, -1, int(channels)))
	f.positions(texts, pictures, height, columns, f.input("reference_ids", graphfile.Float32, -1, 4))
	x, text := f.at("x_embedder").linear(tokens), f.at("context_embedder").linear(states)
	own, other := f.modulation("double_stream_modulation_img", 6), f.modulation("double_stream_modulation_txt", 6)
	for i := range f.count("transformer_blocks") {
		x, text = f.double(f.at("transformer_blocks", i), x, text, texts, own, other)
	}
	row, both := f.concat(1, text, x), f.modulation("single_stream_modulation", 3)
	for i := range f.count("single_transformer_blocks") {
		row = f.single(f.at("single_transformer_blocks", i), row, both)
	}
	until := f.add(texts, f.mul(height, columns))
	x = f.op("Slice", nil, row, texts, until, f.ints(1))
	out := f.at("norm_out")
	parts := out.split(out.at("linear").linear(f.embed), -1, f.inner, 2)
	f.needs.equal(f.ranked("proj_out.weight", 2)[0], f.ranked("x_embedder.weight", 2)[1])
	x = f.at("proj_out").linear(out.modulated(out.plainNorm(x, f.inner, f.Epsilon), parts[1], parts[0]))
	x = f.op("Reshape", nil, f.transpose(x, 0, 2, 1), f.concat(0, f.ints(0, channels), height, columns))
	f.output(x, "out_hidden_states", -1, int(channels), -1, -1)
	return nil
}

// time embeds the timestep.
func (f *flux2) time() {
	m := f.at("time_guidance_embed", "timestep_embedder")
	m.fixed("linear_1.weight", 1, f.Waves)
	t := m.mul(f.input("timestep", graphfile.Float32, -1), m.number(1000))
	f.embed = m.silu(m.embedding(m.sinusoid(t, m.dim("linear_1.weight", 1), true, 0, 1)))
}

// modulation is a kind of block's shifts, scales and gates.
func (f *flux2) modulation(name string, n int) []string {
	m := f.at(name)
	return m.split(m.at("linear").linear(f.embed), -1, f.inner, n)
}

// tokens are the latent pixels of all pictures, [batch, position, c]; pictures is how many there are.
func (f *flux2) tokens(picture string, channels int64, height, columns string) (x, pictures string) {
	m := f.at("x_embedder")
	pictures = m.op("Div", nil, m.sizeOf(picture, 1), m.ints(channels))
	apart := m.op("Reshape", nil, picture, m.concat(0, m.ints(0), pictures, m.ints(channels), m.mul(height, columns)))
	return m.reshape(m.transpose(apart, 0, 1, 3, 2), 0, -1, channels), pictures
}

// followed are tokens [batch, position, c] with more behind them, [position, c], the same in every row.
func (f *flux2) followed(tokens, more string) string {
	m := f.at("x_embedder")
	each := m.op("Expand", nil, m.op("Unsqueeze", nil, more, m.ints(0)), m.concat(0, m.sizeOf(tokens, 0), m.ints(1, 1)))
	return m.concat(1, tokens, each)
}

// positions sets the cosines and sines of all positions: picture, row, column, and a text's place; those of further tokens
// are given.
func (f *flux2) positions(texts, pictures, height, columns, further string) {
	m := f.at("pos_embed")
	one := func(n string) string { return m.op("Squeeze", nil, n, m.ints(0)) }
	upTo := func(n string) string { return m.op("Range", nil, m.integer(0), one(n), m.integer(1)) }
	column := func(n string) string { return m.op("Unsqueeze", nil, n, m.ints(1)) }
	each := m.mul(height, columns)
	index := upTo(m.mul(pictures, each))
	which := m.op("Div", nil, index, one(each))
	within := m.op("Sub", nil, index, m.mul(which, one(each)))
	row := m.op("Div", nil, within, one(columns))
	x := m.op("Sub", nil, within, m.mul(row, one(columns)))
	none := m.mul(index, m.integer(0))
	own := m.concat(1, column(m.mul(which, m.integer(referencePlace))), column(row), column(x), column(none))
	token := column(upTo(texts))
	zero := m.mul(token, m.integer(0))
	places := m.concat(0, m.cast(m.concat(0, m.concat(1, zero, zero, zero, token), own), graphfile.Float32), further)
	var angles []string
	for axis, width := range f.Axes {
		rates := make([]float32, width)
		for i := range width / 2 {
			rate := float32(1 / math.Pow(f.Theta, float64(2*i)/float64(width)))
			rates[2*i], rates[2*i+1] = rate, rate
		}
		angles = append(angles, m.mul(m.slice(places, 1, int64(axis), int64(axis)+1), m.floats([]int64{1, width}, rates)))
	}
	angle := m.op("Unsqueeze", nil, m.concat(1, angles...), m.ints(0, 1))
	f.cos, f.sin = m.op("Cos", nil, angle), m.op("Sin", nil, angle)
}

// feedForward is two linear layers with SwiGLU between them.
func (f *flux2) feedForward(m module, x string) string {
	in := m.at("linear_in")
	return m.at("linear_out").linear(f.swiGLU(m, in.linear(x), in.outputs()/2))
}

// swiGLU is the first half, activated, times the second.
func (f *flux2) swiGLU(m module, x string, half int64) string {
	parts := m.split(x, -1, half, 2)
	return m.mul(m.silu(parts[0]), parts[1])
}

// double is a joint block: the text's tokens before the picture's. own and other are the picture's and the text's
// modulation.
func (f *flux2) double(m module, x, text, texts string, own, other []string) (string, string) {
	norm := m.at("norm1").modulated(m.at("norm1").plainNorm(x, f.inner, f.Epsilon), own[0], own[1])
	c := m.at("norm1_context")
	textNorm := c.modulated(c.plainNorm(text, f.inner, f.Epsilon), other[0], other[1])
	a := m.at("attn")
	row := func(proj, projNorm, added, addedNorm string) string {
		return a.concat(2, a.heads(textNorm, added, addedNorm, f.Heads, f.HeadWidth), a.heads(norm, proj, projNorm, f.Heads, f.HeadWidth))
	}
	q := a.turnedPairs(row("to_q", "norm_q", "add_q_proj", "norm_added_q"), f.cos, f.sin)
	k := a.turnedPairs(row("to_k", "norm_k", "add_k_proj", "norm_added_k"), f.cos, f.sin)
	mixed := a.joined(q, a.transpose(k, 0, 1, 3, 2), row("to_v", "", "add_v_proj", ""), f.inner, f.HeadWidth)
	x = m.gated(x, own[2], a.at("to_out", 0).linear(a.op("Slice", nil, mixed, texts, a.ints(1<<31-1), a.ints(1))))
	text = m.gated(text, other[2], a.at("to_add_out").linear(a.op("Slice", nil, mixed, a.ints(0), texts, a.ints(1))))
	h := m.at("norm2").modulated(m.at("norm2").plainNorm(x, f.inner, f.Epsilon), own[3], own[4])
	x = m.gated(x, own[5], f.feedForward(m.at("ff"), h))
	c = m.at("norm2_context")
	h = c.modulated(c.plainNorm(text, f.inner, f.Epsilon), other[3], other[4])
	return x, m.gated(text, other[5], f.feedForward(m.at("ff_context"), h))
}

// single is a block whose attention and feed-forward network run in parallel.
func (f *flux2) single(m module, x string, both []string) string {
	norm := m.at("norm").modulated(m.at("norm").plainNorm(x, f.inner, f.Epsilon), both[0], both[1])
	a := m.at("attn")
	in := a.at("to_qkv_mlp_proj")
	inside := (in.outputs() - 3*f.inner) / 2
	parts := a.splitInto(in.linear(norm), -1, f.inner, f.inner, f.inner, 2*inside)
	for i, own := range []*extent{a.lastOf(norm), a.lastOf(norm), a.lastOf(norm), sum(in.ranked("weight", 2)[0], a.lastOf(norm).times(-3, 1))} {
		a.shapes.of[parts[i]] = withLast(a.shapes.of[norm], own)
	}
	head := func(i int, norm string) string {
		h := a.transpose(a.reshape(parts[i], 0, -1, f.Heads, f.HeadWidth), 0, 2, 1, 3)
		if norm == "" {
			return h
		}
		return a.turnedPairs(a.at(norm).rmsNorm(h, normEpsilon), f.cos, f.sin)
	}
	k := a.transpose(head(1, "norm_k"), 0, 1, 3, 2)
	mixed := a.joined(head(0, "norm_q"), k, head(2, ""), f.inner, f.HeadWidth)
	return m.gated(x, both[2], a.at("to_out").linear(a.concat(2, mixed, f.swiGLU(a, parts[3], inside))))
}
