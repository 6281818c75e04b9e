package checkpoint

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The config.json files that diffusers and transformers would write for a network, as far as tensors' shapes and the
// family's published settings determine them.

// settings are a config.json.
type settings map[string]any

func (s settings) json() []byte {
	data, _ := json.Marshal(s) // numbers, texts and lists of them
	return data
}

// headWidth is the width of an attention head in Stable Diffusion 2 and XL, in CLIP and in T5.
const headWidth = 64

func heads(width int64) int64 { return max(1, width/headWidth) }

// unetConfig describes a U-Net or ControlNet. Stable Diffusion 1 has eight heads on every level, its successors heads
// of one width.
func unetConfig(w Weights, f Family) settings {
	levels := w.Count("down_blocks")
	var widths, perLevel []int64
	var down, up []string
	for i := range levels {
		width := w.Dim(fmt.Sprintf("down_blocks.%d.resnets.0.conv1.weight", i), 0)
		widths, perLevel = append(widths, width), append(perLevel, heads(width))
		kind := ""
		if w.HasUnder(fmt.Sprintf("down_blocks.%d.attentions.", i)) {
			kind = "CrossAttn"
		}
		down, up = append(down, kind+"DownBlock2D"), append([]string{kind + "UpBlock2D"}, up...)
	}
	s := settings{"_class_name": "UNet2DConditionModel", "act_fn": "silu", "block_out_channels": widths, "down_block_types": down, "up_block_types": up,
		"cross_attention_dim": w.contextWidth(), "in_channels": w.unetInputs(), "layers_per_block": w.Count("down_blocks.0.resnets"),
		"norm_num_groups": 32, "norm_eps": 1e-5, "freq_shift": 0, "flip_sin_to_cos": true, "sample_size": f.side(w) / 8, "attention_head_dim": any(perLevel)}
	if f == StableDiffusion1 {
		s["attention_head_dim"] = 8
	}
	if w.Has("conv_out.weight") {
		s["out_channels"] = usual(w.Dim("conv_out.weight", 0), w.Dim("conv_out.bias", 0), latentsOfUNets)
	}
	if in := w.Dim("time_embedding.cond_proj.weight", 1); in > 0 {
		s["time_cond_proj_dim"] = in
	}
	if in := w.Dim("add_embedding.linear_1.weight", 1); in > 0 {
		switch w.contextWidth() {
		case xlContext:
			in = xlIn
		case refinerContext:
			in = refinerIn
		}
		s["addition_embed_type"], s["projection_class_embeddings_input_dim"] = "text_time", in
		s["addition_time_embed_dim"] = 256
	}
	s["use_linear_projection"] = f != StableDiffusion1
	return s
}

// unetInputs is how many channels a U-Net takes: x_t's, with the depth, the picture or the picture and its mask where there are
// so many.
func (w Weights) unetInputs() int64 {
	switch n := w.Dim("conv_in.weight", 1); n {
	case 0, latentsOfUNets, latentsOfUNets + 1, 2 * latentsOfUNets, 2*latentsOfUNets + 1:
		return n
	}
	return latentsOfUNets
}

// contextWidth is the width of a U-Net's text states.
func (w Weights) contextWidth() int64 {
	for name := range w {
		if strings.HasSuffix(name, ".attn2.to_k.weight") {
			return w.Dim(name, 1)
		}
	}
	return 0
}

// linear reports whether a U-Net's transformers begin with a linear layer, as in Stable Diffusion 2 and XL.
func (w Weights) linear() bool {
	for name, t := range w {
		if strings.HasPrefix(name, "down_blocks.") && strings.HasSuffix(name, ".proj_in.weight") {
			return len(t.Shape) == 2
		}
	}
	return false
}

// vaeConfig describes an autoencoder; the scaling of latents is the family's.
func vaeConfig(w Weights, f Family) settings {
	var widths []int64
	for i := range w.Count("encoder.down_blocks") {
		widths = append(widths, w.Dim(fmt.Sprintf("encoder.down_blocks.%d.resnets.0.conv1.weight", i), 0))
	}
	if widths == nil {
		n := w.Count("decoder.up_blocks")
		for i := range n {
			widths = append(widths, w.Dim(fmt.Sprintf("decoder.up_blocks.%d.resnets.0.conv1.weight", n-1-i), 0))
		}
	}
	decoded, encoded := w.Dim("decoder.conv_in.weight", 1), w.Dim("encoder.conv_out.weight", 0)/2
	channels := decoded
	if channels == 0 {
		channels = encoded
	} else if encoded > 0 {
		channels = usual(decoded, encoded, w.Dim("encoder.conv_out.bias", 0)/2)
	}
	factor, shift := f.latents(channels)
	s := settings{"_class_name": "AutoencoderKL", "block_out_channels": widths, "latent_channels": channels, "norm_num_groups": 32, "scaling_factor": factor, "sample_size": f.side(nil)}
	if shift != 0 {
		s["shift_factor"] = shift
	}
	return flux2VAE(w, s)
}

// vaeConfig describes an autoencoder for a family.
func (p Part) vaeConfig(f Family) settings {
	switch p.Kind {
	case TinyVAE:
		return tinyConfig(p.Weights)
	case QwenVAE:
		return qwenVAEConfig(p)
	}
	return vaeConfig(p.Weights, f)
}

func tinyConfig(w Weights) settings {
	channels := w.Dim("decoder.layers.0.weight", 1)
	if channels == 0 {
		channels = w.Dim("encoder.layers.14.weight", 0)
	}
	return settings{"_class_name": "AutoencoderTiny", "block_out_channels": []int{64, 64, 64, 64}, "latent_channels": channels, "scaling_factor": 1.0}
}

// clipWidth is the width of a CLIP text encoder's states.
func (w Weights) clipWidth() int64 {
	return usual(w.Dim("text_model.embeddings.token_embedding.weight", 1), w.Dim("text_model.embeddings.position_embedding.weight", 1), w.Dim("text_model.final_layer_norm.weight", 0))
}

// clipConfig describes a CLIP text encoder; layers are all, or fewer where a family uses an earlier one.
func clipConfig(w Weights, projected bool, layers int, act string) settings {
	width := w.clipWidth()
	class := "CLIPTextModel"
	if projected {
		class = "CLIPTextModelWithProjection"
	}
	return settings{"architectures": []string{class}, "hidden_size": width, "num_attention_heads": heads(width), "num_hidden_layers": layers,
		"hidden_act": act, "layer_norm_eps": 1e-5, "eos_token_id": 2, "max_position_embeddings": 77,
		"vocab_size": published(w.Dim("text_model.embeddings.token_embedding.weight", 0), clipWords), "projection_dim": usual(w.Dim("text_projection.weight", 0), w.Dim("text_projection.weight", 1), width)}
}

func t5Config(w Weights) settings {
	gated := w.Has("encoder.block.0.layer.1.DenseReluDense.wi_0.weight")
	act := "relu"
	if gated {
		act = "gated-gelu"
	}
	return settings{"architectures": []string{"T5EncoderModel"}, "d_model": w.Dim("encoder.block.0.layer.0.SelfAttention.q.weight", 1),
		"num_heads": t5Heads(w), "num_layers": w.Count("encoder.block"),
		"feed_forward_proj": act, "layer_norm_epsilon": 1e-6,
		"relative_attention_num_buckets": t5Buckets, "relative_attention_max_distance": 128}
}

// t5Buckets is how many distances between tokens T5 tells apart.
const t5Buckets = 32

// t5Heads is how many heads a T5 has.
func t5Heads(w Weights) int64 {
	const bias, q = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "encoder.block.0.layer.0.SelfAttention.q.weight"
	if n := w.Dim(bias, 1); n > 0 && w.Dim(bias, 0) == t5Buckets && w.Dim(q, 0)%n == 0 {
		return n
	}
	return heads(w.Dim(q, 0))
}

func sd3Config(w Weights) settings {
	width := usual(w.Dim("context_embedder.weight", 0), w.Dim("pos_embed.proj.weight", 0), w.Dim("proj_out.weight", 1))
	var second []int
	for i := range w.Count("transformer_blocks") {
		if w.HasUnder(fmt.Sprintf("transformer_blocks.%d.attn2.", i)) {
			second = append(second, i)
		}
	}
	side := w.Dim("pos_embed.pos_embed", 1)
	largest := int64(0)
	for (largest+1)*(largest+1) <= side {
		largest++
	}
	channels := usual(w.Dim("pos_embed.proj.weight", 1), w.Dim("proj_out.weight", 0)/4, w.Dim("proj_out.bias", 0)/4)
	s := settings{"_class_name": "SD3Transformer2DModel", "attention_head_dim": headWidth, "num_attention_heads": heads(width), "num_layers": w.Count("transformer_blocks"),
		"in_channels": channels, "out_channels": channels, "patch_size": w.Dim("pos_embed.proj.weight", 2),
		"joint_attention_dim": published(w.Dim("context_embedder.weight", 1), t5Width), "caption_projection_dim": width,
		"pooled_projection_dim": published(w.Dim("time_text_embed.text_embedder.linear_1.weight", 1), clipBothWidth), "pos_embed_max_size": largest, "sample_size": 128, "dual_attention_layers": second}
	if w.Has("transformer_blocks.0.attn.norm_q.weight") {
		s["qk_norm"] = "rms_norm"
	}
	return s
}

// The widths of what the published text encoders give, and how many tokens they know.
const (
	t5Width        = 4096
	clipSmallWidth = 768
	clipBothWidth  = 2048 // ViT-L's and bigG's
	clipWords      = 49408
)

// published is what the published models have in place of a number near it: made-up networks are far smaller.
func published(size, usual int64) int64 {
	if size > usual/2 && size < 2*usual {
		return usual
	}
	return size
}

func fluxConfig(w Weights) settings {
	head := usual(w.Dim("single_transformer_blocks.0.attn.norm_q.weight", 0), w.Dim("single_transformer_blocks.0.attn.norm_k.weight", 0), w.Dim("transformer_blocks.0.attn.norm_q.weight", 0))
	width := usual(w.Dim("x_embedder.weight", 0), w.Dim("context_embedder.weight", 0), w.Dim("proj_out.weight", 1))
	axes := []int64{head / 8, head * 7 / 16, head * 7 / 16} // 16, 56, 56 of 128
	in, out := w.Dim("x_embedder.weight", 1), usual(w.Dim("proj_out.weight", 0), w.Dim("proj_out.bias", 0), 4*latentsOfTransformers)
	if in != fillTokens && in != 2*out { // of FLUX Fill, and where a picture stands beside x_t
		in = out
	}
	return settings{"_class_name": "FluxTransformer2DModel", "attention_head_dim": head, "num_attention_heads": width / max(1, head),
		"num_layers": w.Count("transformer_blocks"), "num_single_layers": w.Count("single_transformer_blocks"), "in_channels": in, "patch_size": 1,
		"out_channels": out, "joint_attention_dim": published(w.Dim("context_embedder.weight", 1), t5Width), "axes_dims_rope": axes,
		"pooled_projection_dim": published(w.Dim("time_text_embed.text_embedder.linear_1.weight", 1), clipSmallWidth), "guidance_embeds": w.HasUnder("time_text_embed.guidance_embedder.")}
}
