package checkpoint

import (
	"fmt"
	"strings"
)

// FLUX (Black Forest Labs, 2024) and SD 3 (Esser et al., 2024): one matrix computes query, key and value, and in
// FLUX' single blocks the first layer of the feed-forward network too.

var (
	fluxWhole = [][2]string{{"img_in", "x_embedder"}, {"txt_in", "context_embedder"},
		{"time_in.in_layer", "time_text_embed.timestep_embedder.linear_1"}, {"time_in.out_layer", "time_text_embed.timestep_embedder.linear_2"},
		{"vector_in.in_layer", "time_text_embed.text_embedder.linear_1"}, {"vector_in.out_layer", "time_text_embed.text_embedder.linear_2"},
		{"guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_1"}, {"guidance_in.out_layer", "time_text_embed.guidance_embedder.linear_2"},
		{"final_layer.linear", "proj_out"}}
	fluxPicture = [][2]string{{"img_mod.lin", "norm1.linear"}, {"img_attn.proj", "attn.to_out.0"}, {"img_mlp.0", "ff.net.0.proj"}, {"img_mlp.2", "ff.net.2"},
		{"txt_mod.lin", "norm1_context.linear"}, {"txt_attn.proj", "attn.to_add_out"}, {"txt_mlp.0", "ff_context.net.0.proj"}, {"txt_mlp.2", "ff_context.net.2"}}
	fluxSingle = [][2]string{{"modulation.lin", "norm.linear"}, {"linear2", "proj_out"}}
	fluxNorms  = map[string]string{"img_attn.norm.query_norm.scale": "attn.norm_q.weight", "img_attn.norm.key_norm.scale": "attn.norm_k.weight",
		"txt_attn.norm.query_norm.scale": "attn.norm_added_q.weight", "txt_attn.norm.key_norm.scale": "attn.norm_added_k.weight",
		"norm.query_norm.scale": "attn.norm_q.weight", "norm.key_norm.scale": "attn.norm_k.weight"}

	sd3Whole = [][2]string{{"x_embedder.proj", "pos_embed.proj"}, {"context_embedder", "context_embedder"},
		{"t_embedder.mlp.0", "time_text_embed.timestep_embedder.linear_1"}, {"t_embedder.mlp.2", "time_text_embed.timestep_embedder.linear_2"},
		{"y_embedder.mlp.0", "time_text_embed.text_embedder.linear_1"}, {"y_embedder.mlp.2", "time_text_embed.text_embedder.linear_2"},
		{"final_layer.linear", "proj_out"}}
	sd3Picture = [][2]string{{"adaLN_modulation.1", "norm1.linear"}, {"attn.proj", "attn.to_out.0"}, {"attn2.proj", "attn2.to_out.0"},
		{"mlp.fc1", "ff.net.0.proj"}, {"mlp.fc2", "ff.net.2"}, {"attn.ln_q", "attn.norm_q"}, {"attn.ln_k", "attn.norm_k"}, {"attn2.ln_q", "attn2.norm_q"}, {"attn2.ln_k", "attn2.norm_k"}}
	sd3Text = [][2]string{{"adaLN_modulation.1", "norm1_context.linear"}, {"attn.proj", "attn.to_add_out"},
		{"mlp.fc1", "ff_context.net.0.proj"}, {"mlp.fc2", "ff_context.net.2"}, {"attn.ln_q", "attn.norm_added_q"}, {"attn.ln_k", "attn.norm_added_k"}}
)

// cut splits a tensor's rows into several, each named by prefix, a name and the kind: weight or bias.
func (w Weights) cut(prefix, kind string, t Tensor, width int64, names ...string) {
	for i, n := range names {
		from, to := int64(i)*width, int64(i+1)*width
		if i == len(names)-1 {
			to = t.first()
		}
		w[prefix+n+"."+kind] = t.rows(from, to)
	}
}

// swapped swaps scale and shift: the original has shift first, diffusers scale.
func (t Tensor) swapped() Tensor {
	half := t.first() / 2
	return t.rows(half, t.first()).below(t.rows(0, half))
}

func fluxNames(raw Weights) Weights {
	width := usual(raw.Dim("img_in.weight", 0), raw.Dim("txt_in.weight", 0), raw.Dim("final_layer.linear.weight", 1))
	return blackForestNames(raw, fluxWhole, func(out Weights, prefix, rest, kind string, t Tensor) {
		fluxDoubleName(out, prefix, rest, kind, t, width)
	}, func(out Weights, prefix, rest, kind string, t Tensor) {
		fluxSingleName(out, prefix, rest, kind, t, width)
	})
}

// blackForestNames renames the weights of a FLUX: those of its blocks by a function each, the others by a table.
func blackForestNames(raw Weights, whole [][2]string, double, single func(out Weights, prefix, rest, kind string, t Tensor)) Weights {
	out := Weights{}
	for name, t := range raw {
		part := strings.SplitN(name, ".", 3)
		kind := name[strings.LastIndexByte(name, '.')+1:]
		switch {
		case strings.HasPrefix(name, "final_layer.adaLN_modulation.1."):
			out["norm_out.linear."+kind] = t.swapped()
		case part[0] == "double_blocks" && len(part) == 3:
			double(out, "transformer_blocks."+part[1]+".", part[2], kind, t)
		case part[0] == "single_blocks" && len(part) == 3:
			single(out, "single_transformer_blocks."+part[1]+".", part[2], kind, t)
		default:
			out[renamed(name, whole)] = t
		}
	}
	return out
}

func fluxDoubleName(out Weights, prefix, rest, kind string, t Tensor, width int64) {
	switch {
	case strings.HasPrefix(rest, "img_attn.qkv."):
		out.cut(prefix+"attn.", kind, t, width, "to_q", "to_k", "to_v")
	case strings.HasPrefix(rest, "txt_attn.qkv."):
		out.cut(prefix+"attn.", kind, t, width, "add_q_proj", "add_k_proj", "add_v_proj")
	case fluxNorms[rest] != "":
		out[prefix+fluxNorms[rest]] = t
	default:
		out[prefix+renamed(rest, fluxPicture)] = t
	}
}

func fluxSingleName(out Weights, prefix, rest, kind string, t Tensor, width int64) {
	switch {
	case strings.HasPrefix(rest, "linear1."):
		out.cut(prefix, kind, t, width, "attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
	case fluxNorms[rest] != "":
		out[prefix+fluxNorms[rest]] = t
	default:
		out[prefix+renamed(rest, fluxSingle)] = t
	}
}

func sd3Names(raw Weights) Weights {
	last := raw.Count("joint_blocks") - 1
	out := Weights{}
	for name, t := range raw {
		part := strings.SplitN(name, ".", 4)
		kind := name[strings.LastIndexByte(name, '.')+1:]
		switch {
		case name == "pos_embed":
			out["pos_embed.pos_embed"] = t
		case strings.HasPrefix(name, "final_layer.adaLN_modulation.1."):
			out["norm_out.linear."+kind] = t.swapped()
		case part[0] == "joint_blocks" && len(part) == 4:
			sd3Block(out, "transformer_blocks."+part[1]+".", part[2], part[3], kind, t, part[1] == itoa(last))
		default:
			out[renamed(name, sd3Whole)] = t
		}
	}
	return out
}

func sd3Block(out Weights, prefix, side, rest, kind string, t Tensor, last bool) {
	third := t.first() / 3
	switch {
	case side == "context_block" && strings.HasPrefix(rest, "attn.qkv."):
		out.cut(prefix+"attn.", kind, t, third, "add_q_proj", "add_k_proj", "add_v_proj")
	case side == "context_block" && last && strings.HasPrefix(rest, "adaLN_modulation.1."):
		out[prefix+"norm1_context.linear."+kind] = t.swapped()
	case side == "context_block":
		out[prefix+renamed(rest, sd3Text)] = t
	case strings.HasPrefix(rest, "attn.qkv."):
		out.cut(prefix+"attn.", kind, t, third, "to_q", "to_k", "to_v")
	case strings.HasPrefix(rest, "attn2.qkv."):
		out.cut(prefix+"attn2.", kind, t, third, "to_q", "to_k", "to_v")
	default:
		out[prefix+renamed(rest, sd3Picture)] = t
	}
}

func itoa(n int) string { return fmt.Sprint(n) }
