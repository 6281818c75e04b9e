package models

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
)

// weighted is a network with weights and config.json in the model's folder, and no graph: one is built from them.
// diffusers keeps both halves of an autoencoder in one folder, vae.
func weighted(dir, name string) (Part, error) {
	in := child(dir, name)
	if strings.HasPrefix(name, "vae_") {
		in = child(dir, "vae")
	}
	file, err := checkpoint.OpenFolder(in)
	if err != nil || file == nil {
		return Part{}, err
	}
	p := Part{Name: name, Path: in, Weights: file.Parts[0].Half(name)}
	if file.Parts[0].Kind == checkpoint.LoRA {
		return Part{}, fault.NoModel.Errorf("%s holds a LoRA, not a network: fetch the model again, and name the LoRA with --lora", in)
	}
	p.Config, err = networkConfig(in)
	return p, err
}

// networkConfig is the config.json beside a network's weights.
func networkConfig(dir string) ([]byte, error) {
	config, err := readJSON(dir, "config.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Incomplete.Errorf("%s has weights but no config.json: fetch the model again", dir)
	case err != nil:
		return nil, fault.Incomplete.Errorf("%s/config.json cannot be read: fetch it again: %w", dir, err)
	}
	return config, nil
}

// showsPictures reports whether the pipeline shows its text encoder pictures.
func (f *Folder) showsPictures() bool {
	return strings.Contains(readIndex(f.Index).class, "QwenImageEdit") && len(f.Text) > 0 && f.Text[0].Weights != nil
}

// pictured tells the text encoder of a pipeline that shows it pictures how many, as _pictures in its config.json. It fails where
// the encoder has no image encoder.
func (f *Folder) pictured() error {
	if !f.showsPictures() {
		return nil
	}
	class, t := readIndex(f.Index).class, &f.Text[0]
	if !t.Weights.HasUnder("visual.") {
		return fault.Incomplete.Errorf("%s edits pictures, and its text encoder has no image encoder to see them with: name a file of Qwen2.5-VL that has one (its tensors' names begin with visual.), or llama.cpp's file of it alone (mmproj), with --text-encoder", f.Name)
	}
	var c map[string]any
	if json.Unmarshal(t.Config, &c) == nil {
		if c["_pictures"] = 1; strings.Contains(class, "Plus") {
			c["_pictures"] = 3
		}
		t.Config, _ = json.Marshal(c)
	}
	return nil
}

// pooled adds the length of time_ids to an XL U-Net's config.json, which diffusers leaves out.
func (f *Folder) pooled() {
	if len(f.Text) > 0 {
		f.Denoiser.Config = checkpoint.Pooled(f.Denoiser.Config, f.Denoiser.Weights, f.Text[len(f.Text)-1].Weights)
	}
}
