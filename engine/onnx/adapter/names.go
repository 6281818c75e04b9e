package adapter

import (
	"regexp"
	"strings"
)

// endings are the ends of tensor names in all namings, with the tensor's kind.
var endings = []struct{ suffix, what string }{
	{".lora_down.weight", "down"}, {".lora_up.weight", "up"}, {".lora_mid.weight", "mid"}, {".alpha", "alpha"},
	{".lora_linear_layer.down.weight", "down"}, {".lora_linear_layer.up.weight", "up"},
	{".lora.down.weight", "down"}, {".lora.up.weight", "up"},
	{"_lora.down.weight", "down"}, {"_lora.up.weight", "up"},
	{".lora_A.weight", "down"}, {".lora_B.weight", "up"}, {".lora_B.bias", "up_bias"},
	{".lora_up.bias", "up_bias"}, {".lora.up.bias", "up_bias"}, {".lora_down.bias", "down_bias"}, {".lora_A.bias", "down_bias"},
	{".dora_scale", "dora_scale"}, {".lora_magnitude_vector", "magnitude"}, {".lora_magnitude_vector.weight", "magnitude"},
	{".diff", "diff"}, {".diff_b", "diff_b"}, {".w_norm", "diff"}, {".b_norm", "diff_b"}, {".set_weight", "set_weight"},
	{".hada_w1_a", "hada_w1_a"}, {".hada_w1_b", "hada_w1_b"}, {".hada_w2_a", "hada_w2_a"}, {".hada_w2_b", "hada_w2_b"}, {".hada_t1", "hada_t1"}, {".hada_t2", "hada_t2"},
	{".lokr_w1", "lokr_w1"}, {".lokr_w1_a", "lokr_w1_a"}, {".lokr_w1_b", "lokr_w1_b"}, {".lokr_w2", "lokr_w2"}, {".lokr_w2_a", "lokr_w2_a"}, {".lokr_w2_b", "lokr_w2_b"}, {".lokr_t2", "lokr_t2"},
	{".oft_blocks", "oft_blocks"}, {".oft_diag", "oft_blocks"}, {".oft_R.weight", "oft_R"}, {".oft_r", "oft_r"}, {".oft_s", "oft_s"}, {".boft_R", "boft_R"}, {".boft_s", "boft_s"}, {".rescale", "rescale"},
	{".a1.weight", "glora_a1"}, {".a2.weight", "glora_a2"}, {".b1.weight", "glora_b1"}, {".b2.weight", "glora_b2"},
	{".on_input", "on_input"}, {".ia3_l", "ia3_l"},
}

// components are the prefixes that name networks, longest first.
var components = []struct{ prefix, component string }{
	{"lora_te1_", "text_encoder"}, {"lora_te2_", "text_encoder_2"}, {"lora_te3_", "text_encoder_3"}, {"lora_te_", "text_encoder"},
	{"lycoris_te1_", "text_encoder"}, {"lycoris_te2_", "text_encoder_2"}, {"lycoris_te3_", "text_encoder_3"}, {"lycoris_te_", "text_encoder"},
	{"lora_unet_", "unet"}, {"lora_transformer_", "unet"}, {"lycoris_unet_", "unet"}, {"lycoris_", "unet"},
	{"text_encoders.clip_l.transformer.", "text_encoder"}, {"text_encoders.clip_g.transformer.", "text_encoder_2"}, {"text_encoders.t5xxl.transformer.", "text_encoder_3"},
	{"text_encoder_2.", "text_encoder_2"}, {"text_encoder_3.", "text_encoder_3"}, {"text_encoder.", "text_encoder"},
	{"model.diffusion_model.", "unet"}, {"unet.", "unet"}, {"transformer.", "unet"}, {"diffusion_model.", "unet"}, {"base_model.model.", "unet"},
}

var (
	// oldAttention matches the projections of diffusers' former attention processors in text encoders.
	oldAttention = regexp.MustCompile(`^(.*_self_attn_)to_(q|k|v|out)(?:_0)?$`)
	processor    = regexp.MustCompile(`_processor_(to_[a-z]+)$`)
	// adapterName is PEFT's adapter name after lora_A and lora_B: "default", or another.
	adapterName = regexp.MustCompile(`\.(lora_A|lora_B|lora_magnitude_vector|ia3_l|oft_R|oft_r|oft_s|boft_R|boft_s)\.([A-Za-z0-9_-]+)(\.weight|\.bias|)$`)
	xlabsDouble = regexp.MustCompile(`(double_blocks\.\d+)\.processor\.(qkv|proj)_lora([12])\.(up|down)\.`)
	xlabsSingle = regexp.MustCompile(`(single_blocks\.\d+)\.processor\.(qkv|proj)_lora\.(up|down)\.`)
)

// parseName splits a tensor's name into network, module and kind of tensor; "" where it is not a LoRA's.
func parseName(name string) (component, key, what string) {
	full := xlabsName(name)
	if m := adapterName.FindStringSubmatch(full); m != nil && m[2] != "weight" && m[2] != "bias" {
		full = strings.TrimSuffix(full, "."+m[2]+m[3]) + m[3]
	}
	for _, e := range endings {
		if module, ok := strings.CutSuffix(full, e.suffix); ok {
			key, what = module, e.what
			break
		}
	}
	if what == "" {
		return "", "", ""
	}
	component = "unet"
	for _, c := range components {
		if module, ok := strings.CutPrefix(key, c.prefix); ok {
			key, component = module, c.component
			break
		}
	}
	key = strings.TrimPrefix(key, "base_model.model.")
	key = strings.ReplaceAll(key, ".", "_")
	// diffusers before 0.20 stored LoRAs in the attention processors
	key = processor.ReplaceAllString(key, "_$1")
	if strings.Contains(name, ".processor.to_out_lora") {
		key += "_0"
	}
	if component == "unet" {
		key = diffusersName(key)
	} else if m := oldAttention.FindStringSubmatch(key); m != nil {
		key = m[1] + m[2] + "_proj"
	}
	return component, key, what
}

// xlabsName converts a name to Black Forest Labs' code's: XLabs trains FLUX in the attention processors, 1 of the
// picture's side and 2 of the text's, and in single blocks only the attention's part of the first layer.
func xlabsName(name string) string {
	if m := xlabsDouble.FindStringSubmatchIndex(name); m != nil {
		side := map[string]string{"1": ".img_attn.", "2": ".txt_attn."}[name[m[6]:m[7]]]
		return name[:m[3]] + side + name[m[4]:m[5]] + ".lora." + name[m[8]:m[9]] + "." + name[m[1]:]
	}
	if m := xlabsSingle.FindStringSubmatchIndex(name); m != nil {
		layer := map[string]string{"qkv": ".attn_qkv", "proj": ".linear2"}[name[m[4]:m[5]]]
		return name[:m[3]] + layer + ".lora." + name[m[6]:m[7]] + "." + name[m[1]:]
	}
	return name
}
