package checkpoint

import "strings"

// openCLIP renames a text encoder of OpenCLIP (Cherti et al., 2023): one matrix holds the weights of query, key and
// value, and the projection is transposed relative to a Linear's.
func openCLIP(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		switch name {
		case "positional_embedding":
			out["text_model.embeddings.position_embedding.weight"] = t
		case "token_embedding.weight":
			out["text_model.embeddings.token_embedding.weight"] = t
		case "text_projection":
			t.Turned = true
			out["text_projection.weight"] = t
		case "text_projection.weight":
			out[name] = t
		case "ln_final.weight", "ln_final.bias":
			out["text_model.final_layer_norm."+name[len("ln_final."):]] = t
		default:
			openCLIPLayer(out, name, t)
		}
	}
	return out
}

var openCLIPParts = [][2]string{{"ln_1", "layer_norm1"}, {"ln_2", "layer_norm2"}, {"mlp.c_fc", "mlp.fc1"}, {"mlp.c_proj", "mlp.fc2"}, {"attn.out_proj", "self_attn.out_proj"}}

func openCLIPLayer(out Weights, name string, t Tensor) {
	rest, ok := strings.CutPrefix(name, "transformer.resblocks.")
	number, inner, cut := strings.Cut(rest, ".")
	if !ok || !cut {
		return // logit_scale and the image encoder
	}
	prefix := "text_model.encoder.layers." + number + "."
	if kind, ok := strings.CutPrefix(inner, "attn.in_proj_"); ok { // weight or bias
		out.cut(prefix+"self_attn.", kind, t, t.first()/3, "q_proj", "k_proj", "v_proj")
		return
	}
	out[prefix+renamed(inner, openCLIPParts)] = t
}

func (t Tensor) first() int64 {
	if len(t.Shape) == 0 {
		return 0
	}
	return t.Shape[0]
}

// clipText adds text_model before the names of a text encoder in transformers' form where it is missing.
func clipText(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		if strings.HasPrefix(name, "embeddings.") || strings.HasPrefix(name, "encoder.layers.") || strings.HasPrefix(name, "final_layer_norm.") {
			name = "text_model." + name
		}
		if strings.HasSuffix(name, ".position_ids") || name == "logit_scale" || strings.HasPrefix(name, "vision_model.") || strings.HasPrefix(name, "visual_projection") {
			continue
		}
		out[name] = t
	}
	return out
}
