package checkpoint

// Apart are the networks of a file that is no model: each with the config.json that its tensors show.
func (f *File) Apart() (out []Network) {
	for _, p := range f.Parts {
		switch p.Kind {
		case VAE, TinyVAE, QwenVAE:
			for _, half := range halves(Halves(p, nil)) {
				if half.Weights != nil {
					out = append(out, half)
				}
			}
		case CLIP, OpenCLIP:
			act := "quick_gelu"
			if isLarge(p) {
				act = "gelu"
			}
			out = append(out, Network{"text_encoder", clipConfig(p.Weights, p.Has("text_projection.weight"), p.Count("text_model.encoder.layers"), act).json(), p.Weights})
		case T5:
			out = append(out, Network{"text_encoder", t5Config(p.Weights).json(), p.Weights})
		case Qwen:
			out = append(out, Network{"text_encoder", qwenConfig(p.Weights).json(), p.Weights})
		case QwenVL:
			out = append(out, Network{"text_encoder", qwenVLConfig(p.Weights).json(), p.Weights})
		case ControlNet:
			if n, err := Control(f, nil); err == nil {
				out = append(out, n)
			}
		case Upscaler:
			out = append(out, Network{Upscaler, settings{"_class_name": "RRDBNet"}.json(), p.Weights})
		}
	}
	return out
}

func halves(encoder, decoder Network) []Network { return []Network{encoder, decoder} }
