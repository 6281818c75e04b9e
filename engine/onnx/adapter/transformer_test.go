package adapter

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FLUX and SD 3 LoRAs in their authors' words: matrices that diffusers has apart are cut, with the same product.
func TestApart(t *testing.T) {
	up := make([]float32, 14)
	for i := range up {
		up[i] = float32(i)
	}
	for _, c := range []struct {
		key  string
		out  int
		want string // module:first row of up:rows
	}{
		{"double_blocks_7_img_attn_qkv", 6, "transformer_blocks_7_attn_to_q:0:2 transformer_blocks_7_attn_to_k:2:2 transformer_blocks_7_attn_to_v:4:2"},
		{"double_blocks_0_txt_attn_qkv", 6, "transformer_blocks_0_attn_add_q_proj:0:2 transformer_blocks_0_attn_add_k_proj:2:2 transformer_blocks_0_attn_add_v_proj:4:2"},
		{"double_blocks_0_txt_attn_proj", 2, "transformer_blocks_0_attn_to_add_out:0:2"},
		{"double_blocks_3_img_mod_lin", 12, "transformer_blocks_3_norm1_linear:0:12"},
		{"single_blocks_37_linear1", 14, "single_transformer_blocks_37_attn_to_q:0:2 single_transformer_blocks_37_attn_to_k:2:2 single_transformer_blocks_37_attn_to_v:4:2 single_transformer_blocks_37_proj_mlp:6:8"},
		{"single_blocks_37_linear2", 2, "single_transformer_blocks_37_proj_out:0:2"},
		{"joint_blocks_2_x_block_attn_qkv", 6, "transformer_blocks_2_attn_to_q:0:2 transformer_blocks_2_attn_to_k:2:2 transformer_blocks_2_attn_to_v:4:2"},
		{"joint_blocks_2_context_block_mlp_fc1", 8, "transformer_blocks_2_ff_context_net_0_proj:0:8"},
		{"single_blocks_3_attn_qkv", 6, "single_transformer_blocks_3_attn_to_q:0:2 single_transformer_blocks_3_attn_to_k:2:2 single_transformer_blocks_3_attn_to_v:4:2"},
		{"guidance_in_out_layer", 2, "time_text_embed_guidance_embedder_linear_2:0:2"},
		{"final_layer_adaLN_modulation_1", 4, "norm_out_linear:2:4"},
		{"down_blocks_0_attentions_0_proj_in", 4, "down_blocks_0_attentions_0_proj_in:0:4"},
	} {
		d := Delta{Key: c.key, Rank: 1, Out: c.out, In: []int{3}, Up: up[:c.out], Down: []float32{1, 2, 3}}
		var got []string
		for _, p := range d.apart() {
			if len(p.Up) != p.Out || !slices.Equal(p.Down, d.Down) {
				t.Errorf("%s: %s has %d values for %d rows", c.key, p.Key, len(p.Up), p.Out)
			}
			got = append(got, p.Key+":"+strconv.Itoa(int(p.Up[0]))+":"+strconv.Itoa(p.Out))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s is %s, want %s", c.key, s, c.want)
		}
	}
}

// FLUX.2's LoRAs are told from FLUX' by a width, and the rest of the file is read accordingly.
func TestApartFlux2(t *testing.T) {
	for _, c := range []struct {
		key     string
		out, in int
		of      bool
	}{{"single_blocks_3_linear1", 9, 1, true}, {"single_blocks_3_linear1", 7, 1, false}, {"single_blocks_3_linear2", 1, 4, true}, {"single_blocks_3_linear2", 1, 5, false},
		{"double_blocks_0_img_mlp_0", 6, 1, true}, {"double_blocks_0_txt_mlp_0", 4, 1, false}, {"double_blocks_0_txt_mlp_2", 1, 3, true}, {"double_blocks_0_img_mlp_2", 1, 4, false},
		{"single_stream_modulation_lin", 3, 1, true}, {"double_blocks_0_img_attn_qkv", 3, 1, false}, {"img_in", 1, 1, false}, {"time_in_in_layer", 1, 1, false}} {
		if d := (Delta{Key: c.key, Out: c.out, In: []int{c.in}}); d.ofFlux2() != c.of {
			t.Errorf("%s of %d to %d is FLUX.2's: %v", c.key, c.in, c.out, !c.of)
		}
	}
	for key, want := range map[string]string{"double_blocks_7_img_attn_qkv": "transformer_blocks_7_attn_to_q transformer_blocks_7_attn_to_k transformer_blocks_7_attn_to_v",
		"double_blocks_0_txt_mlp_2": "transformer_blocks_0_ff_context_linear_out", "single_blocks_2_linear1": "single_transformer_blocks_2_attn_to_qkv_mlp_proj",
		"single_blocks_2_linear2": "single_transformer_blocks_2_attn_to_out", "time_in_out_layer": "time_guidance_embed_timestep_embedder_linear_2",
		"double_stream_modulation_txt_lin": "double_stream_modulation_txt_linear", "txt_in": "context_embedder", "single_transformer_blocks_0_attn_to_out": "single_transformer_blocks_0_attn_to_out"} {
		d := Delta{Key: key, Rank: 1, Out: 9, In: []int{1}, Up: make([]float32, 9), Down: []float32{1}}
		var got []string
		for _, p := range d.apartFlux2() {
			got = append(got, p.Key)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s is %s, want %s", key, s, want)
		}
	}
}
