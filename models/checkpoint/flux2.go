package checkpoint

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// FLUX.2 (Black Forest Labs, 2025): names as in FLUX, with one modulation for all blocks of a kind, and in the single blocks
// one layer for query, key, value and the first half of the feed-forward network, in diffusers too.

var (
	flux2Whole = [][2]string{{"img_in", "x_embedder"}, {"txt_in", "context_embedder"}, {"final_layer.linear", "proj_out"},
		{"time_in.in_layer", "time_guidance_embed.timestep_embedder.linear_1"}, {"time_in.out_layer", "time_guidance_embed.timestep_embedder.linear_2"},
		{"guidance_in.in_layer", "time_guidance_embed.guidance_embedder.linear_1"}, {"guidance_in.out_layer", "time_guidance_embed.guidance_embedder.linear_2"},
		{"double_stream_modulation_img.lin", "double_stream_modulation_img.linear"}, {"double_stream_modulation_txt.lin", "double_stream_modulation_txt.linear"},
		{"single_stream_modulation.lin", "single_stream_modulation.linear"}}
	flux2Block = [][2]string{{"img_attn.proj", "attn.to_out.0"}, {"img_mlp.0", "ff.linear_in"}, {"img_mlp.2", "ff.linear_out"},
		{"txt_attn.proj", "attn.to_add_out"}, {"txt_mlp.0", "ff_context.linear_in"}, {"txt_mlp.2", "ff_context.linear_out"},
		{"linear1", "attn.to_qkv_mlp_proj"}, {"linear2", "attn.to_out"}}
)

func flux2Names(raw Weights) Weights {
	return blackForestNames(raw, flux2Whole, flux2BlockName, flux2BlockName)
}

func flux2BlockName(out Weights, prefix, rest, kind string, t Tensor) {
	norm := fluxNorms[strings.Replace(rest, "_norm.weight", "_norm.scale", 1)]
	switch {
	case strings.HasPrefix(rest, "img_attn.qkv."):
		out.cut(prefix+"attn.", kind, t, t.first()/3, "to_q", "to_k", "to_v")
	case strings.HasPrefix(rest, "txt_attn.qkv."):
		out.cut(prefix+"attn.", kind, t, t.first()/3, "add_q_proj", "add_k_proj", "add_v_proj")
	case norm != "":
		out[prefix+norm] = t
	default:
		out[prefix+renamed(rest, flux2Block)] = t
	}
}

func flux2Config(w Weights) settings {
	head := usual(w.Dim("single_transformer_blocks.0.attn.norm_q.weight", 0), w.Dim("single_transformer_blocks.0.attn.norm_k.weight", 0), w.Dim("transformer_blocks.0.attn.norm_q.weight", 0))
	width := usual(w.Dim("x_embedder.weight", 0), w.Dim("context_embedder.weight", 0), w.Dim("proj_out.weight", 1))
	return settings{"_class_name": "Flux2Transformer2DModel", "attention_head_dim": head, "num_attention_heads": width / max(1, head),
		"num_layers": w.Count("transformer_blocks"), "num_single_layers": w.Count("single_transformer_blocks"), "in_channels": w.Dim("x_embedder.weight", 1), "patch_size": 1,
		"joint_attention_dim": w.Dim("context_embedder.weight", 1), "axes_dims_rope": []int64{head / 4, head / 4, head / 4, head / 4}, "rope_theta": 2000, "eps": 1e-6,
		"timestep_guidance_channels": 256, "guidance_embeds": w.HasUnder("time_guidance_embed.guidance_embedder.")}
}

// flux2VAE is what an autoencoder's config.json has beside the others' if it is FLUX.2's: it standardises its latents.
func flux2VAE(w Weights, s settings) settings {
	if w.Has("bn.running_mean") {
		delete(s, "scaling_factor")
		delete(s, "shift_factor")
		s["_class_name"], s["batch_norm_eps"], s["patch_size"] = "AutoencoderKLFlux2", 1e-4, []int{2, 2}
	}
	return s
}

// layersOfText is how many of Qwen3's layers give FLUX.2 klein the states of the prompt.
const layersOfText = 3

// saying is what a file says of itself, in small letters: by weights alone a model cannot be told from what was trained
// from it.
func saying(f *File) string {
	return strings.ToLower(filepath.Base(f.Path) + " " + f.Metadata["modelspec.title"] + " " + f.Metadata["modelspec.architecture"])
}

// said is what a file says of itself, in words.
func said(f *File) []string {
	return strings.FieldsFunc(saying(f), func(r rune) bool { return !unicode.IsLetter(r) })
}

// isBase reports whether a file of FLUX.2 klein says that it was not distilled to few steps.
func isBase(f *File) bool { return slices.Contains(said(f), "base") }
