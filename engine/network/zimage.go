package network

import (
	"encoding/json"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// zimage writes a ZImageTransformer2DModel (Z-Image Team, 2025): the picture's and the text's tokens are refined apart
// and then run through the same blocks, in one stream.
type zimage struct {
	module
	Heads   int64   `json:"n_heads"`
	Epsilon float32 `json:"norm_eps"`
	Theta   float64 `json:"rope_theta"`
	Scale   float32 `json:"t_scale"`
	Axes    []int64 `json:"axes_dims"`
	inner   int64
	embed   string
}

// patchName is the name of the only patch size that the published models have: 2 x 2 pixels of one frame.
const (
	patchName = "2-1"
	patchSide = 2
)

// together is what the numbers of the picture's and of the text's tokens are filled up to a multiple of.
const together = 32

// tokens are rows of a stream, [batch, position, channel], and the cosines and sines of their positions.
type tokens struct{ x, cos, sin string }

// writeZImage writes the transformer: hidden_states [batch, c, h, w], encoder_hidden_states [batch, token, width],
// timestep [batch], 0 to 1000 -> out_hidden_states, the velocity from the picture to the noise.
func writeZImage(g *graph, part string, config []byte, _ bool) error {
	z := &zimage{module: module{graph: g}, Epsilon: 1e-5, Theta: 256, Scale: 1000, Heads: 30, Axes: []int64{32, 48, 48}}
	if err := json.Unmarshal(config, z); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	embedder := z.at("all_x_embedder", patchName)
	z.inner = embedder.outputs()
	width := int64(0)
	for _, a := range z.Axes {
		width += a
	}
	if len(z.Axes) != 3 || z.Heads*width != z.inner {
		z.fail("%s has %d channels, which are not %d heads of %d: the file is of another model, or needs its config.json", part, z.inner, z.Heads, width)
		if len(z.Axes) != 3 || z.Heads < 1 || width < 1 {
			return nil
		}
	}
	channels := embedder.dim("weight", 1) / (patchSide * patchSide)
	picture := z.input("hidden_states", graphfile.Float32, -1, int(channels), -1, -1)
	states := z.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(z.dim("cap_embedder.1.weight", 1)))
	z.time()
	height := z.op("Div", nil, z.sizeOf(picture, 2), z.ints(patchSide))
	columns := z.op("Div", nil, z.sizeOf(picture, 3), z.ints(patchSide))
	text := z.text(states)
	x, own := z.picture(embedder, picture, channels, height, columns, z.sizeOf(text.x, 1))
	for i := range z.count("noise_refiner") {
		x.x = z.block(z.at("noise_refiner", i), x)
	}
	for i := range z.count("context_refiner") {
		text.x = z.block(z.at("context_refiner", i), text)
	}
	all := tokens{z.concat(1, x.x, text.x), z.concat(2, x.cos, text.cos), z.concat(2, x.sin, text.sin)}
	for i := range z.count("layers") {
		all.x = z.block(z.at("layers", i), all)
	}
	end := z.at("all_final_layer", patchName)
	h := end.op("Slice", nil, all.x, end.ints(0), own, end.ints(1))
	scale := end.at("adaLN_modulation", 1).linear(end.silu(z.embed))
	h = end.mul(end.plainNorm(h, z.inner, normEpsilon), end.add(end.op("Unsqueeze", nil, scale, end.ints(1)), end.number(1)))
	z.needs.equal(end.ranked("linear.weight", 2)[0], embedder.ranked("weight", 2)[1])
	h = end.op("Neg", nil, end.at("linear").linear(h))
	z.output(z.whole(end, h, channels, height, columns), "out_hidden_states", -1, int(channels), -1, -1)
	return nil
}

// time embeds how much of the way is done, 0 at the noise.
func (z *zimage) time() {
	m := z.at("t_embedder")
	t := z.input("timestep", graphfile.Float32, -1)
	done := m.mul(m.op("Sub", nil, m.number(1), m.op("Div", nil, t, m.number(1000))), m.number(z.Scale))
	m.fixed("mlp.0.weight", 1, waveWidth)
	waves := m.sinusoid(done, m.dim("mlp.0.weight", 1), true, 0, 1)
	z.embed = m.at("mlp", 2).linear(m.silu(m.at("mlp", 0).linear(waves)))
}

// filled appends a row for padding until the number of tokens is a multiple of together.
func (z *zimage) filled(m module, x, row string) string {
	n := m.sizeOf(x, 1)
	missing := m.op("Mod", nil, m.op("Sub", nil, m.ints(1<<20), n), m.ints(together)) // 1<<20 is one of its multiples
	shape := m.concat(0, m.sizeOf(x, 0), missing, m.ints(z.inner))
	if own := z.ranked(row, 2); z.has(row) {
		z.needs.equal(own[0], exactly(1))
		z.needs.equal(own[1], z.lastOf(x))
	}
	rows := m.op("Expand", nil, m.weight(row, 1, 1, z.inner), shape)
	m.shapes.of[rows] = []*extent{nil, nil, m.lastOf(x)}
	return m.concat(1, x, rows)
}

// text embeds the text's states; their places are 1, 2, ... on the first axis.
func (z *zimage) text(states string) tokens {
	m := z.at("cap_embedder")
	x := z.filled(m, m.at(1).linear(m.at(0).rmsNorm(states, z.Epsilon)), "cap_pad_token")
	n := m.op("Squeeze", nil, m.sizeOf(x, 1), m.ints(0))
	place := m.cast(m.op("Range", nil, m.integer(1), m.add(n, m.integer(1)), m.integer(1)), graphfile.Float32)
	cos, sin := z.rotate(m, m.op("Unsqueeze", nil, place, m.ints(1)), []int64{0})
	return tokens{x, cos, sin}
}

// picture cuts x_t into tokens; their places are behind the text's on the first axis, and row and column. own is how
// many tokens are not padding.
func (z *zimage) picture(m module, picture string, channels int64, height, columns, texts string) (t tokens, own string) {
	own = m.mul(height, columns)
	grid := m.concat(0, m.ints(0, channels), height, m.ints(patchSide), columns, m.ints(patchSide))
	x := m.transpose(m.op("Reshape", nil, picture, grid), 0, 2, 4, 3, 5, 1)
	x = m.op("Reshape", nil, x, m.concat(0, m.ints(0), own, m.ints(patchSide*patchSide*channels)))
	x = z.filled(m, m.linear(x), "x_pad_token")
	one := func(n string) string { return m.op("Squeeze", nil, n, m.ints(0)) }
	index := m.op("Range", nil, m.integer(0), one(own), m.integer(1))
	first := m.op("Expand", nil, m.add(texts, m.ints(1)), own)
	row := m.op("Div", nil, index, one(columns))
	column := m.op("Sub", nil, index, m.mul(row, one(columns)))
	var places []string
	for _, p := range []string{first, row, column} {
		places = append(places, m.op("Unsqueeze", nil, p, m.ints(1)))
	}
	ids := m.concat(1, places...)
	padding := m.op("Expand", nil, m.integer(0), m.concat(0, m.op("Sub", nil, m.sizeOf(x, 1), own), m.ints(3)))
	cos, sin := z.rotate(m, m.cast(m.concat(0, ids, padding), graphfile.Float32), []int64{0, 1, 2})
	return tokens{x, cos, sin}, own
}

// rotate is the cosines and sines of places [position, axis], [1, 1, position, width], each number twice; axes that
// are not given are at 0.
func (z *zimage) rotate(m module, places string, axes []int64) (cos, sin string) {
	var angles []string
	for a, width := range z.Axes {
		rates := make([]float32, width)
		for i := range width / 2 {
			rate := float32(1 / math.Pow(z.Theta, float64(2*i)/float64(width)))
			if a < len(axes) {
				rates[2*i], rates[2*i+1] = rate, rate
			}
		}
		at := int64(min(a, len(axes)-1))
		angles = append(angles, m.mul(m.slice(places, 1, at, at+1), m.floats([]int64{1, width}, rates)))
	}
	angle := m.op("Unsqueeze", nil, m.concat(1, angles...), m.ints(0, 1))
	return m.op("Cos", nil, angle), m.op("Sin", nil, angle)
}

// block is attention and a gated feed-forward network, each normalised before and after; where the block is modulated
// by the time, scaled before and gated after.
func (z *zimage) block(m module, t tokens) string {
	scaled := func(h string, _ int) string { return h }
	gated := scaled
	if m.there("adaLN_modulation") {
		parts := m.split(m.at("adaLN_modulation", 0).linear(z.embed), -1, z.inner, 4) // scale and gate, twice
		row := func(i int) string { return m.op("Unsqueeze", nil, parts[i], m.ints(1)) }
		scaled = func(h string, i int) string { return m.mul(h, m.add(row(i), m.number(1))) }
		gated = func(h string, i int) string { return m.mul(h, m.op("Tanh", nil, row(i))) }
	}
	h := z.attend(m.at("attention"), scaled(m.at("attention_norm1").rmsNorm(t.x, z.Epsilon), 0), t)
	x := m.add(t.x, gated(m.at("attention_norm2").rmsNorm(h, z.Epsilon), 1))
	f := m.at("feed_forward")
	h = scaled(m.at("ffn_norm1").rmsNorm(x, z.Epsilon), 2)
	h = f.at("w2").linear(f.mul(f.silu(f.at("w1").linear(h)), f.at("w3").linear(h)))
	return m.add(x, gated(m.at("ffn_norm2").rmsNorm(h, z.Epsilon), 3))
}

func (z *zimage) attend(m module, x string, t tokens) string {
	width := z.inner / z.Heads
	turned := func(proj, norm string) string {
		return m.turnedPairs(m.heads(x, proj, norm, z.Heads, width), t.cos, t.sin)
	}
	k := m.transpose(turned("to_k", "norm_k"), 0, 1, 3, 2)
	return m.at("to_out", 0).linear(m.joined(turned("to_q", "norm_q"), k, m.heads(x, "to_v", "", z.Heads, width), z.inner, width))
}

// whole reassembles tokens: [batch, token, patch patch c] -> [batch, c, h, w].
func (z *zimage) whole(m module, x string, channels int64, height, columns string) string {
	x = m.op("Reshape", nil, x, m.concat(0, m.ints(0), height, columns, m.ints(patchSide, patchSide, channels)))
	x = m.transpose(x, 0, 5, 1, 3, 2, 4)
	return m.op("Reshape", nil, x, m.concat(0, m.ints(0, channels), m.mul(height, m.ints(patchSide)), m.mul(columns, m.ints(patchSide))))
}
