package adapter

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The numbers of the extension's lists and presets land in the blocks that its names stand for.
func TestBlockWeights(t *testing.T) {
	count := func(n int) string { // 100, 101, 102, ...
		var out []string
		for i := range n {
			out = append(out, "1"+digits(i))
		}
		return strings.Join(out, ",")
	}
	for _, c := range []struct {
		text, component, key string
		want                 float32
	}{
		{count(17), "text_encoder", "text_model_encoder_layers_0_mlp_fc1", 100},
		{count(17), "unet", "down_blocks_0_attentions_0_proj_in", 101}, // IN01
		{count(17), "unet", "down_blocks_2_attentions_1_proj_in", 106}, // IN08
		{count(17), "unet", "mid_block_attentions_0_proj_in", 107},
		{count(17), "unet", "up_blocks_1_attentions_0_proj_in", 108}, // OUT03
		{count(17), "unet", "up_blocks_3_attentions_2_proj_in", 116}, // OUT11
		{count(17), "unet", "conv_in", 0},                            // IN00 is not in the list of 17
		{count(17), "unet", "down_blocks_0_downsamplers_0_conv", 0},  // nor IN03
		{count(17), "unet", "time_embedding_linear_1", 1},            // no list speaks of it
		{count(12), "unet", "down_blocks_1_attentions_0_proj_in", 101},
		{count(12), "unet", "up_blocks_0_attentions_0_proj_in", 106}, // OUT00
		{count(20), "unet", "conv_in", 101},
		{count(20), "unet", "up_blocks_2_resnets_2_conv1", 119}, // OUT08
		{count(26), "unet", "down_blocks_2_downsamplers_0_conv", 110},
		{count(26), "unet", "mid_block_resnets_1_conv2", 113},
		{count(26), "unet", "up_blocks_0_upsamplers_0_conv", 116},
		{count(61), "text_encoder", "x", 100},
		{count(61), "text_encoder_3", "x", 101},
		{count(61), "unet", "x_embedder", 102},
		{count(61), "unet", "transformer_blocks_0_attn_to_q", 103},
		{count(61), "unet", "transformer_blocks_18_attn_to_q", 121},
		{count(61), "unet", "single_transformer_blocks_0_attn_to_q", 122},
		{count(61), "unet", "single_transformer_blocks_37_proj_out", 159},
		{count(61), "unet", "proj_out", 160},
		{"OUTALL", "unet", "up_blocks_2_attentions_0_proj_in", 1}, {"OUTALL", "unet", "mid_block_attentions_0_proj_in", 0},
		{"midd", "unet", "down_blocks_1_attentions_1_proj_in", 1}, {"INS", "unet", "up_blocks_1_attentions_0_proj_in", 0},
		{"MID", "unet", "mid_block_attentions_0_proj_in", 1}, {"MID", "unet", "up_blocks_1_attentions_0_proj_in", 0},
		{"NOUT05", "unet", "up_blocks_1_attentions_2_proj_in", 0}, {"NOUT05", "unet", "mid_block_attentions_0_proj_in", 1},
		{"ALL0.5", "unet", "mid_block_attentions_0_proj_in", 0.5},
	} {
		w, err := ParseBlockWeights(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		parts, _ := w.Weigh(c.component, []Delta{{Key: c.key}}, 1)
		if len(parts) != 1 || parts[0].Weight != c.want {
			t.Errorf("%.20s of %s: %v instead of %g", c.text, c.key, parts, c.want)
		}
	}
	w, _ := ParseBlockWeights("OUTALL")
	deltas := []Delta{{Key: "up_blocks_1_attentions_0_proj_in"}, {Key: "mid_block_attentions_0_proj_in"}, {Key: "up_blocks_1_attentions_1_proj_in"}}
	parts, any := w.Weigh("unet", deltas, 0.7)
	got := map[float32]int{}
	for _, p := range parts {
		got[p.Weight] = len(p.Deltas)
	}
	if !any || !maps.Equal(got, map[float32]int{0.7: 2, 0: 1}) {
		t.Errorf("%v, %v", got, any)
	}
	if _, any := w.Weigh("unet", []Delta{{Key: "transformer_blocks_0_attn_to_q"}}, 1); any {
		t.Error("a block of FLUX is in a list for Stable Diffusion")
	}
	if parts, _ := BlockWeights(nil).Weigh("unet", deltas, 2); len(parts) != 1 || parts[0].Weight != 2 {
		t.Errorf("without block weights: %v", parts)
	}
	for text, want := range map[string]string{"1,2,3": "no length that is known", "MYSTYLE": "no preset", "": "no preset",
		strings.Repeat("0,", 16) + "R": `block weight "R" for OUT11`, strings.Repeat("1,", 16) + "NaN": "not a number"} {
		if _, err := ParseBlockWeights(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// digits is i in two digits, so that a list of 1 and digits counts from 100.
func digits(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

// A relative of LoRA for one matrix of several modules is cut: its parts make what the whole does.
func TestCutRelatives(t *testing.T) {
	for i, s := range seeds[14:17] {
		l, err := ReadLoRA(write(t, "a.safetensors", tensorsOf(s)))
		if err != nil || len(l.Deltas["unet"]) != 3 || len(l.Unknown) > 0 {
			t.Fatalf("%d: %v, %v", i, l, err)
		}
		var keys []string
		for _, d := range l.Deltas["unet"] {
			if keys = append(keys, d.Key); d.Out != 4 {
				t.Errorf("%d: %s has %d outputs", i, d.Key, d.Out)
			}
		}
		if want := []string{"transformer_blocks_0_attn_to_k", "transformer_blocks_0_attn_to_q", "transformer_blocks_0_attn_to_v"}; !slices.Equal(keys, want) {
			t.Errorf("%d: %v", i, keys)
		}
	}
	// DoRA's lengths of the inputs are those of the whole matrix: it cannot be cut, and that is told.
	l, err := ReadLoRA(write(t, "a.safetensors", tensorsOf(map[string][]int{"double_blocks.0.img_attn.qkv.lora_A.weight": {2, 4}, "double_blocks.0.img_attn.qkv.lora_B.weight": {12, 2},
		"double_blocks.0.img_attn.qkv.dora_scale": {1, 4}})))
	if err != nil || l.Count() != 0 || len(l.Unknown) != 1 {
		t.Errorf("%v, %v", l, err)
	}
}

func tensorsOf(shapes map[string][]int) map[string]tensor {
	out := map[string]tensor{}
	for name, shape := range shapes {
		data := make([]float32, product(shape))
		for i := range data {
			data[i] = float32(i%7) - 3
		}
		out[name] = tensor{shape, data}
	}
	return out
}
