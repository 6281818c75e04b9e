package checkpoint

import "strings"

// Z-Image (Z-Image Team, 2025): the original code has one matrix for query, key and value, and layers for one size of
// patches without its name.

var zimageNamed = strings.NewReplacer("attention.out.", "attention.to_out.0.", "attention.q_norm.", "attention.norm_q.", "attention.k_norm.", "attention.norm_k.")

func zimageNames(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		for _, layer := range []string{"final_layer.", "x_embedder."} {
			if rest, ok := strings.CutPrefix(name, layer); ok {
				name = "all_" + layer + "2-1." + rest
			}
		}
		if prefix, kind, ok := strings.Cut(name, "qkv."); ok {
			out.cut(prefix, kind, t, t.first()/3, "to_q", "to_k", "to_v")
		} else {
			out[zimageNamed.Replace(name)] = t
		}
	}
	return out
}

func zimageConfig(w Weights) settings {
	head := usual(w.Dim("layers.0.attention.norm_q.weight", 0), w.Dim("layers.0.attention.norm_k.weight", 0), w.Dim("noise_refiner.0.attention.norm_q.weight", 0))
	width := usual(w.Dim("cap_embedder.1.weight", 0), w.Dim("all_x_embedder.2-1.weight", 0), w.Dim("layers.0.attention_norm1.weight", 0))
	return settings{"_class_name": "ZImageTransformer2DModel", "dim": width, "n_heads": width / max(1, head), "n_layers": w.Count("layers"),
		"n_refiner_layers": w.Count("noise_refiner"), "cap_feat_dim": w.Dim("cap_embedder.1.weight", 1), "norm_eps": 1e-5, "t_scale": 1000.0, "rope_theta": 256.0,
		"axes_dims": []int64{head / 4, head * 3 / 8, head * 3 / 8}} // 32, 48, 48 of 128
}

// isTurbo reports whether a file of Z-Image says that it was distilled to few steps: its tensors are the same.
func isTurbo(f *File) bool { return strings.Contains(saying(f), "turbo") }

// qwenConfig describes Qwen3's language model.
func qwenConfig(w Weights) settings {
	layer := "layers.0.self_attn."
	if w.HasUnder("model.") {
		layer = "model." + layer
	}
	second, third := strings.Replace(layer, "layers.0.", "layers.1.", 1), strings.Replace(layer, "layers.0.", "layers.2.", 1)
	most := func(tensor string, axis int) int64 {
		return usual(w.Dim(layer+tensor, axis), w.Dim(second+tensor, axis), w.Dim(third+tensor, axis))
	}
	head := max(1, usual(w.Dim(layer+"q_norm.weight", 0), w.Dim(layer+"k_norm.weight", 0), w.Dim(second+"q_norm.weight", 0)))
	return settings{"architectures": []string{"Qwen3ForCausalLM"}, "head_dim": head, "num_attention_heads": most("q_proj.weight", 0) / head,
		"num_key_value_heads": most("k_proj.weight", 0) / head, "rms_norm_eps": 1e-6, "rope_theta": 1e6, "hidden_act": "silu"}
}
