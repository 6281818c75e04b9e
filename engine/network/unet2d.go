package network

import (
	"encoding/json"
	"fmt"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// unetConfig is what a UNet2DConditionModel's config.json says and its weights do not.
type unetConfig struct {
	Groups      int64   `json:"norm_num_groups"`
	Epsilon     float32 `json:"norm_eps"`
	HeadDim     numbers `json:"attention_head_dim"`  // the number of heads: misnamed in diffusers
	Heads       numbers `json:"num_attention_heads"` // the same, where present
	In          int     `json:"in_channels"`
	Out         int     `json:"out_channels"`
	Added       int64   `json:"projection_class_embeddings_input_dim"`
	Cross       int     `json:"cross_attention_dim"`
	AddTime     int64   `json:"addition_time_embed_dim"`
	TimeIDs     int64   `json:"_time_ids"` // XL: length of time_ids; 0: as in the published models
	CosFirst    *bool   `json:"flip_sin_to_cos"`
	FreqShift   float32 `json:"freq_shift"`
	Act         string  `json:"act_fn"`
	Addition    string  `json:"addition_embed_type"`
	ClassKind   string  `json:"class_embed_type"`
	Classes     int     `json:"num_class_embeds"`
	Middle      string  `json:"mid_block_type"`
	TimeShift   string  `json:"resnet_time_scale_shift"`
	HiddenKind  string  `json:"encoder_hid_dim_type"`
	Attention   string  `json:"attention_type"`
	OnlyCross   any     `json:"only_cross_attention"`
	TimeKind    string  `json:"time_embedding_type"`
	Dual        bool    `json:"dual_cross_attention"`
	Order       string  `json:"controlnet_conditioning_channel_order"`
	Center      bool    `json:"center_input_sample"`
	MiddleScale float32 `json:"mid_block_scale_factor"`
}

// numbers are one number or one for each level.
type numbers []int64

func (n *numbers) UnmarshalJSON(data []byte) error {
	var one *int64
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*n = numbers{*one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]int64)(n))
}

func (n numbers) at(level int) int64 {
	if len(n) == 0 {
		return 8
	}
	return n[min(level, len(n)-1)]
}

// unet writes a U-Net.
type unet struct {
	module
	unetConfig
	time  string // [batch, 4 width]
	text  string // [batch, token, Cross]
	skips []string
}

func readUNet(g *graph, part string, config []byte) (*unet, error) {
	u := &unet{module: module{graph: g}, unetConfig: unetConfig{Groups: 32, Epsilon: 1e-5, MiddleScale: 1, Act: "silu"}}
	if err := json.Unmarshal(config, &u.unetConfig); err != nil {
		return nil, fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	only, _ := u.OnlyCross.(bool)
	for what, strange := range map[string]bool{
		"class_embed_type " + u.ClassKind: u.ClassKind != "", "num_class_embeds": u.Classes > 0, "dual_cross_attention": u.Dual,
		"addition_embed_type " + u.Addition:         u.Addition != "" && u.Addition != "text_time",
		"encoder_hid_dim_type " + u.HiddenKind:      u.HiddenKind != "",
		"resnet_time_scale_shift " + u.TimeShift:    u.TimeShift != "" && u.TimeShift != "default",
		"time_embedding_type " + u.TimeKind:         u.TimeKind != "" && u.TimeKind != "positional",
		"attention_type " + u.Attention:             u.Attention != "" && u.Attention != "default",
		"mid_block_type " + u.Middle:                u.Middle != "" && u.Middle != "UNetMidBlock2DCrossAttn",
		"only_cross_attention":                      only,
		"center_input_sample":                       u.Center,
		"mid_block_scale_factor other than 1":       u.MiddleScale != 1,
		"controlnet_conditioning_channel_order bgr": u.Order == "bgr",
	} {
		if strange {
			return nil, fault.Unknown.Errorf("%s has %s, which this program has no graph for: choose an ONNX export of the model", part, what)
		}
	}
	if len(u.Heads) == 0 {
		u.Heads = u.HeadDim
	}
	return u, nil
}

// writeUNet writes diffusers' UNet2DConditionModel (Rombach et al., 2022; XL: Podell et al., 2023): sample [batch, In, h, w],
// timestep, encoder_hidden_states [batch, token, Cross] (XL: text_embeds, time_ids; LCM: timestep_cond) -> out_sample.
func writeUNet(g *graph, part string, config []byte, controlled bool) error {
	u, err := readUNet(g, part, config)
	if err != nil {
		return err
	}
	x := u.begin()
	x = u.down(x)
	residuals := u.residualInputs(controlled)
	x = u.middle(x)
	if residuals != nil {
		x = u.addResiduals(x, residuals)
	}
	x = u.up(x)
	x = u.at("conv_out").conv(u.act(u.Act, u.at("conv_norm_out").groupNorm(x, u.Groups, u.Epsilon)), 1)
	u.output(x, "out_sample", -1, int(u.dim("conv_out.weight", 0)), -1, -1)
	return nil
}

// begin declares the inputs and writes the embeddings and the first convolution.
func (u *unet) begin() string {
	x := u.input("sample", graphfile.Float32, -1, int(u.dim("conv_in.weight", 1)), -1, -1)
	u.embedTime()
	for _, f := range []struct {
		tensor string
		axis   int
		size   int64
	}{{"conv_in.weight", 1, int64(u.In)}, {"conv_out.weight", 0, int64(u.Out)}, {"add_embedding.linear_1.weight", 1, u.Added}} {
		if f.size > 0 {
			u.fixed(f.tensor, f.axis, f.size)
		}
	}
	return u.at("conv_in").conv(x, 1)
}

// embedTime embeds the timestep, LCM's guidance and XL's sizes.
func (u *unet) embedTime() {
	t := u.timestepInput()
	width := u.dim("time_embedding.linear_1.weight", 1)
	u.needs.equal(u.ranked("time_embedding.linear_1.weight", 2)[1], u.ranked("conv_in.weight", 4)[0])
	time := u.at("time_proj").sinusoid(t, width, u.CosFirst == nil || *u.CosFirst, u.FreqShift, 1)
	u.text = u.input("encoder_hidden_states", graphfile.Float32, -1, -1, int(u.weights.Dim(u.crossKey(), 1)))
	embed := u.at("time_embedding")
	if embed.has("cond_proj.weight") {
		cond := u.input("timestep_cond", graphfile.Float32, -1, int(embed.dim("cond_proj.weight", 1)))
		time = embed.add(time, embed.at("cond_proj").linear(cond))
	}
	u.time = embed.embedding(time)
	if u.there("add_embedding") {
		u.time = u.at("add_embedding").add(u.time, u.sizes())
	}
	u.time = u.act(u.Act, u.time)
}

// crossKey is the name of a weight that takes text states.
func (u *unet) crossKey() string {
	if name := "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"; u.weights.Has(name) {
		return name
	}
	for name := range u.weights {
		if len(name) > 18 && name[len(name)-18:] == ".attn2.to_k.weight" {
			return name
		}
	}
	return ""
}

// sizes embeds XL's pooled text and sizes.
func (u *unet) sizes() string {
	m := u.at("add_embedding")
	in := m.dim("linear_1.weight", 1)
	each, ids := max(1, u.AddTime), u.TimeIDs
	if ids == 0 {
		if ids = 6; in == refinerIn && each == refinerEach {
			ids = 5
		}
	}
	pooled := in - ids*each
	text := u.input("text_embeds", graphfile.Float32, -1, int(pooled))
	sizes := u.input("time_ids", graphfile.Float32, -1, int(ids))
	waves := u.at("add_time_proj").sinusoid(u.reshape(sizes, -1), each, u.CosFirst == nil || *u.CosFirst, u.FreqShift, 1)
	return m.embedding(m.concat(-1, text, m.reshape(waves, -1, ids*each)))
}

func (u *unet) down(x string) string {
	u.skips = []string{x}
	for level := range u.count("down_blocks") {
		b := u.at("down_blocks", level)
		for i := range b.count("resnets") {
			x = u.residual(b.at("resnets", i), x)
			if b.there("attentions", i) {
				x = u.transformer(b.at("attentions", i), x, level)
			}
			u.skips = append(u.skips, x)
		}
		if b.there("downsamplers") {
			x = b.at("downsamplers", 0, "conv").conv(x, 2)
			u.skips = append(u.skips, x)
		}
	}
	return x
}

func (u *unet) middle(x string) string {
	b := u.at("mid_block")
	x = u.residual(b.at("resnets", 0), x)
	for i := range b.count("attentions") {
		x = u.transformer(b.at("attentions", i), x, u.count("down_blocks")-1)
		x = u.residual(b.at("resnets", i+1), x)
	}
	return x
}

func (u *unet) up(x string) string {
	levels := u.count("up_blocks")
	for i := range levels {
		b, level := u.at("up_blocks", i), levels-1-i
		for k := range b.count("resnets") {
			if len(u.skips) == 0 {
				u.fail("the U-Net has more blocks on the way up than on the way down: the file is of another model")
				return x
			}
			last := len(u.skips) - 1
			x = u.residual(b.at("resnets", k), b.concat(1, x, u.skips[last]))
			u.skips = u.skips[:last]
			if b.there("attentions", k) {
				x = u.transformer(b.at("attentions", k), x, level)
			}
		}
		if b.there("upsamplers") {
			up := b.at("upsamplers", 0)
			x = up.at("conv").conv(up.double(x), 1)
		}
	}
	return x
}

// residual is a block of two convolutions that takes the timestep's embedding.
func (u *unet) residual(m module, x string) string {
	h := m.at("conv1").conv(m.act(u.Act, m.at("norm1").groupNorm(x, u.Groups, u.Epsilon)), 1)
	if m.there("time_emb_proj") {
		t := m.at("time_emb_proj").linear(u.time)
		h = m.add(h, m.op("Unsqueeze", nil, t, m.ints(2, 3)))
	}
	h = m.at("conv2").conv(m.act(u.Act, m.at("norm2").groupNorm(h, u.Groups, u.Epsilon)), 1)
	if m.there("conv_shortcut") {
		x = m.at("conv_shortcut").conv(x, 1)
	}
	return m.add(x, h)
}

// transformer is diffusers' Transformer2DModel: blocks between two linear layers or 1x1 convolutions.
func (u *unet) transformer(m module, x string, level int) string {
	heads := u.Heads.at(level)
	c := m.at("norm").outputs()
	linear := len(u.weights[m.name("proj_in.weight")].Shape) == 2
	h := m.at("norm").groupNorm(x, u.Groups, 1e-6)
	if !linear {
		h = m.at("proj_in").conv(h, 1)
	}
	shape := m.op("Shape", nil, h)
	t := m.reshape(m.transpose(h, 0, 2, 3, 1), 0, -1, c)
	if linear {
		t = m.at("proj_in").linear(t)
	}
	for i := range m.count("transformer_blocks") {
		t = u.block(m.at("transformer_blocks", i), t, heads)
	}
	if linear {
		t = m.at("proj_out").linear(t)
	}
	h = m.op("Reshape", nil, m.transpose(t, 0, 2, 1), shape)
	if !linear {
		h = m.at("proj_out").conv(h, 1)
	}
	return m.add(h, x)
}

// block is self-attention, cross-attention to the text, and a gated feed-forward network.
func (u *unet) block(m module, t string, heads int64) string {
	const epsilon = 1e-5
	n := m.at("norm1").layerNorm(t, epsilon)
	t = m.add(m.at("attn1").crossAttention(n, n, heads), t)
	t = m.add(m.at("attn2").crossAttention(m.at("norm2").layerNorm(t, epsilon), u.text, heads), t)
	return m.add(m.at("ff").gatedFeedForward(m.at("norm3").layerNorm(t, epsilon)), t)
}

// residualInputs are inputs for ControlNets' residuals, one for each skip connection and one for the mid block; nil
// without them.
func (u *unet) residualInputs(controlled bool) []string {
	if !controlled {
		return nil
	}
	var out []string
	for i := range u.skips {
		out = append(out, u.input(fmt.Sprintf("down_block_%d_additional_residual", i), graphfile.Float32, -1, -1, -1, -1))
	}
	return append(out, u.input("mid_block_additional_residual", graphfile.Float32, -1, -1, -1, -1))
}

func (u *unet) addResiduals(x string, residuals []string) string {
	for i := range u.skips {
		u.skips[i] = u.add(u.skips[i], residuals[i])
	}
	return u.add(x, residuals[len(residuals)-1])
}

// XL's refiner has five time_ids, its base model six.
const (
	refinerIn   = 2560
	refinerEach = 256
)
