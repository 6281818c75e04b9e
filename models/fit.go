package models

import (
	"encoding/json"

	"nirvana/models/checkpoint"
)

// Latents are the properties of the model's latents; zero where its files do not say.
func (f Folder) Latents() checkpoint.Latents {
	if f.Checkpoint != nil {
		return f.Checkpoint.Latents()
	}
	var vae struct {
		Class  string `json:"_class_name"`
		Latent int64  `json:"latent_channels"`
		ZDim   int64  `json:"z_dim"`
	}
	json.Unmarshal(f.Decoder.Config, &vae)
	return checkpoint.Latents{Channels: max(vae.Latent, vae.ZDim), Videos: vae.Class == "AutoencoderKLQwenImage"}
}

// Context is the width of the text states that ControlNets' files for this model take; 0 where it takes none: its network is no
// U-Net, or a graph that was exported without a ControlNet's inputs.
func (f Folder) Context() int64 {
	if f.Denoiser.Weights == nil && len(f.Control) == 0 {
		return 0
	}
	var unet struct {
		Class string `json:"_class_name"`
		Width any    `json:"cross_attention_dim"`
	}
	json.Unmarshal(f.Denoiser.Config, &unet)
	if unet.Class != "UNet2DConditionModel" {
		return 0
	}
	switch w := unet.Width.(type) {
	case float64:
		return int64(w)
	case []any: // one a level
		for _, one := range w {
			if v, ok := one.(float64); ok {
				return int64(v)
			}
		}
	}
	return 0
}
