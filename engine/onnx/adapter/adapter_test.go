package adapter

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/onnx/graphfile"
)

// Names as the programs write them: kohya-ss/sd-scripts, diffusers of several years, peft, and kohya's in the original code's words.
func TestNames(t *testing.T) {
	tests := []struct{ name, component, key, what string }{
		{"lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "unet", "down_blocks_0_attentions_0_proj_in", "down"},
		{"lora_te_text_model_encoder_layers_0_mlp_fc1.alpha", "text_encoder", "text_model_encoder_layers_0_mlp_fc1", "alpha"},
		{"lora_te2_text_model_encoder_layers_3_self_attn_q_proj.lora_up.weight", "text_encoder_2", "text_model_encoder_layers_3_self_attn_q_proj", "up"},
		{"unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora.down.weight", "unet", "mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0", "down"},
		{"unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up.weight", "unet", "mid_block_attentions_0_transformer_blocks_0_attn1_to_q", "up"},
		{"unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight", "unet", "mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0", "up"},
		{"text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.up.weight", "text_encoder", "text_model_encoder_layers_0_mlp_fc1", "up"},
		{"text_encoder_2.text_model.encoder.layers.0.mlp.fc1.lora_A.weight", "text_encoder_2", "text_model_encoder_layers_0_mlp_fc1", "down"},
		{"base_model.model.down_blocks.0.resnets.0.conv1.lora_B.default.weight", "unet", "down_blocks_0_resnets_0_conv1", "up"},
		{"transformer.transformer_blocks.0.attn.to_q.lora_A.weight", "unet", "transformer_blocks_0_attn_to_q", "down"},
		{"lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k.lora_down.weight", "unet", "down_blocks_1_attentions_0_transformer_blocks_1_attn2_to_k", "down"},
		{"lora_unet_input_blocks_8_1_proj_in.lora_down.weight", "unet", "down_blocks_2_attentions_1_proj_in", "down"},
		{"lora_unet_input_blocks_7_0_in_layers_2.lora_up.weight", "unet", "down_blocks_2_resnets_0_conv1", "up"},
		{"lora_unet_input_blocks_3_0_op.lora_up.weight", "unet", "down_blocks_0_downsamplers_0_conv", "up"},
		{"lora_unet_middle_block_1_proj_out.lora_up.weight", "unet", "mid_block_attentions_0_proj_out", "up"},
		{"lora_unet_middle_block_2_emb_layers_1.lora_up.weight", "unet", "mid_block_resnets_1_time_emb_proj", "up"},
		{"lora_unet_output_blocks_5_1_proj_in.lora_up.weight", "unet", "up_blocks_1_attentions_2_proj_in", "up"},
		{"lora_unet_output_blocks_5_2_conv.lora_up.weight", "unet", "up_blocks_1_upsamplers_0_conv", "up"},
		{"lora_unet_output_blocks_0_0_skip_connection.lora_up.weight", "unet", "up_blocks_0_resnets_0_conv_shortcut", "up"},
		{"lora_unet_time_embed_2.lora_up.weight", "unet", "time_embedding_linear_2", "up"},
		{"unet.conv_in.dora_scale", "unet", "conv_in", "dora_scale"},
		{"text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora.down.weight", "text_encoder", "text_model_encoder_layers_0_self_attn_q_proj", "down"},
		{"text_encoder_2.text_model.encoder.layers.3.self_attn.to_out_lora.up.weight", "text_encoder_2", "text_model_encoder_layers_3_self_attn_out_proj", "up"},
		{"conv_in.weight", "", "", ""},
		{"lycoris_transformer_blocks_0_attn_to_q.lokr_w1", "unet", "transformer_blocks_0_attn_to_q", "lokr_w1"},
		{"double_blocks.3.processor.qkv_lora1.down.weight", "unet", "double_blocks_3_img_attn_qkv", "down"},
		{"diffusion_model.double_blocks.3.processor.proj_lora2.up.weight", "unet", "double_blocks_3_txt_attn_proj", "up"},
		{"single_blocks.12.processor.qkv_lora.up.weight", "unet", "single_blocks_12_attn_qkv", "up"},
		{"single_blocks.12.processor.proj_lora.down.weight", "unet", "single_blocks_12_linear2", "down"},
		{"text_encoders.clip_l.transformer.text_model.encoder.layers.0.mlp.fc1.lora_A.weight", "text_encoder", "text_model_encoder_layers_0_mlp_fc1", "down"},
		{"base_model.model.down_blocks.0.resnets.0.conv1.lora_B.my-style_2.weight", "unet", "down_blocks_0_resnets_0_conv1", "up"},
		{"unet.conv_in.lora_B.bias", "unet", "conv_in", "up_bias"},
		{"lora_unet_conv_in.diff_b", "unet", "conv_in", "diff_b"},
	}
	for _, c := range tests {
		component, key, what := parseName(c.name)
		if component != c.component || key != c.key || what != c.what {
			t.Errorf("%s: %s %s %s", c.name, component, key, what)
		}
	}
}

func TestScopes(t *testing.T) {
	for name, want := range map[string]string{
		"/down_blocks.1/attentions.0/transformer_blocks.0/attn1/to_q/MatMul": "down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q",
		"/encoder/layers/layers.0/Conv":                                      "encoder_layers_0",
		"/m/conv_in/Conv":                                                    "m_conv_in",
		"Conv_17":                                                            "",
	} {
		if got := scopeKey(name); got != want {
			t.Errorf("%s: %q instead of %q", name, got, want)
		}
	}
}

// tensor is one entry of a test's file.
type tensor struct {
	shape []int
	data  []float32
}

func write(t testing.TB, name string, tensors map[string]tensor) string {
	t.Helper()
	return writeWith(t, name, tensors, nil)
}

// writeWith writes a file with metadata.
func writeWith(t testing.TB, name string, tensors map[string]tensor, metadata map[string]string) string {
	t.Helper()
	table, values := map[string]any{}, []byte{}
	if metadata != nil {
		table["__metadata__"] = metadata
	}
	for k, v := range tensors {
		at := len(values)
		for _, x := range v.data {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(x))
		}
		table[k] = map[string]any{"dtype": "F32", "shape": v.shape, "data_offsets": []int{at, len(values)}}
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	if err := os.WriteFile(path, append(data, values...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadLoRA(t *testing.T) {
	path := write(t, "a.safetensors", map[string]tensor{
		"lora_unet_conv_in.lora_down.weight":        {[]int{2, 1, 1, 2}, []float32{1, 2, 3, 4}},
		"lora_unet_conv_in.lora_up.weight":          {[]int{1, 2, 1, 1}, []float32{3, 4}},
		"lora_unet_conv_in.alpha":                   {[]int{}, []float32{1}},
		"lora_unet_conv_in.diff_b":                  {[]int{1}, []float32{5}},
		"lora_unet_other.lora_up.weight":            {[]int{1, 1}, []float32{1}},
		"lora_unet_third.oft_s.default":             {[]int{1}, []float32{1}},
		"bundle_emb.x.string_to_param.*":            {[]int{1}, []float32{1}},
		"transformer.double_blocks.0.norm.qk.scale": {[]int{1}, []float32{1}},
	})
	l, err := ReadLoRA(path)
	if err != nil {
		t.Fatal(err)
	}
	d := l.Deltas["unet"][0]
	if want := []float32{1, 2, 3, 4}; !slices.Equal(d.Down, want) || !slices.Equal(d.In, []int{1, 1, 2}) {
		t.Errorf("down %v of %v instead of %v", d.Down, d.In, want)
	}
	if want := []float32{1.5, 2}; !slices.Equal(d.Up, want) || d.Rank != 2 || d.Out != 1 || !slices.Equal(d.Bias, []float32{5}) {
		t.Errorf("up %v instead of %v, bias %v", d.Up, want, d.Bias)
	}
	// What cannot be applied is counted by its kind.
	if want := map[string]int{"up or down without the other": 1, "oft_s": 1, "a bundled embedding": 1, "scale": 1}; !maps.Equal(l.Unknown, want) || l.Count() != 1 {
		t.Errorf("unknown are %v instead of %v", l.Unknown, want)
	}
	for want, tensors := range map[string]map[string]tensor{
		"is not a LoRA":        {"weight": {[]int{1, 1, 1}, []float32{1}}},
		"do not go together":   {"a.lora_down.weight": {[]int{2, 1}, []float32{1, 2}}, "a.lora_up.weight": {[]int{1, 1}, []float32{1}}},
		"LoHa's matrices":      {"a.hada_w1_a": {[]int{2, 1}, []float32{1, 2}}, "a.hada_w1_b": {[]int{2, 1}, []float32{1, 2}}, "a.hada_w2_a": {[]int{2, 1}, []float32{1, 2}}, "a.hada_w2_b": {[]int{1, 2}, []float32{1, 2}}},
		"lokr_w2_a is missing": {"a.lokr_w1": {[]int{2, 1}, []float32{1, 2}}},
		"LoKr's matrices":      {"a.lokr_w1": {[]int{2, 1}, []float32{1, 2}}, "a.lokr_w2_a": {[]int{2, 1}, []float32{1, 2}}, "a.lokr_w2_b": {[]int{2, 1}, []float32{1, 2}}},
		"DoRA has 3":           {"a.lora_down.weight": {[]int{1, 2}, []float32{1, 2}}, "a.lora_up.weight": {[]int{2, 1}, []float32{1, 2}}, "a.dora_scale": {[]int{3, 1}, []float32{1, 2, 3}}},
		"alpha":                {"a.lora_down.weight": {[]int{1, 1}, []float32{1}}, "a.lora_up.weight": {[]int{1, 1}, []float32{1}}, "a.alpha": {[]int{2}, []float32{1, 1}}},
		"middle matrix":        {"a.lora_down.weight": {[]int{1, 1}, []float32{1}}, "a.lora_up.weight": {[]int{1, 1}, []float32{1}}, "a.lora_mid.weight": {[]int{2, 1, 1, 1}, []float32{1, 1}}},
		"GLoRA's matrices":     {"a.a1.weight": {[]int{2, 1}, []float32{1, 2}}, "a.a2.weight": {[]int{2, 1}, []float32{1, 2}}, "a.b1.weight": {[]int{2, 1}, []float32{1, 2}}, "a.b2.weight": {[]int{2, 1}, []float32{1, 2}}},
		"no triangle":          {"a.oft_R.weight": {[]int{1, 4}, []float32{1, 2, 3, 4}}},
		"shape [1 1 2 1]":      {"a.boft_R": {[]int{1, 1, 2, 1}, []float32{1, 2}}},
		"do not make 2 stages": {"a.boft_R": {[]int{2, 1, 2, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8}}},
		"OFT's blocks":         {"a.oft_blocks": {[]int{1, 2, 1}, []float32{1, 2}}},
		"the bias has 2":       {"a.lora_down.weight": {[]int{1, 1}, []float32{1}}, "a.lora_up.weight": {[]int{1, 1}, []float32{1}}, "a.lora_B.bias": {[]int{2}, []float32{1, 1}}},
	} {
		path := write(t, "b.safetensors", tensors)
		if _, err := ReadLoRA(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Without an alpha of the file's own its training's counts: diffusers', plain keys', peft's file beside it.
func TestAlphaOfTraining(t *testing.T) {
	const module = "unet.a.to_q"
	pair := map[string]tensor{module + ".lora_A.weight": {[]int{4, 1}, []float32{1, 1, 1, 1}}, module + ".lora_B.weight": {[]int{1, 4}, []float32{1, 1, 1, 1}}}
	for _, c := range []struct {
		metadata map[string]string
		want     float32
	}{
		{nil, 1},
		{map[string]string{"lora_adapter_metadata": `{"unet.r": 4, "unet.lora_alpha": 16, "unet.use_rslora": false}`}, 4},
		{map[string]string{"lora_adapter_metadata": `{"unet.r": 4, "unet.lora_alpha": 16.0, "unet.use_rslora": true}`}, 8},
		{map[string]string{"lora_adapter_metadata": `{"text_encoder.r": 4, "text_encoder.lora_alpha": 16}`}, 1},
		{map[string]string{"lora_adapter_metadata": `{"unet.lora_alpha": 16, "unet.alpha_pattern": {"to_q": 2, "a.to_q": 6, "o_q": 100}}`}, 1.5},
		{map[string]string{"unet.r": "4", "unet.lora_alpha": "16"}, 4},
		{map[string]string{"transformer.r": "4", "transformer.lora_alpha": "2"}, 0.5},
		{map[string]string{"r": "4", "lora_alpha": "8"}, 2},
		{map[string]string{"lora_adapter_metadata": `[`, "unet.lora_alpha": "much"}, 1},
	} {
		all := map[string]tensor{}
		maps.Copy(all, pair)
		l, err := ReadLoRA(writeWith(t, "a.safetensors", all, c.metadata))
		if err != nil || l.Deltas["unet"][0].Up[0] != c.want {
			t.Errorf("%v: scale %v instead of %g, %v", c.metadata, l, c.want, err)
		}
		all[module+".alpha"] = tensor{[]int{}, []float32{12}}
		if l, err := ReadLoRA(writeWith(t, "a.safetensors", all, c.metadata)); err != nil || l.Deltas["unet"][0].Up[0] != 3 {
			t.Errorf("%v: the file's own alpha gives %v, %v", c.metadata, l, err)
		}
	}
	path := write(t, "adapter_model.safetensors", pair)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "adapter_config.json"), []byte(`{"peft_type": "LORA", "r": 4, "lora_alpha": 8, "alpha_pattern": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := ReadLoRA(path); err != nil || l.Deltas["unet"][0].Up[0] != 2 {
		t.Errorf("peft's folder: %v, %v", l, err)
	}
}

// A LoRA for a convolution, a quantised layer, one of another size, and one that is not there.
func TestUnmatched(t *testing.T) {
	m := graphfile.New(17)
	m.Tensors = append(m.Tensors, graphfile.NewFloats("conv.weight", []int64{2, 3, 1, 1}, make([]float32, 6)), graphfile.NewFloats("q", []int64{3, 2}, make([]float32, 6)))
	m.Nodes = append(m.Nodes, &graphfile.Node{Name: "/conv/Conv", Op: "Conv", Inputs: []string{"x", "conv.weight"}, Outputs: []string{"y"}},
		&graphfile.Node{Name: "/fc/MatMul", Op: "MatMulInteger", Inputs: []string{"y", "q8"}, Outputs: []string{"z"}})
	delta := func(key string, out, in int) Delta {
		return Delta{Key: key, Rank: 1, Out: out, In: []int{in}, Up: make([]float32, out), Down: make([]float32, in)}
	}
	got := Merge(m, []Weighted{{[]Delta{delta("conv", 2, 3), delta("fc", 2, 3), delta("gone", 2, 3)}, 1}, {[]Delta{delta("conv", 4, 3)}, 1}})
	want := []Unmatched{{"conv", WrongSize, "made for 4 x [3], the network has 2 x [3 1 1]"}, {"fc", Quantised, "the network's weights are quantised"}, {"gone", NoModule, ""}}
	if !slices.Equal(got, want) {
		t.Errorf("%q instead of %q", got, want)
	}
	if in := m.Nodes[len(m.Nodes)-2].Inputs[1]; in != "nirvana/lora/0/weight" {
		t.Errorf("the convolution reads %s", in)
	}
}

func TestReadEmbedding(t *testing.T) {
	one := write(t, "gloomy.safetensors", map[string]tensor{"emb_params": {[]int{4}, []float32{1, 2, 3, 4}}})
	e, err := ReadEmbedding(one, "")
	if err != nil {
		t.Fatal(err)
	}
	if n, data := e.Vectors("text_encoder", 4); e.Token != "gloomy" || n != 1 || !slices.Equal(data, []float32{1, 2, 3, 4}) {
		t.Errorf("%s: %d vectors %v", e.Token, n, data)
	}
	named := write(t, "x.safetensors", map[string]tensor{"<cat>": {[]int{2, 2}, []float32{1, 2, 3, 4}}})
	if e, err = ReadEmbedding(named, ""); err != nil || e.Token != "x" || e.Own != "<cat>" {
		t.Errorf("token %v, %v", e, err)
	}
	if n, _ := e.Vectors("text_encoder", 3); n != 0 {
		t.Error("vectors of another width are given")
	}
	two := write(t, "xl.safetensors", map[string]tensor{"clip_l": {[]int{1, 2}, []float32{1, 2}}, "clip_g": {[]int{1, 2}, []float32{3, 4}}})
	if e, err = ReadEmbedding(two, "word"); err != nil {
		t.Fatal(err)
	}
	if _, data := e.Vectors("text_encoder_2", 2); e.Token != "word" || !slices.Equal(data, []float32{3, 4}) {
		t.Errorf("the second encoder gets %v", data)
	}
}
