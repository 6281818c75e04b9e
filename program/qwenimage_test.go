//go:build migrated_fynedo

package program

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/models/safetensors"
)

const recordedQwenImage = recorded + "/qwenimage"

// Runs of diffusers' Qwen-Image, from prompts, a picture and a mask, and of Qwen-Image-Edit, as folders and as separate
// files: every step the same.
func TestQwenImageConformance(t *testing.T) {
	for file, least := range map[string]int{"cases.json.gz": 14, "edit2511.json.gz": 4} {
		out := say(t, cli.Done, "conformance", recordedQwenImage+"/"+file)
		if !strings.HasSuffix(out, " passed, 0 failed\n") || strings.Count(out, " ok\n") < least {
			t.Error(out)
		}
	}
}

func removed(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// The family is named; what a single file of it cannot hold is said, and a VAE for other latents of as many channels is
// not taken for its own.
func TestQwenImageParts(t *testing.T) {
	dir := modelsOf(t, recordedQwenImage)
	split := filepath.Join(dir, "qwenimage-split")
	model, vaes := filepath.Join(split, "qwenimage.safetensors"), filepath.Join(split, "vae")
	for _, path := range []string{model, filepath.Join(dir, "qwenimage-diffusers")} {
		if out := say(t, cli.Done, "models", "check", path); !strings.Contains(strings.ReplaceAll(out, "-", " "), "Qwen Image") {
			t.Errorf("%s: %s", path, out)
		}
	}
	want := painted(t, model)
	flux := filepath.Join(vaes, "ae.safetensors")
	copyTo(t, filepath.Join(checkpoints(t), "zimage-split", "vae", "flux.safetensors"), flux)
	if !slices.Equal(painted(t, model), want) {
		t.Error("another family's VAE beside it makes another picture")
	}
	if out := say(t, cli.Failed, "generate", "--model", model, "--prompt", "a red fox", "--vae", flux, "--out", filepath.Join(t.TempDir(), "out.png")); !strings.Contains(out, "Qwen-Image's own") {
		t.Error(out)
	}
	removed(t, filepath.Join(vaes, "qwen_image_vae.safetensors"))
	if out := say(t, cli.Failed, "models", "check", model); !strings.Contains(out, "without the VAE") {
		t.Error(out)
	}
	removed(t, filepath.Join(split, "text_encoders"))
	if out := say(t, cli.Failed, "models", "check", model); !strings.Contains(out, "Qwen2.5-VL") {
		t.Error(out)
	}
}

// Qwen-Image-Edit is told by its file's name where nothing lies beside it; it says what it lacks: a picture, or an image
// encoder to see it with.
func TestQwenImageEdit(t *testing.T) {
	split := filepath.Join(modelsOf(t, recordedQwenImage), "qwenimage-split")
	out := filepath.Join(t.TempDir(), "out.png")
	model := filepath.Join(split, "Qwen_Image_Edit_2509-fp8.safetensors")
	copyTo(t, filepath.Join(split, "qwenimage-edit.safetensors"), model)
	copyFolder(t, filepath.Join(split, "qwenimage-edit"), strings.TrimSuffix(model, ".safetensors"))
	removed(t, filepath.Join(strings.TrimSuffix(model, ".safetensors"), "model_index.json"))
	made := func(model string) []byte {
		say(t, cli.Done, "generate", "--model", model, "--prompt", "make it red", "--seed", "5", "--steps", "2", "--init", recorded+"/inputs/odd.png", "--size", "64x48", "--out", out)
		img, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return pixels(t, img)
	}
	if plus := made(model); !slices.Equal(plus, made(filepath.Join(split, "qwenimage-edit-plus.safetensors"))) || slices.Equal(plus, made(filepath.Join(split, "qwenimage-edit.safetensors"))) {
		t.Error("it does not make the picture of the version that its name tells")
	}
	if said := say(t, cli.Failed, "generate", "--model", model, "--prompt", "make it red", "--out", out); !strings.Contains(said, "picture") {
		t.Error(said)
	}
	text := filepath.Join(split, "text_encoders", "qwen_2.5_vl.safetensors")
	asGGUF(t, text)
	if said := say(t, cli.Failed, "models", "check", model); !strings.Contains(said, "image encoder") {
		t.Error(said)
	}
}

// llamaNamed are a text encoder's tensors as llama.cpp's converter names them.
func llamaNamed(name string) string {
	name = strings.TrimPrefix(name, "model.")
	for _, r := range [][2]string{{"embed_tokens", "token_embd"}, {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"}, {"self_attn.q_norm", "attn_q_norm"},
		{"self_attn.k_norm", "attn_k_norm"}, {"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"}, {"self_attn.v_proj", "attn_v"}, {"self_attn.o_proj", "attn_output"},
		{"mlp.gate_proj", "ffn_gate"}, {"mlp.up_proj", "ffn_up"}, {"mlp.down_proj", "ffn_down"}, {"layers.", "blk."}} {
		name = strings.Replace(name, r[0], r[1], 1)
	}
	if rest, ok := strings.CutPrefix(name, "norm."); ok {
		name = "output_norm." + rest
	}
	return strings.Replace(name, "lm_head", "output", 1)
}

// The text encoders Qwen3 and Qwen2.5-VL in llama.cpp's files make the picture that they make in transformers' names.
func TestQwenGGUF(t *testing.T) {
	for _, c := range []struct{ model, text string }{
		{filepath.Join(modelsOf(t, recordedQwenImage), "qwenimage-split", "qwenimage.safetensors"), "qwen_2.5_vl.safetensors"},
		{filepath.Join(checkpoints(t), "zimage-split", "zimage.safetensors"), "qwen3.safetensors"},
	} {
		want := painted(t, c.model)
		asGGUF(t, filepath.Join(filepath.Dir(c.model), "text_encoders", c.text))
		if !slices.Equal(painted(t, c.model), want) {
			t.Errorf("%s makes another picture as GGUF", c.text)
		}
	}
}

// A text encoder in llama.cpp's files, language model and image encoder apart, sees the picture that is edited as one in
// transformers' names does: with queries, keys and values in one layer or in three, beside the model or named.
func TestQwenEditGGUF(t *testing.T) {
	split := filepath.Join(modelsOf(t, recordedQwenImage), "qwenimage-split")
	model, text := filepath.Join(split, "qwenimage-edit.safetensors"), filepath.Join(split, "text_encoders", "qwen_2.5_vl.safetensors")
	f, err := safetensors.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{"--init", recorded + "/inputs/odd.png"}
	want, other := painted(t, model, shown...), painted(t, model, "--init", recorded+"/inputs/scene.png")
	if slices.Equal(want, other) {
		t.Fatal("the picture is not seen")
	}
	asGGUF(t, text)
	mmproj := filepath.Join(filepath.Dir(text), "mmproj-F32.gguf")
	for _, joined := range []bool{true, false} {
		writeMMProj(t, f, mmproj, joined)
		if most := apart(painted(t, model, shown...), want); most > 0 {
			t.Errorf("in one layer %v: another picture, by %d levels", joined, most)
		}
	}
	if out := say(t, cli.Done, "models", "check", model); !strings.Contains(out, "Qwen") {
		t.Error(out)
	}
	named := filepath.Join(t.TempDir(), "sight.gguf")
	copyTo(t, mmproj, named)
	removed(t, mmproj)
	if most := apart(painted(t, model, append(shown, "--text-encoder", named)...), want); most > 0 {
		t.Errorf("named: another picture, by %d levels", most)
	}
	if out := say(t, cli.Done, "models", "check", named); !strings.Contains(out, "image encoder") || !strings.Contains(out, "--text-encoder") {
		t.Error(out)
	}
	writeMMProj(t, f, mmproj, true, "mm.2.weight")
	if out := say(t, cli.Failed, "models", "check", model); !strings.Contains(out, "mmproj") {
		t.Error(out)
	}
}

// mmprojNamed are the tensors of an image encoder as llama.cpp's converter names them.
func mmprojNamed(name string) string {
	name = strings.TrimPrefix(name, "visual.")
	for _, r := range [][2]string{{"blocks.", "v.blk."}, {"attn.qkv", "attn_qkv"}, {"attn.proj", "attn_out"}, {"norm1", "ln1"}, {"norm2", "ln2"}, {"mlp.gate_proj", "ffn_gate"},
		{"mlp.up_proj", "ffn_up"}, {"mlp.down_proj", "ffn_down"}, {"merger.mlp", "mm"}, {"merger.ln_q", "v.post_ln"}, {"patch_embed.proj", "v.patch_embd"}} {
		name = strings.Replace(name, r[0], r[1], 1)
	}
	return name
}

// writeMMProj writes a text encoder's image encoder as llama.cpp's converter does, with attention's three inputs joined or apart,
// and leaves tensors out.
func writeMMProj(t *testing.T, f *safetensors.File, path string, joined bool, without ...string) {
	t.Helper()
	g := ggufFile{}
	add := func(name string, shape []int, v []float32) {
		if !slices.Contains(without, name) {
			g.add(name, shape, "F32", encoded(v, "F32"))
		}
	}
	for _, of := range f.Names() {
		if !strings.HasPrefix(of, "visual.") {
			continue
		}
		name, shape := mmprojNamed(of), f.Tensors[of].Shape
		v, err := f.Tensors[of].Floats()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case name == "v.patch_embd.weight": // [width, colour, frame, row, column]
			area := shape[3] * shape[4]
			var frames [2][]float32
			for at := 0; at < len(v); at += 2 * area {
				frames[0], frames[1] = append(frames[0], v[at:at+area]...), append(frames[1], v[at+area:at+2*area]...)
			}
			one := []int{shape[0], shape[1], shape[3], shape[4]}
			add(name, one, frames[0])
			add(name+".1", one, frames[1])
		case strings.Contains(name, ".attn_qkv.") && !joined:
			third := slices.Clone(shape)
			third[0] /= 3
			for i, letter := range []string{"q", "k", "v"} {
				add(strings.Replace(name, "attn_qkv", "attn_"+letter, 1), third, v[i*len(v)/3:(i+1)*len(v)/3])
			}
		default:
			add(name, shape, v)
		}
	}
	if err := os.WriteFile(path, g.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// asGGUF writes a text encoder as llama.cpp's converter does, in its place.
func asGGUF(t *testing.T, text string) {
	t.Helper()
	f, err := safetensors.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	g := ggufFile{}
	for _, name := range f.Names() {
		v, err := f.Tensors[name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "visual.") { // a file of its own, mmproj
			g.add(llamaNamed(name), f.Tensors[name].Shape, "F32", encoded(v, "F32"))
		}
	}
	removed(t, text)
	if err := os.WriteFile(strings.TrimSuffix(text, ".safetensors")+".gguf", g.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A picture of other sides than the usual runs in fused attention.
func TestQwenImageLarge(t *testing.T) {
	model := filepath.Join(modelsOf(t, recordedQwenImage), "qwenimage-split", "qwenimage.safetensors")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "2", "--size", "576x512", "--out", filepath.Join(t.TempDir(), "out.png"))
}
