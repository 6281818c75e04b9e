package checkpoint

import "strings"

// t5Names adds the prefix encoder.
func t5Names(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		if strings.HasPrefix(name, "block.") || strings.HasPrefix(name, "final_layer_norm.") {
			name = "encoder." + name
		}
		out[name] = t
	}
	return out
}

// llamaT5Names are llama.cpp's names of a T5's layers, and transformers'.
var llamaT5Names = [][2]string{{"attn_q", "layer.0.SelfAttention.q"}, {"attn_k", "layer.0.SelfAttention.k"}, {"attn_v", "layer.0.SelfAttention.v"},
	{"attn_o", "layer.0.SelfAttention.o"}, {"attn_rel_b", "layer.0.SelfAttention.relative_attention_bias"}, {"attn_norm", "layer.0.layer_norm"},
	{"ffn_gate", "layer.1.DenseReluDense.wi_0"}, {"ffn_down", "layer.1.DenseReluDense.wo"}, {"ffn_norm", "layer.1.layer_norm"}}

// llamaT5 renames a T5 that llama.cpp's converter wrote (ggml-org/llama.cpp, gguf-py/gguf/constants.py); its decoder is left
// out. A feed-forward network without a gate has one matrix in place of two.
func llamaT5(raw Weights) Weights {
	up := "wi_1"
	if !raw.Has("enc.blk.0.ffn_gate.weight") {
		up = "wi"
	}
	layer := append([][2]string{{"ffn_up", "layer.1.DenseReluDense." + up}}, llamaT5Names...)
	out := Weights{}
	for name, t := range raw {
		rest, inside := strings.CutPrefix(name, "enc.blk.")
		number, inner, _ := strings.Cut(rest, ".")
		switch {
		case inside:
			out["encoder.block."+number+"."+renamed(inner, layer)] = t
		case !strings.HasPrefix(name, "dec."):
			out[renamed(name, [][2]string{{"token_embd", "shared"}, {"enc.output_norm", "encoder.final_layer_norm"}})] = t
		}
	}
	return out
}
