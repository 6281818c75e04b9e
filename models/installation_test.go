package models

import (
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine/fault"
	"nirvana/models/safetensors/safetensorstest"
)

var (
	unetTensors = map[string][]int{"input_blocks.0.0.weight": {32, 4, 3, 3}, "input_blocks.1.0.in_layers.2.weight": {32, 32, 3, 3}, "input_blocks.1.1.proj_in.weight": {32, 32, 1, 1},
		"input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": {32, 48}}
	clipTensors = map[string][]int{"text_model.embeddings.token_embedding.weight": {100, 48}, "text_model.final_layer_norm.weight": {48}}
	vaeTensors  = map[string][]int{"decoder.conv_in.weight": {32, 4, 3, 3}, "decoder.up.0.block.0.conv1.weight": {32, 32, 3, 3}, "encoder.conv_in.weight": {32, 3, 3, 3}}
)

// A checkpoint that came in pieces finds them in the folders of its program, and that program's LoRAs.
func TestPiecesOfAProgram(t *testing.T) {
	root := t.TempDir()
	alone := filepath.Join(root, "models", "diffusion_models", "alone.safetensors")
	safetensorstest.File(t, alone, unetTensors)
	safetensorstest.File(t, filepath.Join(root, "models", "loras", "l.safetensors"), map[string][]int{"lora_unet_a.lora_up.weight": {4, 1}})
	if _, err := ReadFile(alone); fault.Of(err) != fault.Lacking {
		t.Errorf("without its parts: %v", err)
	}
	safetensorstest.File(t, filepath.Join(root, "models", "text_encoders", "clip_l.safetensors"), clipTensors)
	safetensorstest.File(t, filepath.Join(root, "models", "vae", "vae.safetensors"), vaeTensors)
	f, err := ReadFile(alone)
	if err != nil || len(f.Text) != 1 || f.Text[0].Tokenizer != BundledTokenizer+"clip" || f.Decoder.Weights == nil || f.Kind() != "Stable Diffusion 1" {
		t.Errorf("%v: %+v", err, f.Kind())
	}
	if path, err := f.LoRA("l"); err != nil || path != filepath.Join(root, "models", "loras", "l.safetensors") {
		t.Errorf("the LoRA of the same program is not found: %v", err)
	}
	if _, err := f.With(filepath.Join(root, "models", "loras", "l.safetensors")); err == nil {
		t.Error("a LoRA stands in for a VAE")
	}
}

// Invoke keeps every file in a folder of its own, whatever its kind; a split checkpoint finds its parts in the others.
func TestPiecesOfInvoke(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "invokeai.yaml"), []byte("schema_version: 4.0.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(key, name string) string { return filepath.Join(root, "models", key, name+".safetensors") }
	safetensorstest.File(t, in("0a", "alone"), unetTensors)
	safetensorstest.File(t, in("1b", "text"), clipTensors)
	safetensorstest.File(t, in("2c", "vae"), vaeTensors)
	safetensorstest.File(t, in("3d", "l"), map[string][]int{"lora_unet_a.lora_up.weight": {4, 1}})
	f, err := ReadFile(in("0a", "alone"))
	if err != nil || len(f.Text) != 1 || f.Decoder.Weights == nil {
		t.Fatal(err)
	}
	if path, err := f.LoRA("3d/l"); err != nil || path != in("3d", "l") {
		t.Error(path, err)
	}
	if path, err := f.LoRA("l"); err != nil || path != in("3d", "l") {
		t.Error(path, err)
	}
}
