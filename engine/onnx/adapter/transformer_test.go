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
