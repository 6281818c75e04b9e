package network

import (
	"encoding/json"
	"fmt"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// qwen writes the language model of Qwen3 (Yang et al., 2025) or of Qwen2.5-VL (Bai et al., 2025) as a text encoder:
// grouped queries (Ainslie et al., 2023) with rotary positions, Qwen3's with normalised heads. Of texts alone, the three
// axes of Qwen2.5-VL's positions are the same number.
type qwen struct {
	module
	Heads    int64    `json:"num_attention_heads"`
	Shared   int64    `json:"num_key_value_heads"`
	Width    int64    `json:"head_dim"`
	Epsilon  float32  `json:"rms_norm_eps"`
	Theta    float64  `json:"rope_theta"`
	Act      string   `json:"hidden_act"`
	Rotation rotation `json:"rope_parameters"` // since transformers 5
	Scaling  rotation `json:"rope_scaling"`
	// Pictures is how many pictures a prompt may have: an addition of this program.
	Pictures int `json:"_pictures"`

	cos, sin, mask string
}

type rotation struct {
	Theta float64 `json:"rope_theta"`
	// Sections are how many of a half head's numbers turn with the time, the row and the column (M-RoPE).
	Sections []int64 `json:"mrope_section"`
}

// writeQwen writes the model: input_ids and Qwen3's attention_mask [batch, token], 0 at padding -> last_hidden_state, and
// hidden_states.0 and on, before every layer and after the last one's norm, as in transformers. With pictures also: position_ids
// [3, token], time, row and column, token_sources [token], where each token's row is among the tokens' and, behind them, the
// pictures', and what qwenVision takes.
func writeQwen(g *graph, part string, config []byte, _ bool) error {
	q := &qwen{module: module{graph: g}, Epsilon: 1e-6, Act: "silu", Theta: 10000}
	vision := newQwenVision(q.at("visual"))
	err := json.Unmarshal(config, q)
	if err == nil { // transformers writes a model for pictures and texts as two, since 4.52
		err = json.Unmarshal(config, &struct {
			Text   *qwen       `json:"text_config"`
			Vision *qwenVision `json:"vision_config"`
		}{q, vision})
	}
	if err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as transformers writes it: fetch the file again: %w", part, err)
	}
	if q.Rotation.Theta > 0 {
		q.Theta = q.Rotation.Theta
	}
	m := q.module
	if m.there("model") {
		m = m.at("model")
	}
	if q.Shared == 0 {
		q.Shared = q.Heads
	}
	if q.Width == 0 && q.Heads > 0 {
		q.Width = m.dim("embed_tokens.weight", 1) / q.Heads
	}
	if q.Heads < 1 || q.Heads%q.Shared != 0 || m.dim("layers.0.self_attn.q_proj.weight", 0) != q.Heads*q.Width {
		q.fail("%s has %d channels, which are not %d heads of %d: the file needs its config.json", part, m.dim("layers.0.self_attn.q_proj.weight", 0), q.Heads, q.Width)
		if q.Heads < 1 || q.Shared < 1 || q.Heads%q.Shared != 0 || q.Width < 1 {
			return nil
		}
	}
	ids := q.input("input_ids", graphfile.Int64, -1, -1)
	table := m.at("embed_tokens")
	x := table.op("Gather", nil, table.weight(table.name("weight")), ids)
	places := ""
	if q.Pictures > 0 {
		sources := q.input("token_sources", graphfile.Int64, -1)
		x = table.op("Gather", integer("axis", 1), table.concat(1, x, vision.write(q.Pictures > 1)), sources)
		places = q.input("position_ids", graphfile.Float32, 3, -1)
	}
	q.positions(m.at("rotary_emb"), ids, places)
	if m.there("layers.0.self_attn.q_norm") {
		q.padding(m.at("rotary_emb"), q.input("attention_mask", graphfile.Int64, -1, -1))
	}
	var states []string
	for i := range m.count("layers") {
		states = append(states, x)
		x = q.layer(m.at("layers", i), x)
	}
	width := int(m.dim("norm.weight", 0))
	x = m.at("norm").rmsNorm(x, q.Epsilon)
	q.output(x, "last_hidden_state", -1, -1, width)
	for i, s := range append(states, x) {
		q.output(s, fmt.Sprint("hidden_states.", i), -1, -1, width)
	}
	return nil
}

// positions are the cosines and sines of every position, [1, 1, token, width], and the causal mask, [token, token].
// Tokens are numbered from 0 where places, [axis, token], is "".
func (q *qwen) positions(m module, ids, places string) {
	n := m.sizeOf(ids, 1)
	axis := func(int) int64 { return 0 }
	axes := int64(1)
	if places == "" {
		place := m.cast(m.op("Range", nil, m.integer(0), m.op("Squeeze", nil, n, m.ints(0)), m.integer(1)), graphfile.Float32)
		places = m.op("Unsqueeze", nil, place, m.ints(0))
	} else {
		axis, axes = q.axis, 3
	}
	rates := make([][]float32, axes)
	for a := range rates {
		rates[a] = make([]float32, q.Width)
	}
	for i := range int(q.Width) {
		k := i % int(q.Width/2)
		rates[axis(k)][i] = float32(1 / math.Pow(q.Theta, float64(2*k)/float64(q.Width)))
	}
	angle := m.angles(m.transpose(places, 1, 0), rates)
	q.cos, q.sin = m.op("Cos", nil, angle), m.op("Sin", nil, angle)
	full := m.op("Expand", nil, m.number(-math.MaxFloat32), m.concat(0, n, n))
	q.mask = m.op("Trilu", integer("upper", 1), full, m.integer(1))
}

// padding takes tokens that are not attended to out of the mask, which then is [batch, 1, token, token].
func (q *qwen) padding(m module, attended string) {
	padding := m.mul(m.cast(m.op("Sub", nil, m.integer(1), attended), graphfile.Float32), m.number(-math.MaxFloat32))
	q.mask = m.op("Min", nil, q.mask, m.op("Unsqueeze", nil, padding, m.ints(1, 2)))
}

// angles are positions [position, axis] times each axis' rates, added up: [1, 1, position, width].
func (m module) angles(places string, rates [][]float32) string {
	sum := ""
	for a, r := range rates { // no MatMul: graphics cards round its factors
		angle := m.mul(m.slice(places, 1, int64(a), int64(a)+1), m.floats([]int64{1, int64(len(r))}, r))
		if sum == "" {
			sum = angle
		} else {
			sum = m.add(sum, angle)
		}
	}
	return m.op("Unsqueeze", nil, sum, m.ints(0, 1))
}

// axis is the axis of positions that turns the k-th numbers of both halves of a head.
func (q *qwen) axis(k int) int64 {
	sections := q.Scaling.Sections
	if len(sections) != 3 {
		sections = q.Rotation.Sections
	}
	if len(sections) != 3 {
		sections = []int64{q.Width / 8, q.Width * 3 / 16, q.Width * 3 / 16} // 16, 24, 24 of 128
	}
	for a, n := range sections {
		if k -= int(n); k < 0 {
			return int64(a)
		}
	}
	return 2
}

func (q *qwen) turned(m module, x string) string { return m.turnedHalves(x, q.cos, q.sin, q.Width) }

func (q *qwen) layer(m module, x string) string {
	x = m.add(x, q.attend(m.at("self_attn"), m.at("input_layernorm").rmsNorm(x, q.Epsilon)))
	return m.add(x, m.at("mlp").gatedLinear(m.at("post_attention_layernorm").rmsNorm(x, q.Epsilon), q.Act))
}

// attend is causal self-attention, where several heads share keys and values.
func (q *qwen) attend(m module, x string) string {
	head := func(proj, norm string, heads int64) string {
		h := m.reshape(m.at(proj).linear(x), 0, -1, heads, q.Width)
		if m.there(norm) {
			h = m.at(norm).rmsNorm(h, q.Epsilon)
		}
		return m.transpose(h, 0, 2, 1, 3)
	}
	spread := func(h string) string {
		if q.Heads == q.Shared {
			return h
		}
		each := q.Heads / q.Shared
		copies := m.op("Expand", nil, m.op("Unsqueeze", nil, h, m.ints(2)), m.ints(1, 1, each, 1, 1))
		return m.op("Reshape", nil, copies, m.concat(0, m.sizeOf(h, 0), m.ints(q.Heads, -1, q.Width)))
	}
	k := m.transpose(spread(q.turned(m, head("k_proj", "k_norm", q.Shared))), 0, 1, 3, 2)
	scores := m.op("MatMul", nil, m.mul(q.turned(m, head("q_proj", "q_norm", q.Heads)), m.number(float32(1/math.Sqrt(float64(q.Width))))), k)
	mixed := m.op("MatMul", nil, m.op("Softmax", integer("axis", -1), m.add(scores, q.mask)), spread(head("v_proj", "", q.Shared)))
	return m.at("o_proj").linear(m.reshape(m.transpose(mixed, 0, 2, 1, 3), 0, -1, q.Heads*q.Width))
}
