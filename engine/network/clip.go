package network

import (
	"encoding/json"
	"fmt"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// clip writes a CLIPTextModel (Radford et al., 2021; OpenCLIP: Cherti et al., 2023).
type clip struct {
	module
	Layers        int      `json:"num_hidden_layers"`
	Heads         int64    `json:"num_attention_heads"`
	Act           string   `json:"hidden_act"`
	Epsilon       float32  `json:"layer_norm_eps"`
	End           int64    `json:"eos_token_id"`
	Projection    int64    `json:"projection_dim"`
	Words         int64    `json:"vocab_size"`
	Architectures []string `json:"architectures"`
	// Positions is the most tokens that a prompt has.
	Positions int64 `json:"max_position_embeddings"`
}

// oldEnd is the end token in configs written before transformers 4.31: there the largest id is taken as the end.
const oldEnd = 2

// writeCLIP writes the text encoder: input_ids [batch, token] -> last_hidden_state and pooler_output, or with a
// projection text_embeds and last_hidden_state; then hidden_states.0 and on, before every layer and after the last.
func writeCLIP(g *graph, part string, config []byte, _ bool) error {
	c := newCLIP(g)
	if err := json.Unmarshal(config, c); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as transformers writes it: fetch the file again: %w", part, err)
	}
	ids := c.input("input_ids", graphfile.Int64, -1, -1)
	last, states, width := c.encode(ids)
	pooled := c.pooled(last, ids)
	if len(c.Architectures) > 0 && c.Architectures[0] == "CLIPTextModelWithProjection" {
		p := c.at("text_projection")
		if c.Projection > 0 {
			p.fixed("weight", 0, c.Projection)
		}
		c.output(p.linear(pooled), "text_embeds", -1, int(p.outputs()))
		c.output(last, "last_hidden_state", -1, -1, width)
	} else {
		c.output(last, "last_hidden_state", -1, -1, width)
		c.output(pooled, "pooler_output", -1, width)
	}
	for i, s := range states {
		c.output(s, fmt.Sprint("hidden_states.", i), -1, -1, width)
	}
	return nil
}

// newCLIP has the defaults of transformers' CLIPTextConfig.
func newCLIP(g *graph) *clip {
	return &clip{module: module{graph: g}, Act: "quick_gelu", Epsilon: 1e-5, End: 49407, Heads: 12, Layers: 12, Positions: 77}
}

// encode returns the last layer's normalised states, and the states before every layer and after the last.
func (c *clip) encode(ids string) (last string, states []string, width int) {
	m := c.at("text_model")
	x := c.embed(m.at("embeddings"), ids)
	mask := c.causal(ids)
	states = []string{x}
	for i := range c.Layers {
		x = c.layer(m.at("encoder", "layers", i), x, mask)
		states = append(states, x)
	}
	return m.at("final_layer_norm").layerNorm(x, c.Epsilon), states, int(m.dim("final_layer_norm.weight", 0))
}

func (c *clip) embed(m module, ids string) string {
	tokens := m.at("token_embedding").op("Gather", nil, m.weight(m.name("token_embedding.weight")), ids)
	positions := m.at("position_embedding")
	positions.rows("weight", c.Positions)
	m.rows("token_embedding.weight", c.Words)
	rows := positions.op("Slice", nil, positions.weight(positions.name("weight")), m.ints(0), c.sizeOf(ids, 1), m.ints(0))
	return m.add(tokens, rows)
}

// causal is 0 where a token may attend and a large negative number where not: [token, token].
func (c *clip) causal(ids string) string {
	m := c.at("mask")
	n := c.sizeOf(ids, 1)
	square := m.concat(0, n, n)
	full := m.op("Expand", nil, m.number(-math.MaxFloat32), square)
	return m.op("Trilu", integer("upper", 1), full, m.integer(1))
}

// layer is a transformer block; mask is added to the scores, "": none.
func (c *clip) layer(m module, x, mask string) string {
	x = m.add(x, c.attend(m.at("self_attn"), m.at("layer_norm1").layerNorm(x, c.Epsilon), mask))
	mlp := m.at("mlp")
	h := mlp.act(c.Act, mlp.at("fc1").linear(m.at("layer_norm2").layerNorm(x, c.Epsilon)))
	return m.add(x, mlp.at("fc2").linear(h))
}

func (c *clip) attend(m module, x, mask string) string {
	width := m.at("q_proj").outputs()
	if c.Heads < 1 || width%c.Heads != 0 {
		m.fail("%s has %d channels, which are not %d heads: the file needs its config.json", m.path, width, c.Heads)
		c.Heads = max(c.Heads, 1)
	}
	each := width / c.Heads
	head := func(part string) string { return m.reshape(m.at(part).linear(x), 0, -1, c.Heads, each) }
	q := m.mul(m.transpose(head("q_proj"), 0, 2, 1, 3), m.number(float32(1/math.Sqrt(float64(each)))))
	scores := m.op("MatMul", nil, q, m.transpose(head("k_proj"), 0, 2, 3, 1))
	if mask != "" {
		scores = m.add(scores, mask)
	}
	v := m.transpose(head("v_proj"), 0, 2, 1, 3)
	m.needs.equal(m.lastOf(q), m.lastOf(v))
	mixed := m.op("MatMul", nil, m.op("Softmax", integer("axis", -1), scores), v)
	return m.at("out_proj").linear(m.reshape(m.transpose(mixed, 0, 2, 1, 3), 0, -1, width))
}

// pooled is the state at the end token.
func (c *clip) pooled(last, ids string) string {
	m := c.at("pooler")
	found := ids
	if c.End != oldEnd {
		found = m.cast(m.op("Equal", nil, ids, m.integer(c.End)), graphfile.Int32)
	} else {
		found = m.cast(ids, graphfile.Int32)
	}
	at := m.op("ArgMax", func(n *graphfile.Node) { n.SetInt("axis", -1).SetInt("keepdims", 1) }, found)
	return m.op("GatherND", integer("batch_dims", 1), last, at)
}
