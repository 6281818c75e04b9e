package adapter

import (
	"regexp"
	"slices"
	"strings"
)

// LoRAs for FLUX and SD 3 often name modules as Black Forest Labs' and Stability's
// code does, in which one matrix makes query, key and value (and in FLUX' single
// blocks the first layer of the network behind, too). diffusers has them apart.

var (
	fluxDouble = regexp.MustCompile(`^double_blocks_(\d+)_(img|txt)_(.+)$`)
	fluxSingle = regexp.MustCompile(`^single_blocks_(\d+)_(.+)$`)
	sd3Joint   = regexp.MustCompile(`^joint_blocks_(\d+)_(x|context)_block_(.+)$`)

	// of a double block, the picture's and the text's; several are parts of one matrix, one below the other
	pictureParts = map[string][]string{"attn_qkv": {"attn_to_q", "attn_to_k", "attn_to_v"}, "attn_proj": {"attn_to_out_0"},
		"mlp_0": {"ff_net_0_proj"}, "mlp_2": {"ff_net_2"}, "mod_lin": {"norm1_linear"},
		"mlp_fc1": {"ff_net_0_proj"}, "mlp_fc2": {"ff_net_2"}, "adaLN_modulation_1": {"norm1_linear"}}
	textParts = map[string][]string{"attn_qkv": {"attn_add_q_proj", "attn_add_k_proj", "attn_add_v_proj"}, "attn_proj": {"attn_to_add_out"},
		"mlp_0": {"ff_context_net_0_proj"}, "mlp_2": {"ff_context_net_2"}, "mod_lin": {"norm1_context_linear"},
		"mlp_fc1": {"ff_context_net_0_proj"}, "mlp_fc2": {"ff_context_net_2"}, "adaLN_modulation_1": {"norm1_context_linear"}}
	singleParts = map[string][]string{"linear1": {"attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp"}, "linear2": {"proj_out"}, "modulation_lin": {"norm_linear"}}

	fluxWhole = map[string]string{"img_in": "x_embedder", "txt_in": "context_embedder",
		"time_in_in_layer": "time_text_embed_timestep_embedder_linear_1", "time_in_out_layer": "time_text_embed_timestep_embedder_linear_2",
		"vector_in_in_layer": "time_text_embed_text_embedder_linear_1", "vector_in_out_layer": "time_text_embed_text_embedder_linear_2",
		"guidance_in_in_layer": "time_text_embed_guidance_embedder_linear_1", "guidance_in_out_layer": "time_text_embed_guidance_embedder_linear_2",
		"final_layer_linear": "proj_out", "final_layer_adaLN_modulation_1": "norm_out_linear"}
)

// mlpRatio is how much wider the network behind attention is than attention, in all of FLUX.
const mlpRatio = 4

// apart gives a delta in diffusers' words, in as many parts as it has modules for; others are left alone.
func (d *Delta) apart() []Delta {
	if whole, ok := fluxWhole[d.Key]; ok {
		out := *d
		if out.Key = whole; strings.Contains(d.Key, "adaLN") { // scale and shift stand the other way round
			half := len(d.Up) / 2
			out.Up = append(slices.Clone(d.Up[half:]), d.Up[:half]...)
		}
		return []Delta{out}
	}
	prefix, parts := "", []string(nil)
	if m := fluxDouble.FindStringSubmatch(d.Key); m != nil {
		prefix, parts = "transformer_blocks_"+m[1], pictureParts[m[3]]
		if m[2] == "txt" {
			parts = textParts[m[3]]
		}
	} else if m := sd3Joint.FindStringSubmatch(d.Key); m != nil {
		prefix, parts = "transformer_blocks_"+m[1], pictureParts[m[3]]
		if m[2] == "context" {
			parts = textParts[m[3]]
		}
	} else if m := fluxSingle.FindStringSubmatch(d.Key); m != nil {
		prefix, parts = "single_transformer_blocks_"+m[1], singleParts[m[2]]
	}
	if parts == nil || len(parts) > 1 && !d.plain() { // a relative's matrices cannot be cut
		return []Delta{*d}
	}
	return d.cut(prefix, parts)
}

// cut gives every part its rows of up.
func (d *Delta) cut(prefix string, parts []string) []Delta {
	shares := len(parts)
	if shares == 4 {
		shares = 3 + mlpRatio
	}
	rows, at := d.Out/shares, 0
	var out []Delta
	for i, p := range parts {
		part := *d
		part.Key = prefix + "_" + p
		if len(parts) > 1 {
			if part.Out = rows; i == 3 {
				part.Out = d.Out - at
			}
			part.Up = d.Up[at*d.Rank : (at+part.Out)*d.Rank]
		}
		at += part.Out
		out = append(out, part)
	}
	return out
}
