package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shapes are a made-up file's tensors; their values are zeros.
type shapes map[string][]int

// write makes a safetensors file of half precision.
func write(t testing.TB, path string, all shapes) string {
	t.Helper()
	table, at := map[string]any{}, 0
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		n := 2
		for _, d := range all[name] {
			n *= d
		}
		shape := all[name]
		if shape == nil {
			shape = []int{}
		}
		table[name] = map[string]any{"dtype": "F16", "shape": shape, "data_offsets": []int{at, at + n}}
		at += n
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	data = append(append(data, head...), make([]byte, at)...)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// unetOf is a U-Net of two levels in the original code's names; linear: its transformers begin with a matrix.
func unetOf(prefix string, in int, linear bool) shapes {
	s := shapes{}
	put := func(name string, dims ...int) { s[prefix+name] = dims }
	put("input_blocks.0.0.weight", 32, in, 3, 3)
	put("input_blocks.1.0.in_layers.2.weight", 32, 32, 3, 3)
	put("input_blocks.2.0.op.weight", 32, 32, 3, 3)
	put("input_blocks.3.0.in_layers.2.weight", 64, 32, 3, 3)
	put("input_blocks.3.1.proj_in.weight", 64, 64, 1, 1)
	if linear {
		put("input_blocks.3.1.proj_in.weight", 64, 64)
	}
	put("input_blocks.3.1.transformer_blocks.0.attn2.to_k.weight", 64, 48)
	put("middle_block.0.in_layers.0.weight", 64)
	put("middle_block.1.norm.weight", 64)
	put("middle_block.2.out_layers.3.weight", 64, 64, 3, 3)
	put("output_blocks.0.0.skip_connection.weight", 64, 128, 1, 1)
	put("output_blocks.0.1.norm.weight", 64)
	put("output_blocks.1.0.emb_layers.1.weight", 64, 128)
	put("output_blocks.1.2.conv.weight", 64, 64, 3, 3)
	put("output_blocks.2.0.in_layers.0.weight", 96)
	put("time_embed.0.weight", 128, 32)
	put("out.0.weight", 32)
	put("out.2.weight", 4, 32, 3, 3)
	return s
}

func (s shapes) with(more shapes) shapes {
	for name, dims := range more {
		s[name] = dims
	}
	return s
}

var (
	clipL = shapes{"cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": {100, 48}, "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight": {96, 48}}
	clipH = shapes{"cond_stage_model.model.token_embedding.weight": {100, 48}, "cond_stage_model.model.text_projection": {48, 40},
		"cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight": {144, 48}, "cond_stage_model.model.transformer.resblocks.1.attn.in_proj_weight": {144, 48},
		"cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias": {144}}
	vaeOf = shapes{"first_stage_model.decoder.conv_in.weight": {32, 4, 3, 3}, "first_stage_model.decoder.up.0.block.0.conv1.weight": {32, 32, 3, 3}, "first_stage_model.decoder.up.1.block.0.nin_shortcut.weight": {32, 32, 1, 1},
		"first_stage_model.decoder.up.1.upsample.conv.weight": {32, 32, 3, 3}, "first_stage_model.decoder.mid.attn_1.q.weight": {32, 32, 1, 1},
		"first_stage_model.encoder.conv_in.weight": {32, 3, 3, 3}, "first_stage_model.encoder.down.0.block.0.conv1.weight": {32, 32, 3, 3}, "first_stage_model.encoder.down.0.downsample.conv.weight": {32, 32, 3, 3},
		"first_stage_model.encoder.norm_out.weight": {32}, "first_stage_model.quant_conv.weight": {8, 8, 1, 1}}
)

func open(t *testing.T, s shapes) *File {
	t.Helper()
	f, err := Open(write(t, filepath.Join(t.TempDir(), "model.safetensors"), s))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func assembled(t *testing.T, s shapes) *Model {
	t.Helper()
	m, err := Assemble(open(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The original code's names become diffusers', in every part of a checkpoint.
func TestNames(t *testing.T) {
	m := assembled(t, unetOf("model.diffusion_model.", 4, false).with(clipL).with(vaeOf))
	for _, name := range []string{"conv_in.weight", "down_blocks.0.resnets.0.conv1.weight", "down_blocks.0.downsamplers.0.conv.weight", "down_blocks.1.resnets.0.conv1.weight",
		"down_blocks.1.attentions.0.proj_in.weight", "mid_block.resnets.0.norm1.weight", "mid_block.attentions.0.norm.weight", "mid_block.resnets.1.conv2.weight",
		"up_blocks.0.resnets.0.conv_shortcut.weight", "up_blocks.0.attentions.0.norm.weight", "up_blocks.0.resnets.1.time_emb_proj.weight", "up_blocks.0.upsamplers.0.conv.weight",
		"up_blocks.1.resnets.0.norm1.weight", "time_embedding.linear_1.weight", "conv_norm_out.weight", "conv_out.weight"} {
		if !m.Denoiser.Has(name) {
			t.Errorf("the U-Net has no %s", name)
		}
	}
	for _, name := range []string{"decoder.up_blocks.1.resnets.0.conv1.weight", "decoder.up_blocks.0.upsamplers.0.conv.weight", "decoder.up_blocks.0.resnets.0.conv_shortcut.weight",
		"decoder.mid_block.attentions.0.to_q.weight", "encoder.down_blocks.0.downsamplers.0.conv.weight", "encoder.conv_norm_out.weight", "quant_conv.weight"} {
		if half := map[bool]Network{true: m.Decoder, false: m.Encoder}[strings.HasPrefix(name, "decoder.")]; !half.Has(name) {
			t.Errorf("the VAE has no %s", name)
		}
	}
	if len(m.Missing) > 0 || m.Family != StableDiffusion1 || m.Marks.Prediction != predictsNoise {
		t.Errorf("%s, lacking %v, predicts %s", m.Family, m.Missing, m.Marks.Prediction)
	}
}

// OpenCLIP's joined matrix is three runs of the file's bytes, one behind the other, and its last layer stays unread in Stable Diffusion 2.
func TestOpenCLIP(t *testing.T) {
	m := assembled(t, unetOf("model.diffusion_model.", 4, true).with(clipH).with(vaeOf))
	if m.Family != StableDiffusion2 || m.Marks.Prediction != predictsVelocity || m.Text[0].Tokenizer != OpenClipTokens {
		t.Fatalf("%s predicts %s", m.Family, m.Marks.Prediction)
	}
	q, v := m.Text[0].Weights["text_model.encoder.layers.0.self_attn.q_proj.weight"], m.Text[0].Weights["text_model.encoder.layers.0.self_attn.v_proj.weight"]
	if !slices.Equal(q.Shape, []int64{48, 48}) || q.Pieces[0].Length != 48*48*2 || v.Pieces[0].Offset != q.Pieces[0].Offset+2*48*48*2 {
		t.Errorf("query %+v, value %+v", q, v)
	}
	if p := m.Text[0].Weights["text_projection.weight"]; !p.Turned || m.Text[0].Dim("text_projection.weight", 0) != 40 {
		t.Errorf("projection %+v", p)
	}
	var c struct {
		Layers int `json:"num_hidden_layers"`
	}
	if json.Unmarshal(m.Text[0].Config, &c); c.Layers != 1 {
		t.Errorf("%d layers are read of 2", c.Layers)
	}
}

// What stands beside x_t is told by the first convolution.
func TestFamilies(t *testing.T) {
	for in, class := range map[int]string{4: "StableDiffusionPipeline", 5: "StableDiffusionDepth2ImgPipeline", 8: "StableDiffusionInstructPix2PixPipeline", 9: "StableDiffusionInpaintPipeline"} {
		m := assembled(t, unetOf("model.diffusion_model.", in, false).with(clipL).with(vaeOf))
		if !strings.Contains(string(m.Index), `"`+class+`"`) {
			t.Errorf("%d channels: %s", in, m.Index)
		}
	}
}

// What a network predicts: by tensors without values, by the yaml beside, by metadata's absence the family's.
func TestMarks(t *testing.T) {
	one := func(s shapes, yaml string) Marks {
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if yaml != "" {
			if err := os.WriteFile(strings.TrimSuffix(path, "safetensors")+"yaml", []byte(yaml), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Open(write(t, path, s))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Assemble(f)
		if err != nil {
			t.Fatal(err)
		}
		return m.Marks
	}
	whole := func(linear bool) shapes {
		return shapes{}.with(unetOf("model.diffusion_model.", 4, linear)).with(clipL).with(vaeOf)
	}
	for i, c := range []struct {
		got, want Marks
	}{
		{one(whole(false), ""), Marks{"epsilon", false}},
		{one(whole(false).with(shapes{"v_pred": {}}), ""), Marks{"v_prediction", false}},
		{one(whole(false).with(shapes{"v_pred": {}, "ztsnr": {}}), ""), Marks{"v_prediction", true}},
		{one(whole(false), "model:\n  params:\n    parameterization: \"v\"\n"), Marks{"v_prediction", false}},
		{one(whole(true), ""), Marks{"v_prediction", false}},
		{one(whole(true), "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n"), Marks{"epsilon", false}},
	} {
		if c.got != c.want {
			t.Errorf("case %d: %+v, not %+v", i, c.got, c.want)
		}
	}
}

// Every file that is no model says what it is and what it is for.
func TestOtherFiles(t *testing.T) {
	for what, s := range map[string]shapes{
		"a LoRA":              {"lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight": {4, 1}, "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight": {1, 4}},
		"a textual inversion": {"emb_params": {2, 48}},
		"a VAE":               {"decoder.up.0.block.0.conv1.weight": {4, 4, 3, 3}},
		"a ControlNet":        {"control_model.input_hint_block.0.weight": {16, 3, 3, 3}},
		"a text encoder":      {"text_model.embeddings.token_embedding.weight": {100, 48}, "text_model.final_layer_norm.weight": {48}},
		"an upscaler":         {"conv_first.weight": {8, 3, 3, 3}, "body.0.rdb1.conv1.weight": {4, 8, 3, 3}, "conv_last.weight": {3, 8, 3, 3}, "conv_hr.weight": {8, 8, 3, 3}, "conv_body.weight": {8, 8, 3, 3}},
	} {
		_, err := Assemble(open(t, s))
		if err == nil || !strings.Contains(err.Error(), "is not a model but "+what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Formats that are not read are told apart by their first bytes, whatever they are called.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ head, want string }{
		"a.ckpt": {"PK\x03\x04zip", "pickle"}, "b.safetensors": {"PK\x03\x04zip", "pickle"}, "c.pt": {"\x80\x02}", "pickle"}, "d.bin": {"x", "pickle"},
		"e.safetensors": {"version https://git-lfs.github.com/spec/v1\n", "Git LFS"}, "f.safetensors": {"<!DOCTYPE html>", "web page"},
		"g.safetensors": {"", "not a .safetensors file"}, "h.safetensors": {strings.Repeat("x", 100), "not a .safetensors file"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(c.head), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that ends early, anywhere, is found out by its header alone.
func TestTruncated(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "m.safetensors"), unetOf("", 4, false))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 4, 9, 200, len(whole) / 2, len(whole) - 1} {
		cut := filepath.Join(t.TempDir(), fmt.Sprint(n, ".safetensors"))
		if err := os.WriteFile(cut, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(cut); err == nil {
			t.Errorf("%d of %d bytes pass", n, len(whole))
		}
	}
}

// FuzzGGUF reads whatever a header may hold: it ends, allocates no more than the file's bytes say, and names no place outside.
func FuzzGGUF(f *testing.F) {
	le := binary.LittleEndian
	head := le.AppendUint64(le.AppendUint64(le.AppendUint32([]byte("GGUF"), 3), 1), 1)
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	head = le.AppendUint32(le.AppendUint32(text(head, "general.alignment"), 4), 32)
	head = text(head, "a")
	head = le.AppendUint64(le.AppendUint32(head, 1), 64)
	head = le.AppendUint64(le.AppendUint32(head, 8), 0)
	for len(head)%32 != 0 {
		head = append(head, 0)
	}
	f.Add(append(head, make([]byte, 68)...))
	f.Add(append(head, make([]byte, 60)...))
	f.Add([]byte("GGUF\x03\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := parseGGUF(bytes.NewReader(data), "x", int64(len(data)))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has several lines", err)
			}
			return
		}
		for name, x := range w {
			if p := x.Pieces[0]; p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > int64(len(data)) {
				t.Errorf("%q lies at %+v of %d bytes", name, p, len(data))
			}
		}
	})
}

func TestGGUFHeader(t *testing.T) {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	file := func(kind uint32, values int) []byte {
		head := le.AppendUint64(le.AppendUint64(le.AppendUint32([]byte("GGUF"), 3), 1), 2)
		head = text(le.AppendUint32(text(head, "general.architecture"), 8), "sd1")
		head = le.AppendUint64(le.AppendUint32(le.AppendUint32(text(head, "list"), 9), 5), 2) // two numbers of 32 bits
		head = append(head, make([]byte, 8)...)
		head = le.AppendUint64(le.AppendUint64(le.AppendUint32(text(head, "w"), 2), 64), 3)
		head = le.AppendUint64(le.AppendUint32(head, kind), 0)
		for len(head)%32 != 0 {
			head = append(head, 0)
		}
		return append(head, make([]byte, values)...)
	}
	shaped := file(8, 3*68)
	shaped = bytes.Replace(shaped, text(nil, "list"), text(nil, "comfy.gguf.orig_shape.w"), 1)
	shaped = bytes.Replace(shaped, append(le.AppendUint64(nil, 2), make([]byte, 8)...), le.AppendUint32(le.AppendUint32(le.AppendUint64(nil, 2), 96), 2), 1)
	if w, err := parseGGUF(bytes.NewReader(shaped), "x", 1<<20); err != nil || !slices.Equal(w["w"].Shape, []int64{96, 2}) {
		t.Errorf("%v: the shape of before it was laid into rows of blocks is not known: %+v", err, w)
	}
	data := file(8, 3*68)
	w, err := parseGGUF(bytes.NewReader(data), "x", int64(len(data)))
	if err != nil || w["w"].Type != "Q8_0" || !slices.Equal(w["w"].Shape, []int64{3, 64}) || w["w"].Pieces[0].Offset%32 != 0 || w["w"].Pieces[0].Length != 3*68 {
		t.Fatalf("%v: %+v", err, w)
	}
	if row := w["w"].rows(1, 2); row.Pieces[0].Offset != w["w"].Pieces[0].Offset+68 || row.Pieces[0].Length != 68 {
		t.Errorf("the second row is %+v", row)
	}
	for what, data := range map[string][]byte{"cut off": data[:len(data)-1], "cut off within its header": data[:60], "quantised as IQ4_XS": file(23, 400), "rows are not whole blocks": file(12, 400)} {
		if _, err := parseGGUF(bytes.NewReader(data), "x", int64(len(data))); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Which Qwen-Image-Edit a file is, by ComfyUI's mark and by its name.
func TestQwenImageEdits(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ class, zeroed string }{
		"qwen_image_fp8.safetensors":            {"QwenImagePipeline", "false"},
		"qwen_image_edit_fp8.safetensors":       {"QwenImageEditPipeline", "false"},
		"Qwen-Image-Edit-2509-bf16.safetensors": {"QwenImageEditPlusPipeline", "false"},
		"qwen_image_edit_2511.safetensors":      {"QwenImageEditPlusPipeline", "true"},
	} {
		f, err := Open(write(t, filepath.Join(dir, name), shapes{"txt_norm.weight": {8}, "img_in.weight": {8, 64}}))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Assemble(f)
		if err != nil || !strings.Contains(string(m.Index), `"`+c.class+`"`) || !strings.Contains(string(m.Denoiser.Config), `"zero_cond_t":`+c.zeroed) {
			t.Errorf("%s: %v, %s, %s", name, err, m.Index, m.Denoiser.Config)
		}
	}
	marked := open(t, shapes{"txt_norm.weight": {8}, "img_in.weight": {8, 64}, "__index_timestep_zero__": {0}})
	if m, err := Assemble(marked); err != nil || !strings.Contains(string(m.Denoiser.Config), `"zero_cond_t":true`) {
		t.Errorf("%v: %s", err, m.Denoiser.Config)
	}
}
