package network

import (
	"encoding/json"
	"math"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// t5 writes T5's encoder (Raffel et al., 2020; with gated feed-forward: Shazeer, 2020).
type t5 struct {
	module
	Heads    int64   `json:"num_heads"`
	Forward  string  `json:"feed_forward_proj"`
	Epsilon  float32 `json:"layer_norm_epsilon"`
	Distance int64   `json:"relative_attention_max_distance"`
	Buckets  int64   `json:"relative_attention_num_buckets"`
	Words    int64   `json:"vocab_size"`
}

// writeT5 writes the encoder: input_ids [batch, token] -> last_hidden_state. Padding is attended to, as in diffusers'
// pipelines.
func writeT5(g *graph, part string, config []byte, _ bool) error {
	t := &t5{module: module{graph: g}, Forward: "relu", Epsilon: 1e-6, Distance: 128, Buckets: 32, Heads: 8}
	if err := json.Unmarshal(config, t); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as transformers writes it: fetch the file again: %w", part, err)
	}
	ids := t.input("input_ids", graphfile.Int64, -1, -1)
	table := "shared.weight"
	if !t.weights.Has(table) {
		table = "encoder.embed_tokens.weight"
	}
	t.rows(table, t.Words)
	x := t.at("encoder", "embed_tokens").op("Gather", nil, t.weight(table), ids)
	t.read["encoder.embed_tokens.weight"] = true
	blocks := t.at("encoder", "block")
	bias := t.bias(blocks.at(0, "layer", 0, "SelfAttention"), ids)
	for i := range t.count("encoder.block") {
		layer := blocks.at(i, "layer")
		x = t.add(x, t.attend(layer.at(0, "SelfAttention"), layer.at(0, "layer_norm").rmsNorm(x, t.Epsilon), bias))
		x = t.add(x, t.forward(layer.at(1, "DenseReluDense"), layer.at(1, "layer_norm").rmsNorm(x, t.Epsilon)))
	}
	x = t.at("encoder", "final_layer_norm").rmsNorm(x, t.Epsilon)
	t.output(x, "last_hidden_state", -1, -1, int(t.dim("encoder.final_layer_norm.weight", 0)))
	return nil
}

// bias is the relative position bias of attention's scores, [1, head, token, token].
func (t *t5) bias(m module, ids string) string {
	m.fixed("relative_attention_bias.weight", 0, t.Buckets)
	m.fixed("relative_attention_bias.weight", 1, t.Heads)
	n := m.op("Squeeze", nil, t.sizeOf(ids, 1), t.ints(0))
	positions := m.op("Range", nil, t.integer(0), n, t.integer(1))
	apart := m.op("Sub", nil, m.op("Unsqueeze", nil, positions, t.ints(0)), m.op("Unsqueeze", nil, positions, t.ints(1)))
	values := m.op("Gather", nil, m.weight(m.name("relative_attention_bias.weight")), t.bucket(m, apart))
	bias := m.op("Unsqueeze", nil, m.transpose(values, 2, 0, 1), t.ints(0))
	t.shapes.of[bias] = make([]*extent, 4)
	return bias
}

// bucket is T5's bucket of a distance: half of the buckets for either sign, of which half for single distances and
// half logarithmic up to the largest one.
func (t *t5) bucket(m module, apart string) string {
	side := m.dim("relative_attention_bias.weight", 0) / 2
	exact := side / 2
	before := m.mul(m.cast(m.op("Greater", nil, apart, t.integer(0)), graphfile.Int64), t.integer(side))
	far := m.op("Abs", nil, apart)
	ratio := m.op("Div", nil, m.cast(m.op("Max", nil, far, t.integer(1)), graphfile.Float32), t.number(float32(exact)))
	logs := m.op("Div", nil, m.op("Log", nil, ratio), t.number(float32(math.Log(float64(t.Distance)/float64(exact)))))
	large := m.add(m.cast(m.mul(logs, t.number(float32(side-exact))), graphfile.Int64), t.integer(exact))
	large = m.op("Min", nil, large, t.integer(side-1))
	return m.add(before, m.op("Where", nil, m.op("Less", nil, far, t.integer(exact)), far, large))
}

func (t *t5) attend(m module, x, bias string) string {
	width := m.at("q").outputs()
	if t.Heads < 1 || width%t.Heads != 0 {
		m.fail("%s has %d channels, which are not %d heads: the file needs its config.json", m.path, width, t.Heads)
		t.Heads = max(t.Heads, 1)
	}
	head := func(part string) string { return m.reshape(m.at(part).linear(x), 0, -1, t.Heads, width/t.Heads) }
	q := m.transpose(head("q"), 0, 2, 1, 3)
	scores := m.add(m.op("MatMul", nil, q, m.transpose(head("k"), 0, 2, 3, 1)), bias)
	v := m.transpose(head("v"), 0, 2, 1, 3)
	m.needs.equal(m.lastOf(q), m.lastOf(v))
	mixed := m.op("MatMul", nil, m.op("Softmax", integer("axis", -1), scores), v)
	return m.at("o").linear(m.reshape(m.transpose(mixed, 0, 2, 1, 3), 0, -1, width))
}

func (t *t5) forward(m module, x string) string {
	act := strings.TrimPrefix(t.Forward, "gated-")
	if act == "gelu" && m.there("wi_0") {
		act = "gelu_new"
	}
	if m.there("wi_0") {
		return m.at("wo").linear(m.mul(m.act(act, m.at("wi_0").linear(x)), m.at("wi_1").linear(x)))
	}
	return m.at("wo").linear(m.act(act, m.at("wi").linear(x)))
}
