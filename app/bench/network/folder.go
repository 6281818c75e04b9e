// Package network writes models with pseudo-random weights and the published models' names and shapes, so that the
// benchmark needs no download: as checkpoints, and as folders in the form of optimum's exports. Start with Folder and
// Pair.
package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"nirvana/engine/onnx/graphfile"
)

// UNet is a denoiser: the model whose U-Net it is, and the side of its latents.
type UNet struct {
	Model string // of published.Tensors
	Side  int
}

// Mini takes milliseconds per step and to write.
var Mini = UNet{Model: "mini", Side: 32}

// StableDiffusion is Stable Diffusion 1.5's: 860 M weights, 3.4 GB.
var StableDiffusion = UNet{Model: "sd15", Side: 64}

// tokens is the length of a prompt.
const tokens = 77

// Folder writes a model folder with the U-Net, a text encoder of one table and a VAE of two convolutions, so that
// mainly the U-Net is timed. An existing folder is used unchanged.
func Folder(dir string, u UNet) error {
	if _, err := os.Stat(filepath.Join(dir, "model_index.json")); err == nil {
		return nil
	}
	context, err := u.denoiser(dir)
	if err != nil {
		return fmt.Errorf("writing the benchmark's network into %s: %w", dir, err)
	}
	err = errors.Join(
		put(dir, "text_encoder", table(context)), put(dir, "vae_decoder", decoder()), put(dir, "vae_encoder", encoder()),
		tokenizer(dir, "tokenizer", tokens),
		write(dir, "scheduler/scheduler_config.json", scheduler),
		write(dir, "vae_decoder/config.json", vae), write(dir, "vae_encoder/config.json", vae),
		write(dir, "model_index.json", map[string]any{"_class_name": "StableDiffusionPipeline"}))
	if err != nil {
		return fmt.Errorf("writing the benchmark's model into %s: %w", dir, err)
	}
	return nil
}

const start, end = "<|startoftext|>", "<|endoftext|>"

var (
	vae       = map[string]any{"_class_name": "AutoencoderKL", "latent_channels": 4, "scaling_factor": 0.18215, "sample_size": 512, "block_out_channels": []int{8, 8, 8, 8}}
	scheduler = map[string]any{"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
		"num_train_timesteps": 1000, "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading", "prediction_type": "epsilon"}
)

// denoiser writes the U-Net from a temporary checkpoint; context is the width of its text states.
func (u UNet) denoiser(dir string) (context int64, err error) {
	file := filepath.Join(dir, u.Model+".safetensors")
	defer os.Remove(file)
	if err := Checkpoint(file, u.Model, "model.diffusion_model."); err != nil {
		return 0, err
	}
	m, err := assembled(file)
	if err != nil {
		return 0, err
	}
	var c struct {
		Context int64 `json:"cross_attention_dim"`
	}
	n := m.Denoiser
	if n.Config, err = sized(n.Config, u.Side); err == nil {
		err = json.Unmarshal(n.Config, &c)
	}
	if err != nil {
		return 0, err
	}
	return c.Context, export(n, dir)
}

// tokenizer writes a CLIP tokenizer without merges.
func tokenizer(dir, name string, length int) error {
	return errors.Join(write(dir, name+"/vocab.json", vocabulary()), write(dir, name+"/merges.txt", "#version: 0.2\n"),
		write(dir, name+"/tokenizer_config.json", map[string]any{"bos_token": start, "eos_token": end, "pad_token": end, "unk_token": end, "model_max_length": length, "tokenizer_class": "CLIPTokenizer"}))
}

// table is a text encoder that looks up each token.
func table(width int64) *graphfile.Model {
	b := newBuilder()
	out := b.op("Gather", nil, b.weight(1, int64(len(vocabulary())), width), "input_ids")
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("input_ids", graphfile.Int64, -1, -1)}
	return b.named(out, "last_hidden_state", -1, -1, int(width))
}

func decoder() *graphfile.Model {
	b := newBuilder()
	x := b.op("Relu", nil, b.conv("latent_sample", 4, 16, 3, 1))
	x = b.conv(b.enlarge(x, 8), 16, 3, 3, 0.3)
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("latent_sample", graphfile.Float32, -1, 4, -1, -1)}
	return b.named(x, "sample", -1, 3, -1, -1)
}

func encoder() *graphfile.Model {
	b := newBuilder()
	x := b.op("AveragePool", func(n *graphfile.Node) { n.SetInts("kernel_shape", 8, 8).SetInts("strides", 8, 8) }, "sample")
	x = b.conv(x, 3, 4, 3, 3)
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("sample", graphfile.Float32, -1, 3, -1, -1)}
	return b.named(x, "latent_sample", -1, 4, -1, -1)
}

// vocabulary is CLIP's without merges: every byte, every byte at a word's end, start and end.
func vocabulary() map[string]int {
	v := map[string]int{}
	add := func(s string) { v[s] = len(v) }
	var chars []string
	extra := 256
	for i := range 256 {
		r := rune(i)
		if !(i >= '!' && i <= '~' || i >= 0xa1 && i <= 0xac || i >= 0xae) {
			r = rune(extra)
			extra++
		}
		chars = append(chars, string(r))
	}
	for _, suffix := range []string{"", "</w>"} {
		for _, c := range chars {
			add(c + suffix)
		}
	}
	add(start)
	add(end)
	return v
}

func put(dir, part string, m *graphfile.Model) error {
	data, err := m.Bytes()
	if err != nil {
		return err
	}
	return write(dir, part+"/model.onnx", data)
}

// write writes a file from bytes, text or a value for JSON.
func write(dir, name string, content any) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	data, ok := content.([]byte)
	if s, text := content.(string); text {
		data = []byte(s)
	} else if !ok {
		var err error
		if data, err = json.MarshalIndent(content, "", "  "); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
