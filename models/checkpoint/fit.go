package checkpoint

import (
	"fmt"

	"nirvana/engine/fault"
)

// Channels is how many channels the latents of a VAE have; 0 for other parts.
func (p Part) Channels() int64 {
	switch p.Kind {
	case VAE:
		return max(p.Dim("decoder.conv_in.weight", 1), p.Dim("encoder.conv_out.weight", 0)/2)
	case TinyVAE:
		return p.Dim("decoder.layers.0.weight", 1)
	}
	return 0
}

// Context is the width of the text states that a U-Net or a ControlNet takes; 0 for other parts. A ControlNet goes with U-Nets
// of its own width.
func (p Part) Context() int64 {
	if p.Kind != UNet && p.Kind != ControlNet {
		return 0
	}
	return p.contextWidth()
}

// Channels is how many channels the model's latents have.
func (m *Model) Channels() int64 {
	if m.Family.flow() {
		return latentsOfTransformers
	}
	return latentsOfUNets
}

// Takes reports whether the VAE in a file has as many latent channels as the denoiser; true for files without one.
func (m *Model) Takes(f *File) bool { return Mismatch(f, m.Channels()) == nil }

// Mismatch is the error of a VAE's file whose latents have another number of channels; nil for files without a VAE, and where
// either is unknown (0).
func Mismatch(f *File, channels int64) error {
	p := f.Part(VAE, TinyVAE)
	if p == nil {
		return nil
	}
	n := p.Channels()
	if n == 0 || channels == 0 || n == channels {
		return nil
	}
	return fault.Settings.Errorf("the VAE %s is for latents of %d channels, and this model's have %d: choose %s", f.Path, n, channels, vaesOf(channels))
}

// vaesOf are the families whose VAEs have latents of so many channels.
func vaesOf(channels int64) string {
	switch channels {
	case latentsOfUNets:
		return "one of Stable Diffusion 1, 2 or XL"
	case latentsOfTransformers:
		return "one of Stable Diffusion 3, FLUX or Z-Image"
	}
	return fmt.Sprintf("one of %d channels", channels)
}
