package models

import (
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

// pooled adds the length of time_ids to an XL U-Net's config.json, which diffusers leaves out.
func (f *Folder) pooled() {
	if len(f.Text) > 0 {
		f.Denoiser.Config = checkpoint.Pooled(f.Denoiser.Config, f.Denoiser.Weights, f.Text[len(f.Text)-1].Weights)
	}
}
