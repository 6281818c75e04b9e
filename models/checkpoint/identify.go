package checkpoint

import (
	"strings"
)

// container is a network within a file: the prefix of its tensors' names, and the kinds of networks that it may be.
type container struct {
	prefix string
	// kinds that may follow the prefix
	kinds []string
}

// containers are the prefixes that programs write, longest first where one begins another.
var containers = []container{
	{"model.diffusion_model.", []string{UNet, Flux2, Flux, SD3, ZImage, QwenImage}},
	{"control_model.", []string{ControlNet}},
	{"first_stage_model.", []string{VAE, QwenVAE}},
	{"vae.", []string{VAE, QwenVAE}},
	{"cond_stage_model.transformer.", []string{CLIP}},
	{"cond_stage_model.model.", []string{OpenCLIP}},
	{"conditioner.embedders.0.transformer.", []string{CLIP}},
	{"conditioner.embedders.0.model.", []string{OpenCLIP}},
	{"conditioner.embedders.1.model.", []string{OpenCLIP}},
	{"text_encoders.clip_l.transformer.", []string{CLIP}},
	{"text_encoders.clip_l.", []string{CLIP}},
	{"text_encoders.clip_h.transformer.", []string{CLIP}},
	{"text_encoders.clip_g.transformer.", []string{CLIP}},
	{"text_encoders.clip_g.", []string{CLIP}},
	{"text_encoders.t5xxl.transformer.", []string{T5}},
	{"text_encoders.t5xxl.", []string{T5}},
	{"text_encoders.qwen3_4b.transformer.", []string{Qwen}},
	{"text_encoders.qwen3_8b.transformer.", []string{Qwen}},
	{"text_encoders.qwen25_7b.transformer.", []string{QwenVL}},
	{"diffusion_model.", []string{UNet, Flux2, Flux, SD3, ZImage, QwenImage}},
	{"", []string{UNet, VAE, TinyVAE, CLIP, OpenCLIP, CLIPVision, T5, ControlNet, SD3, Flux2, Flux, ZImage, QwenImage, QwenVAE, Qwen, QwenVL, QwenVision, Upscaler}},
}

// Split groups a file's tensors by network.
func Split(all Weights) []Part {
	if kind := adapter(all); kind != "" {
		return []Part{{Kind: kind, Weights: all}}
	}
	var parts []Part
	left := all
	for _, c := range containers {
		inside, rest := Weights{}, Weights{}
		for name, t := range left {
			if tail, ok := strings.CutPrefix(name, c.prefix); ok {
				inside[tail] = t
			} else {
				rest[name] = t
			}
		}
		if len(inside) == 0 {
			continue
		}
		if p, ok := identify(inside, c.kinds); ok {
			p.Prefix = c.prefix
			parts, left = append(parts, p), rest
		}
	}
	return parts
}

// mark is a tensor that only one kind of network has, and the conversion of its names to diffusers'.
type mark struct {
	kind, tensor string
	names        func(Weights) Weights // nil: unchanged
}

// clipClass is a tensor of every image encoder of CLIP, in transformers' names.
const clipClass = "vision_model.embeddings.class_embedding"

var marks = []mark{
	{ControlNet, "controlnet_cond_embedding.conv_in.weight", nil},
	{ControlNet, "input_hint_block.0.weight", ldmUNet},
	{UNet, "input_blocks.0.0.weight", ldmUNet},
	{UNet, "time_embedding.linear_1.weight", nil},
	{Flux2, "single_stream_modulation.lin.weight", flux2Names},
	{Flux2, "single_stream_modulation.linear.weight", nil},
	{Flux, "double_blocks.0.img_attn.qkv.weight", fluxNames},
	{Flux, "single_transformer_blocks.0.attn.to_q.weight", nil},
	{SD3, "joint_blocks.0.x_block.attn.qkv.weight", sd3Names},
	{SD3, "transformer_blocks.0.norm1_context.linear.weight", nil},
	{ZImage, "all_x_embedder.2-1.weight", nil},
	{ZImage, "x_pad_token", zimageNames},
	{QwenImage, "txt_norm.weight", nil},
	{Qwen, "model.layers.0.self_attn.q_norm.weight", nil},
	{Qwen, "layers.0.self_attn.q_norm.weight", nil},
	{Qwen, "blk.0.attn_q_norm.weight", llama},
	{QwenVL, "model.language_model.layers.0.self_attn.q_proj.bias", qwenVLNames},
	{QwenVL, "model.layers.0.self_attn.q_proj.bias", qwenVLNames},
	{QwenVL, "layers.0.self_attn.q_proj.bias", qwenVLNames},
	{QwenVL, "blk.0.attn_q.bias", llama},
	{QwenVision, "v.blk.0.ffn_gate.weight", mmproj},
	{QwenVAE, "decoder.mid_block.resnets.0.norm1.gamma", nil},
	{QwenVAE, "encoder.mid_block.resnets.0.norm1.gamma", nil},
	{QwenVAE, "decoder.middle.0.residual.0.gamma", wanNames},
	{QwenVAE, "encoder.middle.0.residual.0.gamma", wanNames},
	{VAE, "decoder.up.0.block.0.conv1.weight", ldmVAE},
	{VAE, "decoder.up_blocks.0.resnets.0.conv1.weight", olderVAE},
	{VAE, "encoder.down.0.block.0.conv1.weight", ldmVAE},
	{VAE, "encoder.down_blocks.0.resnets.0.conv1.weight", olderVAE},
	{TinyVAE, "decoder.layers.0.weight", nil},
	{TinyVAE, "encoder.layers.0.weight", nil},
	{TinyVAE, "taesd_decoder.1.weight", taesdNames},
	{CLIP, "text_model.embeddings.token_embedding.weight", clipText},
	{CLIP, "embeddings.token_embedding.weight", clipText},
	{OpenCLIP, "transformer.resblocks.0.attn.in_proj_weight", openCLIP},
	{CLIPVision, clipClass, nil},
	{T5, "encoder.block.0.layer.0.SelfAttention.q.weight", nil},
	{T5, "block.0.layer.0.SelfAttention.q.weight", t5Names},
	{T5, "enc.blk.0.attn_q.weight", llamaT5},
	{Upscaler, "conv_first.weight", rrdbNames},
	{Upscaler, "model.1.sub.0.RDB1.conv1.0.weight", rrdbNames},
	{TinyVAE, "1.weight", taesdNames},
	{TinyVAE, "0.weight", taesdNames},
}

func identify(w Weights, kinds []string) (Part, bool) {
	for _, m := range marks {
		if !w.Has(m.tensor) || !contains(kinds, m.kind) {
			continue
		}
		p := Part{Kind: m.kind, Weights: w}
		if m.names != nil {
			p.Weights, p.Original = m.names(w), m.kind != CLIP
		}
		return p, true
	}
	return Part{}, false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// adapter is "LoRA" or "embedding" if the tensors are one's; "" for neither.
func adapter(all Weights) string {
	for name := range all {
		for _, end := range []string{".lora_up.weight", ".lora_down.weight", ".lora_A.weight", ".lora_B.weight", ".lora.up.weight", "_lora.up.weight",
			".lora_linear_layer.up.weight", ".hada_w1_a", ".lokr_w1", ".lokr_w1_a", ".oft_blocks", ".oft_R.weight", ".oft_r", ".boft_R", ".on_input"} {
			if strings.HasSuffix(name, end) {
				return LoRA
			}
		}
	}
	if len(all) > 4 {
		return ""
	}
	for name, t := range all {
		if name == "emb_params" || name == "clip_l" || name == "clip_g" || strings.HasPrefix(name, "string_to_param") || len(all) == 1 && len(t.Shape) <= 2 {
			return Embedding
		}
	}
	return ""
}

// olderVAE gives the attention of autoencoders written by diffusers before 0.18 its present names.
func olderVAE(raw Weights) Weights {
	table := [][2]string{{"query", "to_q"}, {"key", "to_k"}, {"value", "to_v"}, {"proj_attn", "to_out.0"}}
	out := Weights{}
	for name, t := range raw {
		if head, tail, ok := strings.Cut(name, ".attentions.0."); ok {
			name = head + ".attentions.0." + renamed(tail, table)
		}
		out[name] = t
	}
	return out
}
