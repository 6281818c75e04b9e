package network

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// clipVision is the config.json of a CLIPVisionModel, a ViT (Radford et al., 2021; Dosovitskiy et al., 2021).
type clipVision struct {
	Layers  int     `json:"num_hidden_layers"`
	Heads   int64   `json:"num_attention_heads"`
	Act     string  `json:"hidden_act"`
	Epsilon float32 `json:"layer_norm_eps"`
	Side    int     `json:"image_size"`
	Patch   int64   `json:"patch_size"`
}

// newClipVision has the defaults of transformers' CLIPVisionConfig.
func newClipVision() clipVision {
	return clipVision{Layers: 12, Heads: 12, Act: "quick_gelu", Epsilon: 1e-5, Side: 224, Patch: 32}
}

// writeCLIPVision writes the image encoder: pixel_values [batch, 3, side, side] -> image_embeds [batch, projection] and
// last_hidden_state [batch, 1 + patches, width].
func writeCLIPVision(g *graph, part string, config []byte, _ bool) error {
	v := newClipVision()
	if err := json.Unmarshal(config, &v); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as transformers writes it: fetch the file again: %w", part, err)
	}
	m := module{graph: g}
	embeds, last, width := v.write(m, m.input("pixel_values", graphfile.Float32, -1, 3, v.Side, v.Side))
	m.output(embeds, "image_embeds", -1, int(m.at("visual_projection").outputs()))
	m.output(last, "last_hidden_state", -1, -1, width)
	return nil
}

// write returns the projected class token, and the last layer's states.
func (v clipVision) write(m module, pixels string) (embeds, last string, width int) {
	body := m.at("vision_model")
	x := v.embed(body.at("embeddings"), pixels)
	x = body.at("pre_layrnorm").layerNorm(x, v.Epsilon) // transformers' spelling
	layers := &clip{module: m, Heads: v.Heads, Act: v.Act, Epsilon: v.Epsilon}
	for i := range v.Layers {
		x = layers.layer(body.at("encoder", "layers", i), x, "")
	}
	first := m.op("Squeeze", nil, m.slice(x, 1, 0, 1), m.ints(1))
	embeds = m.at("visual_projection").linear(body.at("post_layernorm").layerNorm(first, v.Epsilon))
	return embeds, x, int(body.dim("post_layernorm.weight", 0))
}

// embed is the class token and the patches, with their positions: [batch, 1 + patches, width].
func (v clipVision) embed(m module, pixels string) string {
	width := m.dim("class_embedding", 0)
	patches := m.at("patch_embedding").conv(pixels, v.Patch, 0, 0, 0, 0)
	patches = m.transpose(m.reshape(patches, 0, width, -1), 0, 2, 1)
	shape := m.concat(0, m.sizeOf(pixels, 0), m.ints(1, width))
	class := m.op("Expand", nil, m.weight(m.name("class_embedding"), 1, 1, width), shape)
	m.shapes.of[class] = []*extent{nil, nil, m.ranked("class_embedding", 1)[0]}
	return m.add(m.concat(1, class, patches), m.weight(m.name("position_embedding.weight")))
}

// writeCLIPModel writes both halves of a CLIPModel: pixel_values [n, 3, side, side] and input_ids [m, token] ->
// logits_per_image [n, m], the cosines times exp(logit_scale).
func writeCLIPModel(g *graph, part string, config []byte, _ bool) error {
	v, t := newClipVision(), newCLIP(g)
	err := json.Unmarshal(config, &struct {
		Text   *clip       `json:"text_config"`
		Vision *clipVision `json:"vision_config"`
	}{t, &v})
	if err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as transformers writes it: fetch the file again: %w", part, err)
	}
	m := module{graph: g}
	image, _, _ := v.write(m, m.input("pixel_values", graphfile.Float32, -1, 3, v.Side, v.Side))
	ids := m.input("input_ids", graphfile.Int64, -1, -1)
	last, _, _ := t.encode(ids)
	text := m.at("text_projection").linear(t.pooled(last, ids))
	scale := m.op("Exp", nil, m.weight(m.name("logit_scale"), 1))
	m.output(m.mul(scale, m.op("MatMul", nil, m.unit(image), m.transpose(m.unit(text), 1, 0))), "logits_per_image", -1, -1)
	return nil
}

// unit scales the rows of x to length 1.
func (m module) unit(x string) string {
	square := m.op("ReduceSum", integer("keepdims", 1), m.mul(x, x), m.ints(-1))
	return m.op("Div", nil, x, m.op("Sqrt", nil, square))
}
