package vae

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
)

// Config is the VAE's config.json, with Stable Diffusion 1's values for absent keys.
type Config struct {
	Scale                      int  // px per latent pixel, along one axis
	Channels                   int  // of x_t
	Width, Height              int  // trained size, px, and the size of tiles
	Multiple                   int  // sides of pictures must be divisible by this, px
	Patched                    bool // a pixel of the latents is one token of the denoiser, which has no patches of its own
	ScalingFactor, ShiftFactor float32
	Mean, Std                  []float32 // latents_mean, latents_std; nil
}

type file struct {
	Blocks         []int           `json:"block_out_channels"`
	EncoderBlocks  []int           `json:"encoder_block_out_channels"`
	LatentChannels int             `json:"latent_channels"`
	ZDim           int             `json:"z_dim"`    // AutoencoderKLQwenImage's latent_channels
	Multipliers    []int           `json:"dim_mult"` // and its blocks
	SampleSize     int             `json:"sample_size"`
	Scaling        *float64        `json:"scaling_factor"`
	Shift          *float64        `json:"shift_factor"`
	Patch          json.RawMessage `json:"patch_size"` // AutoencoderKLFlux2: [height, width]
	Mean           []float32       `json:"latents_mean"`
	Std            []float32       `json:"latents_std"`
}

// New reads the configuration of a model's VAE. Without a decoder there is no autoencoder: Scale is 1, and the
// denoiser's configuration gives Channels.
func New(model string, encoder, decoder graph.Part) (*VAE, error) {
	v := &VAE{Model: model, Encoder: encoder, Decoder: decoder, Config: Config{Scale: 1, ScalingFactor: 1}}
	c, err := ReadConfig(decoder.Config)
	if err != nil {
		return nil, fault.Incomplete.Errorf("vae_decoder/config.json of %s is not readable JSON (%v): fetch the file again", model, err)
	}
	if !v.Pixel() {
		v.Config = c
	}
	return v, nil
}

// ReadConfig reads an autoencoder's config.json.
func ReadConfig(config []byte) (Config, error) {
	var f file
	if err := graph.ReadJSON(config, &f); err != nil {
		return Config{}, err
	}
	return f.config(), nil
}

func (f file) config() Config {
	c := Config{Scale: 8, Channels: 4, ScalingFactor: 0.18215, Width: f.SampleSize, Height: f.SampleSize}
	blocks := f.Blocks
	if len(blocks) == 0 {
		blocks = f.EncoderBlocks
	}
	if n := len(blocks); n > 0 {
		c.Scale = 1 << (n - 1)
	}
	if f.LatentChannels > 0 {
		c.Channels = f.LatentChannels
	}
	if n := len(f.Multipliers); f.ZDim > 0 && n > 0 {
		c.Channels, c.Scale, c.ScalingFactor = f.ZDim, 1<<(n-1), 1
		c.Width, c.Height = 128*c.Scale, 128*c.Scale // default_sample_size of its pipelines
	}
	var patch []int // its halves have patches of latent pixels as channels, standardised
	if json.Unmarshal(f.Patch, &patch) == nil && len(patch) == 2 && patch[0] > 0 && patch[0] == patch[1] {
		c.Scale, c.Channels, c.ScalingFactor, c.Patched = patch[0]*c.Scale, patch[0]*patch[0]*c.Channels, 1, true
	}
	if f.Scaling != nil {
		c.ScalingFactor = float32(*f.Scaling)
	}
	if f.Shift != nil {
		c.ShiftFactor = float32(*f.Shift)
	}
	if len(f.Mean) == c.Channels && len(f.Std) == c.Channels {
		c.Mean, c.Std = f.Mean, f.Std
	}
	return c
}

// Check refuses before the first step what would fail after the last one. denoiser is the network's name.
func (v *VAE) Check(denoiser string) error {
	if v.Pixel() {
		if v.Channels != 1 && v.Channels != 3 { // neither grey nor RGB
			return fault.Incomplete.Errorf("%s has no vae_decoder: %s works on %d channels, which are latents and no pixels; the folder is incomplete, fetch it again", v.Model, denoiser, v.Channels)
		}
		return nil
	}
	inputs, _ := v.Decoder.Graph.Ports()
	for _, in := range inputs {
		if len(in.Shape) == 4 && in.Shape[1] > 0 && in.Shape[1] != v.Channels {
			return fault.Incomplete.Errorf("%s: vae_decoder takes %d channels, the latents have %d: its parts are of different models, fetch the folder again", v.Model, in.Shape[1], v.Channels)
		}
	}
	return nil
}
