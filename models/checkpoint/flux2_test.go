package checkpoint

import (
	"path/filepath"
	"strings"
	"testing"
)

// kleinOf is a FLUX.2 klein of one block of each kind in the original code's names, its autoencoder and a Qwen3 with states
// of a width.
func kleinOf(text int) shapes {
	return shapes{"img_in.weight": {32, 64}, "txt_in.weight": {32, 48}, "time_in.in_layer.weight": {32, 16}, "time_in.out_layer.weight": {32, 32},
		"double_stream_modulation_img.lin.weight": {192, 32}, "double_stream_modulation_txt.lin.weight": {192, 32}, "single_stream_modulation.lin.weight": {96, 32},
		"double_blocks.0.img_attn.qkv.weight": {96, 32}, "double_blocks.0.img_attn.norm.query_norm.scale": {16}, "double_blocks.0.img_mlp.0.weight": {192, 32},
		"double_blocks.0.txt_attn.proj.weight": {32, 32}, "single_blocks.0.linear1.weight": {288, 32}, "single_blocks.0.linear2.weight": {32, 128},
		"single_blocks.0.norm.key_norm.weight": {16}, "single_blocks.0.norm.query_norm.scale": {16}, "final_layer.adaLN_modulation.1.weight": {64, 32}, "final_layer.linear.weight": {64, 32},
		"vae.decoder.conv_in.weight": {32, 16, 3, 3}, "vae.decoder.up.0.block.0.conv1.weight": {32, 32, 3, 3}, "vae.decoder.post_quant_conv.weight": {16, 16, 1, 1},
		"vae.encoder.down.0.block.0.conv1.weight": {32, 32, 3, 3}, "vae.encoder.quant_conv.weight": {32, 32, 1, 1}, "vae.bn.running_mean": {64}, "vae.bn.running_var": {64},
		"text_encoders.qwen3_4b.transformer.model.embed_tokens.weight": {100, text}, "text_encoders.qwen3_4b.transformer.model.layers.0.self_attn.q_norm.weight": {8}}
}

// FLUX.2 klein is told from FLUX by its shared modulation; its autoencoder by its statistics.
func TestFlux2(t *testing.T) {
	m := assembled(t, kleinOf(16))
	if m.Family != FamilyFlux2 || len(m.Missing) > 0 || m.Channels() != 16 {
		t.Fatalf("%s without %v, %d channels", m.Family, m.Missing, m.Channels())
	}
	for _, name := range []string{"x_embedder.weight", "single_stream_modulation.linear.weight", "transformer_blocks.0.attn.to_v.weight", "transformer_blocks.0.attn.norm_q.weight",
		"transformer_blocks.0.ff.linear_in.weight", "transformer_blocks.0.attn.to_add_out.weight", "single_transformer_blocks.0.attn.to_qkv_mlp_proj.weight",
		"single_transformer_blocks.0.attn.to_out.weight", "single_transformer_blocks.0.attn.norm_k.weight", "norm_out.linear.weight", "proj_out.weight"} {
		if !m.Denoiser.Has(name) {
			t.Error("no", name)
		}
	}
	if !m.Encoder.Has("quant_conv.weight") || !m.Decoder.Has("post_quant_conv.weight") || !m.Decoder.Has("bn.running_var") || !strings.Contains(string(m.Decoder.Config), "AutoencoderKLFlux2") {
		t.Errorf("%s", m.Decoder.Config)
	}
	if strings.Contains(string(m.Index), "is_distilled") {
		t.Errorf("%s", m.Index)
	}
}

// A Qwen3 of another size is not taken; FLUX.2 dev is refused; a file that calls itself base was not distilled.
func TestFlux2Others(t *testing.T) {
	if m := assembled(t, kleinOf(24)); len(m.Missing) != 1 || !strings.Contains(string(m.Missing[0]), "Qwen3 of width 16") {
		t.Error(m.Missing)
	}
	if _, err := Assemble(open(t, kleinOf(16).with(shapes{"guidance_in.in_layer.weight": {32, 16}}))); err == nil || !strings.Contains(err.Error(), "FLUX.2 dev") {
		t.Error(err)
	}
	f, err := Open(write(t, filepath.Join(t.TempDir(), "flux-2-klein-base-4b.safetensors"), kleinOf(16)))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Assemble(f); err != nil || !strings.Contains(string(m.Index), `"is_distilled":false`) {
		t.Error(err)
	}
	if what := f.What(); !strings.Contains(what, "FLUX.2 klein") {
		t.Error(what)
	}
}
