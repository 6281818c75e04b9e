package network

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"nirvana/engine/onnx/graphfile"
)

// Folder writes a model folder around the U-Net, with a text encoder that is one table and a VAE of two convolutions,
// so that mainly the U-Net is timed. outside puts the U-Net's weights into a file of their own, as they must be over
// 2 GB. An existing folder is used as it is.
func Folder(dir string, u UNet, outside bool) error {
	if _, err := os.Stat(filepath.Join(dir, "model_index.json")); err == nil {
		return nil
	}
	if err := u.denoiser(dir, outside); err != nil {
		return fmt.Errorf("writing the benchmark's network into %s: %w", dir, err)
	}
	err := errors.Join(
		put(dir, "text_encoder", u.table()), put(dir, "vae_decoder", decoder()), put(dir, "vae_encoder", encoder()),
		write(dir, "tokenizer/vocab.json", vocabulary()),
		write(dir, "tokenizer/merges.txt", "#version: 0.2\n"),
		write(dir, "tokenizer/tokenizer_config.json", map[string]any{"bos_token": start, "eos_token": end, "pad_token": end, "unk_token": end, "model_max_length": u.Tokens, "tokenizer_class": "CLIPTokenizer"}),
		write(dir, "scheduler/scheduler_config.json", map[string]any{"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
			"num_train_timesteps": 1000, "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading", "prediction_type": "epsilon"}),
		write(dir, "unet/config.json", map[string]any{"_class_name": "UNet2DConditionModel", "sample_size": u.Side, "in_channels": 4, "out_channels": 4, "cross_attention_dim": u.Context, "block_out_channels": u.Widths}),
		write(dir, "vae_decoder/config.json", vae), write(dir, "vae_encoder/config.json", vae),
		write(dir, "model_index.json", map[string]any{"_class_name": "StableDiffusionPipeline"}))
	if err != nil {
		return fmt.Errorf("writing the benchmark's model into %s: %w", dir, err)
	}
	return nil
}

const start, end = "<|startoftext|>", "<|endoftext|>"

var vae = map[string]any{"_class_name": "AutoencoderKL", "latent_channels": 4, "scaling_factor": 0.18215, "sample_size": 512, "block_out_channels": []int{8, 8, 8, 8}}

func (u UNet) denoiser(dir string, outside bool) error {
	if err := os.MkdirAll(filepath.Join(dir, "unet"), 0o755); err != nil {
		return err
	}
	if !outside {
		b := newBuilder(nil)
		u.build(b)
		return put(dir, "unet", b.m)
	}
	file, err := os.Create(filepath.Join(dir, "unet", "model.onnx_data"))
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<20)
	w := &weights{to: buffer, name: "model.onnx_data"}
	b := newBuilder(w)
	u.build(b)
	if err := errors.Join(w.err, buffer.Flush(), file.Close()); err != nil {
		return err
	}
	return put(dir, "unet", b.m)
}

// table is a text encoder that looks every token up.
func (u UNet) table() *graphfile.Model {
	b := newBuilder(nil)
	out := b.op("Gather", nil, b.weight(1, int64(len(vocabulary())), u.Context), "input_ids")
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("input_ids", graphfile.Int64, -1, -1)}
	return b.named(out, "last_hidden_state", -1, -1, int(u.Context))
}

func decoder() *graphfile.Model {
	b := newBuilder(nil)
	x := b.op("Relu", nil, b.conv("latent_sample", 4, 16, 3, 1, 1))
	x = b.conv(b.double(x, 8), 16, 3, 3, 1, 0.3)
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("latent_sample", graphfile.Float32, -1, 4, -1, -1)}
	return b.named(x, "sample", -1, 3, -1, -1)
}

func encoder() *graphfile.Model {
	b := newBuilder(nil)
	x := b.op("AveragePool", func(n *graphfile.Node) { n.SetInts("kernel_shape", 8, 8).SetInts("strides", 8, 8) }, "sample")
	x = b.conv(x, 3, 4, 3, 1, 3)
	b.m.Inputs = []graphfile.Value{graphfile.NewValue("sample", graphfile.Float32, -1, 3, -1, -1)}
	return b.named(x, "latent_sample", -1, 4, -1, -1)
}

// named names the network's only output.
func (b *builder) named(x, name string, dims ...int) *graphfile.Model {
	b.m.Nodes = append(b.m.Nodes, &graphfile.Node{Name: name, Op: "Identity", Inputs: []string{x}, Outputs: []string{name}})
	b.m.Outputs = []graphfile.Value{graphfile.NewValue(name, graphfile.Float32, dims...)}
	return b.m
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

// write makes a file of bytes, text or JSON.
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
