package adapter

import "regexp"

// FLUX.2's blocks are named as FLUX' in Black Forest Labs' code and otherwise in diffusers, where the single blocks' matrices
// are not apart either. LoRAs of the two are told by the shapes of their feed-forward networks.

var (
	flux2Picture = map[string][]string{"attn_qkv": pictureParts["attn_qkv"], "attn_proj": pictureParts["attn_proj"], "mlp_0": {"ff_linear_in"}, "mlp_2": {"ff_linear_out"}}
	flux2Text    = map[string][]string{"attn_qkv": textParts["attn_qkv"], "attn_proj": textParts["attn_proj"], "mlp_0": {"ff_context_linear_in"}, "mlp_2": {"ff_context_linear_out"}}
	flux2Single  = map[string][]string{"linear1": {"attn_to_qkv_mlp_proj"}, "linear2": {"attn_to_out"}}

	flux2Whole = map[string]string{"time_in_in_layer": "time_guidance_embed_timestep_embedder_linear_1", "time_in_out_layer": "time_guidance_embed_timestep_embedder_linear_2",
		"double_stream_modulation_img_lin": "double_stream_modulation_img_linear", "double_stream_modulation_txt_lin": "double_stream_modulation_txt_linear",
		"single_stream_modulation_lin": "single_stream_modulation_linear"}

	feedForward = regexp.MustCompile(`^(?:single_blocks_\d+_(linear[12])|double_blocks_\d+_(?:img|txt)_(mlp_[02]))$`)
)

// ofFlux2 reports whether a delta can only be of FLUX.2: its feed-forward networks are three times as wide as attention, and
// twice that before their gate.
func (d *Delta) ofFlux2() bool {
	if flux2Whole[d.Key] != "" && fluxWhole[d.Key] == "" {
		return true
	}
	m := feedForward.FindStringSubmatch(d.Key)
	if m == nil || d.Out == 0 || len(d.In) != 1 {
		return false
	}
	switch in := d.In[0]; m[1] + m[2] {
	case "linear1":
		return d.Out == 9*in
	case "linear2":
		return in == 4*d.Out
	case "mlp_0":
		return d.Out == 6*in
	default:
		return in == 3*d.Out
	}
}

// apartFlux2 is apart for FLUX.2.
func (d *Delta) apartFlux2() []Delta {
	prefix, parts := "", []string(nil)
	if name := flux2Whole[d.Key]; name != "" {
		out := *d
		out.Key = name
		return []Delta{out}
	} else if m := fluxDouble.FindStringSubmatch(d.Key); m != nil {
		prefix, parts = "transformer_blocks_"+m[1], flux2Picture[m[3]]
		if m[2] == "txt" {
			parts = flux2Text[m[3]]
		}
	} else if m := fluxSingle.FindStringSubmatch(d.Key); m != nil {
		prefix, parts = "single_transformer_blocks_"+m[1], flux2Single[m[2]]
	}
	if parts == nil {
		return d.apart()
	}
	return d.named(prefix, parts)
}
