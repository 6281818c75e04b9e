package checkpoint

import (
	"fmt"
	"maps"
	"strings"
)

// Qwen-Image (Wu et al., 2025) has diffusers' names; its autoencoder is Wan's (Wan Team, 2025), whose original code counts
// the layers of encoder and decoder in one list each.

// zeroed reports whether a file is of Qwen-Image-Edit 2511, whose seen picture has timestep 0: by the mark that ComfyUI's
// files carry, or by its name.
func zeroed(f *File, w Weights) bool {
	return w.Has("__index_timestep_zero__") || strings.Contains(saying(f), "2511")
}

// qwenVLWidth is the width of the text states of the published models.
const qwenVLWidth = 3584

func qwenImageConfig(w Weights, zeroed bool) settings {
	head := usual(w.Dim("transformer_blocks.0.attn.norm_q.weight", 0), w.Dim("transformer_blocks.0.attn.norm_k.weight", 0), w.Dim("transformer_blocks.0.attn.norm_added_q.weight", 0))
	width := usual(w.Dim("img_in.weight", 0), w.Dim("txt_in.weight", 0), w.Dim("proj_out.weight", 1))
	out := usual(w.Dim("proj_out.weight", 0), w.Dim("proj_out.bias", 0), w.Dim("img_in.weight", 1))
	axes := []int64{head / 8, head * 7 / 16, head * 7 / 16} // 16, 56, 56 of 128
	return settings{"_class_name": "QwenImageTransformer2DModel", "attention_head_dim": head, "num_attention_heads": width / max(1, head),
		"num_layers": w.Count("transformer_blocks"), "in_channels": out, "out_channels": out / 4, "patch_size": 2,
		"joint_attention_dim": usual(w.Dim("txt_in.weight", 1), w.Dim("txt_norm.weight", 0), qwenVLWidth), "axes_dims_rope": axes, "guidance_embeds": false, "zero_cond_t": zeroed}
}

// The mean and deviation of each channel of the latents, from the published config.json.
var (
	qwenMean = []float64{-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921}
	qwenStd  = []float64{2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160}
)

func qwenVAEConfig(p Part) settings {
	var widths []int64 // of the levels, the finest first
	for i := p.Count("decoder.up_blocks") - 1; i >= 0; i-- {
		widths = append(widths, p.Dim(fmt.Sprintf("decoder.up_blocks.%d.resnets.0.conv2.weight", i), 0))
	}
	if widths == nil { // an encoder alone
		for i := range p.Count("encoder.down_blocks") {
			if w := p.Dim(fmt.Sprintf("encoder.down_blocks.%d.resample.1.weight", i), 0); w > 0 {
				widths = append(widths, w)
			}
		}
		widths = append(widths, p.Dim("encoder.mid_block.resnets.0.conv2.weight", 0))
	}
	times := make([]int64, len(widths))
	for i, w := range widths {
		times[i] = w / max(1, widths[0])
	}
	s := settings{"_class_name": "AutoencoderKLQwenImage", "base_dim": widths[0], "z_dim": p.Channels(), "dim_mult": times}
	if p.Channels() == int64(len(qwenMean)) {
		s["latents_mean"], s["latents_std"] = qwenMean, qwenStd
	}
	return s
}

var (
	wanWhole = [][2]string{{"conv1", "quant_conv"}, {"conv2", "post_quant_conv"}}
	wanSide  = [][2]string{{"conv1", "conv_in"}, {"head.0", "norm_out"}, {"head.2", "conv_out"}, {"middle.0", "mid_block.resnets.0"},
		{"middle.1", "mid_block.attentions.0"}, {"middle.2", "mid_block.resnets.1"}}
	wanResidual = strings.NewReplacer(".residual.0.", ".norm1.", ".residual.2.", ".conv1.", ".residual.3.", ".norm2.", ".residual.6.", ".conv2.", ".shortcut.", ".conv_shortcut.")
)

// wanNames renames the autoencoder's tensors. diffusers has the encoder's layers in one list, too, and the decoder's by
// level; a level ends with the layer that doubles the sides.
func wanNames(raw Weights) Weights {
	up := map[string]string{}
	level, layer := 0, 0
	for i := range raw.Count("decoder.upsamples") {
		from := fmt.Sprintf("upsamples.%d", i)
		if raw.HasUnder("decoder." + from + ".resample.") {
			up[from] = fmt.Sprintf("up_blocks.%d.upsamplers.0", level)
			level, layer = level+1, 0
			continue
		}
		up[from] = fmt.Sprintf("up_blocks.%d.resnets.%d", level, layer)
		layer++
	}
	out := Weights{}
	for name, t := range raw {
		side, rest, _ := strings.Cut(name, ".")
		switch {
		case side != "encoder" && side != "decoder":
			out[renamed(name, wanWhole)] = t
			continue
		case strings.HasPrefix(rest, "downsamples."):
			rest = strings.Replace(rest, "downsamples.", "down_blocks.", 1)
		case strings.HasPrefix(rest, "upsamples."):
			part := strings.SplitN(rest, ".", 3)
			rest = up[part[0]+"."+at(part, 1)] + "." + at(part, 2)
		default:
			rest = renamed(rest, wanSide)
		}
		out[side+"."+wanResidual.Replace(rest)] = t
	}
	return out
}

// qwenVLNames gives Qwen2.5-VL the names of its own code: the language model below model, the image encoder below
// visual. What chooses the next token of an answer is left out.
func qwenVLNames(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		for _, p := range [][2]string{{"model.language_model.", "model."}, {"model.visual.", "visual."}, {"layers.", "model.layers."}, {"embed_tokens.", "model.embed_tokens."}, {"norm.", "model.norm."}} {
			if rest, ok := strings.CutPrefix(name, p[0]); ok {
				name = p[1] + rest
				break
			}
		}
		if !strings.HasPrefix(name, "lm_head.") {
			out[name] = t
		}
	}
	return out
}

// mmprojNames are llama.cpp's names in a block of Qwen2.5-VL's image encoder, and transformers'.
var mmprojNames = [][2]string{{"attn_qkv", "attn.qkv"}, {"attn_q", "attn.q"}, {"attn_k", "attn.k"}, {"attn_v", "attn.v"}, {"attn_out", "attn.proj"},
	{"ln1", "norm1"}, {"ln2", "norm2"}, {"ffn_gate", "mlp.gate_proj"}, {"ffn_up", "mlp.up_proj"}, {"ffn_down", "mlp.down_proj"}}

// mmproj renames the image encoder of Qwen2.5-VL that llama.cpp's converter wrote into a file of its own. It has the two
// frames of the patches' weights apart: the second is patch_embed.proj.weight.1 (ggml-org/llama.cpp, tools/mtmd/clip-impl.h).
func mmproj(raw Weights) Weights {
	whole := [][2]string{{"v.patch_embd", "patch_embed.proj"}, {"v.post_ln", "merger.ln_q"}, {"mm.0", "merger.mlp.0"}, {"mm.2", "merger.mlp.2"}}
	out := Weights{}
	for name, t := range raw {
		if rest, ok := strings.CutPrefix(name, "v.blk."); ok {
			number, in, _ := strings.Cut(rest, ".")
			out["visual.blocks."+number+"."+renamed(in, mmprojNames)] = t
		} else {
			out["visual."+renamed(name, whole)] = t
		}
	}
	return out
}

// seeing are the weights of a Qwen2.5-VL with the image encoder that makes states of their width; unchanged where they have
// one, or there is none.
func seeing(w Weights, vision []Part) Weights {
	if w.HasUnder("visual.") {
		return w
	}
	for _, v := range vision {
		if v.Dim("visual.merger.mlp.2.weight", 0) == w.Dim("model.norm.weight", 0) {
			w = maps.Clone(w)
			maps.Copy(w, v.Weights)
			break
		}
	}
	return w
}

// qwenVLHead is the width of the heads of every published Qwen2.5-VL.
const qwenVLHead = 128

// qwenVLConfig describes Qwen2.5-VL's language model.
func qwenVLConfig(w Weights) settings {
	const layer = "model.layers.0.self_attn."
	return settings{"architectures": []string{"Qwen2_5_VLForConditionalGeneration"}, "head_dim": qwenVLHead, "num_attention_heads": w.Dim(layer+"q_proj.weight", 0) / qwenVLHead,
		"num_key_value_heads": w.Dim(layer+"k_proj.weight", 0) / qwenVLHead, "rms_norm_eps": 1e-6, "rope_theta": 1e6, "hidden_act": "silu"}
}

// llamaNames are llama.cpp's names of a language model's layers, and transformers'.
var llamaNames = [][2]string{{"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"}, {"attn_k", "self_attn.k_proj"}, {"attn_v", "self_attn.v_proj"},
	{"attn_output", "self_attn.o_proj"}, {"attn_q_norm", "self_attn.q_norm"}, {"attn_k_norm", "self_attn.k_norm"}, {"ffn_norm", "post_attention_layernorm"},
	{"ffn_gate", "mlp.gate_proj"}, {"ffn_up", "mlp.up_proj"}, {"ffn_down", "mlp.down_proj"}}

// llama renames a language model that llama.cpp's converter wrote (ggml-org/llama.cpp, gguf-py/gguf/constants.py).
func llama(raw Weights) Weights {
	whole := [][2]string{{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}}
	out := Weights{}
	for name, t := range raw {
		part := strings.SplitN(name, ".", 3)
		switch {
		case strings.HasPrefix(name, "output."): // chooses the next token of an answer
		case part[0] == "blk" && len(part) == 3:
			out["model.layers."+part[1]+"."+renamed(part[2], llamaNames)] = t
		default:
			out[renamed(name, whole)] = t
		}
	}
	return out
}
