package network

import (
	"encoding/json"
	"fmt"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// qwen writes Qwen3's language model (Yang et al., 2025) as a text encoder: grouped queries (Ainslie et al., 2023) with
// normalised heads and rotary positions.
type qwen struct {
	module
	Heads    int64   `json:"num_attention_heads"`
	Shared   int64   `json:"num_key_value_heads"`
	Width    int64   `json:"head_dim"`
	Epsilon  float32 `json:"rms_norm_eps"`
	Theta    float64 `json:"rope_theta"`
	Act      string  `json:"hidden_act"`
	Rotation struct {
		Theta float64 `json:"rope_theta"`
	} `json:"rope_parameters"` // since transformers 5
	cos, sin, mask string
}

// writeQwen writes the model: input_ids [batch, token] -> last_hidden_state, and hidden_states.0 and on, before every
// layer and after the last one's norm, as in transformers.
func writeQwen(g *graph, part string, config []byte, _ bool) error {
	q := &qwen{module: module{graph: g}, Epsilon: 1e-6, Act: "silu", Theta: 10000}
	if err := json.Unmarshal(config, q); err != nil {
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
		return nil
	}
	ids := q.input("input_ids", graphfile.Int64, -1, -1)
	table := m.at("embed_tokens")
	x := table.op("Gather", nil, table.weight(table.name("weight")), ids)
	q.positions(m.at("rotary_emb"), ids)
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
func (q *qwen) positions(m module, ids string) {
	n := m.sizeOf(ids, 1)
	place := m.cast(m.op("Range", nil, m.integer(0), m.op("Squeeze", nil, n, m.ints(0)), m.integer(1)), graphfile.Float32)
	rates := make([]float32, q.Width)
	for i := range rates {
		rates[i] = float32(1 / math.Pow(q.Theta, float64(2*(i%int(q.Width/2)))/float64(q.Width)))
	}
	angle := m.mul(m.op("Unsqueeze", nil, place, m.ints(0, 1, 3)), m.floats([]int64{1, 1, 1, q.Width}, rates))
	q.cos, q.sin = m.op("Cos", nil, angle), m.op("Sin", nil, angle)
	full := m.op("Expand", nil, m.number(-math.MaxFloat32), m.concat(0, n, n))
	q.mask = m.op("Trilu", integer("upper", 1), full, m.integer(1))
}

// turned applies the rotation to [batch, head, token, width]: the first half's numbers with the second's.
func (q *qwen) turned(m module, x string) string {
	half := m.split(x, -1, q.Width/2, 2)
	return m.add(m.mul(x, q.cos), m.mul(m.concat(-1, m.op("Neg", nil, half[1]), half[0]), q.sin))
}

func (q *qwen) layer(m module, x string) string {
	x = m.add(x, q.attend(m.at("self_attn"), m.at("input_layernorm").rmsNorm(x, q.Epsilon)))
	h := m.at("post_attention_layernorm").rmsNorm(x, q.Epsilon)
	mlp := m.at("mlp")
	return m.add(x, mlp.at("down_proj").linear(m.mul(mlp.act(q.Act, mlp.at("gate_proj").linear(h)), mlp.at("up_proj").linear(h))))
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
