package adapter

import (
	"regexp"
	"strings"
)

// LoRAs for FLUX and SD 3 often use the module names of Black Forest Labs' and Stability's code, in which one matrix
// computes query, key and value (and in FLUX' single blocks the first layer of the feed-forward network, too). In
// diffusers they are separate.

var (
	fluxDouble = regexp.MustCompile(`^double_blocks_(\d+)_(img|txt)_(.+)$`)
	fluxSingle = regexp.MustCompile(`^single_blocks_(\d+)_(.+)$`)
	sd3Joint   = regexp.MustCompile(`^joint_blocks_(\d+)_(x|context)_block_(.+)$`)

	// of a double block, the picture's and the text's; several are parts of one matrix, concatenated
	pictureParts = map[string][]string{"attn_qkv": {"attn_to_q", "attn_to_k", "attn_to_v"}, "attn_proj": {"attn_to_out_0"},
		"mlp_0": {"ff_net_0_proj"}, "mlp_2": {"ff_net_2"}, "mod_lin": {"norm1_linear"},
		"mlp_fc1": {"ff_net_0_proj"}, "mlp_fc2": {"ff_net_2"}, "adaLN_modulation_1": {"norm1_linear"}}
	textParts = map[string][]string{"attn_qkv": {"attn_add_q_proj", "attn_add_k_proj", "attn_add_v_proj"}, "attn_proj": {"attn_to_add_out"},
		"mlp_0": {"ff_context_net_0_proj"}, "mlp_2": {"ff_context_net_2"}, "mod_lin": {"norm1_context_linear"},
		"mlp_fc1": {"ff_context_net_0_proj"}, "mlp_fc2": {"ff_context_net_2"}, "adaLN_modulation_1": {"norm1_context_linear"}}
	singleParts = map[string][]string{"linear1": {"attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp"}, "attn_qkv": {"attn_to_q", "attn_to_k", "attn_to_v"},
		"linear2": {"proj_out"}, "modulation_lin": {"norm_linear"}}

	fluxWhole = map[string]string{"img_in": "x_embedder", "txt_in": "context_embedder",
		"time_in_in_layer": "time_text_embed_timestep_embedder_linear_1", "time_in_out_layer": "time_text_embed_timestep_embedder_linear_2",
		"vector_in_in_layer": "time_text_embed_text_embedder_linear_1", "vector_in_out_layer": "time_text_embed_text_embedder_linear_2",
		"guidance_in_in_layer": "time_text_embed_guidance_embedder_linear_1", "guidance_in_out_layer": "time_text_embed_guidance_embedder_linear_2",
		"final_layer_linear": "proj_out", "final_layer_adaLN_modulation_1": "norm_out_linear"}
)

// mlpRatio is the width of the feed-forward network relative to attention's, in all of FLUX.
const mlpRatio = 4

// apart converts a delta to diffusers' names, split into as many parts as diffusers has modules; others are
// unchanged. Nil where it would have to be split and cannot be.
func (d *Delta) apart() []Delta {
	if name, ok := fluxWhole[d.Key]; ok {
		out := *d
		if out.Key = name; strings.Contains(d.Key, "adaLN") && d.Out > 0 { // scale and shift are in the other order
			half := d.Out / 2
			return d.cut([]string{name}, [][][2]int{{{half, d.Out}, {0, half}}})
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
	if parts == nil {
		return []Delta{*d}
	}
	return d.named(prefix, parts)
}

// named is the delta of one module, or of several, cut, whose names follow a prefix.
func (d *Delta) named(prefix string, parts []string) []Delta {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = prefix + "_" + p
	}
	return d.cut(names, shares(max(d.Out, len(d.Bias)), len(parts)))
}

// shares are the rows of each part of a matrix of several modules.
func shares(rows, parts int) (out [][][2]int) {
	whole := parts
	if parts == 4 {
		whole = 3 + mlpRatio
	}
	at := 0
	for i := range parts {
		end := at + rows/whole
		if i == parts-1 {
			end = rows
		}
		out = append(out, [][2]int{{at, end}})
		at = end
	}
	return out
}

// cut splits the rows among the parts; nil where the form cannot be split.
func (d *Delta) cut(names []string, rows [][][2]int) (out []Delta) {
	for i, name := range names {
		part, ok := d.part(name, rows[i])
		if !ok {
			return nil
		}
		out = append(out, part)
	}
	return out
}

func (d *Delta) part(name string, rows [][2]int) (Delta, bool) {
	part := *d
	part.Key = name
	pick := func(v []float32, columns int) []float32 {
		if v == nil {
			return nil
		}
		return matrix{len(v) / columns, columns, v}.pick(rows).data
	}
	whole := len(rows) == 1 && rows[0] == [2]int{0, max(d.Out, len(d.Bias))}
	if whole || d.anyOut {
		return part, d.anyOut && d.lengths == nil || whole
	}
	if part.Bias = pick(d.Bias, 1); d.changesWeight() {
		part.Out = matrix{d.Out, 0, nil}.pick(rows).rows
	}
	part.Up = pick(d.Up, max(d.Rank, 1))
	if d.lengths != nil && !d.byInput {
		part.lengths = pick(d.lengths, 1)
	}
	if d.form != nil {
		part.form = d.form.rows(rows)
	}
	return part, (d.form == nil || part.form != nil) && (d.lengths == nil || !d.byInput)
}
