package checkpoint

import (
	"fmt"

	"nirvana/engine/fault"
)

// Channels is how many channels the latents of a VAE have; 0 for other parts.
func (p Part) Channels() int64 {
	switch p.Kind {
	case VAE, QwenVAE:
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

// The text encoders of models, by name.
const (
	EncoderCLIP     = "CLIP"     // CLIP ViT-L
	EncoderOpenCLIP = "OpenCLIP" // H and bigG
	EncoderT5       = "T5"
	EncoderQwen     = "Qwen3"
	EncoderQwenVL   = "Qwen2.5-VL"
	EncoderVision   = "mmproj" // Qwen2.5-VL's image encoder, in a file of its own
)

// Encoder is which of a model's text encoders a part can be; "" for other parts.
func (p Part) Encoder() string {
	switch {
	case p.Kind == T5:
		return EncoderT5
	case p.Kind == Qwen:
		return EncoderQwen
	case p.Kind == QwenVL:
		return EncoderQwenVL
	case p.Kind == QwenVision:
		return EncoderVision
	case p.Kind != CLIP && p.Kind != OpenCLIP:
		return ""
	case isLarge(p):
		return EncoderOpenCLIP
	}
	return EncoderCLIP
}

// Encoders are the text encoders that a family's models have.
func (f Family) Encoders() []string {
	switch f {
	case StableDiffusion1:
		return []string{EncoderCLIP}
	case StableDiffusion2, Refiner:
		return []string{EncoderOpenCLIP}
	case StableDiffusionXL:
		return []string{EncoderCLIP, EncoderOpenCLIP}
	case StableDiffusion3:
		return []string{EncoderCLIP, EncoderOpenCLIP, EncoderT5}
	case FLUX:
		return []string{EncoderCLIP, EncoderT5}
	case FamilyZImage, FamilyFlux2:
		return []string{EncoderQwen}
	case FamilyQwenImage:
		return []string{EncoderQwenVL, EncoderVision}
	}
	return nil
}

// Scale is how many times an upscaler enlarges; 0 for other parts, and where it is not known.
func (p Part) Scale() int {
	if p.Kind != Upscaler {
		return 0
	}
	const channels = 3
	folded := map[int64]int{channels: 1, 4 * channels: 2, 16 * channels: 4}[p.Dim("conv_first.weight", 1)]
	if folded == 0 {
		return 0
	}
	scale := 1
	for _, up := range []string{"conv_up1.weight", "conv_up2.weight", "conv_up3.weight"} {
		if p.Has(up) {
			scale *= 2
		}
	}
	return scale / folded
}

// Channels is how many channels the model's latents have.
func (m *Model) Channels() int64 {
	if m.Family == FamilyFlux2 {
		return m.Denoiser.Dim("x_embedder.weight", 1) / 4 // of a patch
	}
	if m.Family.flow() {
		return latentsOfTransformers
	}
	return latentsOfUNets
}

// Latents are the properties of latents that a VAE and a denoiser must share.
type Latents struct {
	Channels int64 // 0: not known
	Videos   bool  // of an autoencoder of videos, Qwen-Image's
}

// Latents are those of a VAE.
func (p Part) Latents() Latents { return Latents{p.Channels(), p.Kind == QwenVAE} }

// Latents are the model's.
func (m *Model) Latents() Latents { return Latents{m.Channels(), m.Family == FamilyQwenImage} }

// Fits reports whether latents are those of another model or VAE, as far as both are known.
func (l Latents) Fits(o Latents) bool {
	return l.Channels == 0 || o.Channels == 0 || l == o
}

// vaes are the kinds of autoencoders that the model's latents may be of.
func (m *Model) vaes() []string {
	if m.Latents().Videos {
		return []string{QwenVAE}
	}
	return []string{VAE, TinyVAE}
}

// Takes reports whether the VAE in a file is for latents like the denoiser's; true for files without one.
func (m *Model) Takes(f *File) bool { return Mismatch(f, m.Latents()) == nil }

// Mismatch is the error of a VAE's file that is for other latents; nil for files without a VAE, and where either is unknown.
func Mismatch(f *File, of Latents) error {
	p := f.Part(VAEs...)
	switch {
	case p == nil || p.Latents().Fits(of):
		return nil
	case p.Channels() == of.Channels:
		return fault.Settings.Errorf("the VAE %s is for latents of another kind than this model's: choose %s", f.Path, vaesOf(of))
	}
	return fault.Settings.Errorf("the VAE %s is for latents of %d channels, and this model's have %d: choose %s", f.Path, p.Channels(), of.Channels, vaesOf(of))
}

// vaesOf are the families whose VAEs have latents of so many channels.
func vaesOf(l Latents) string {
	switch {
	case l.Videos:
		return "Qwen-Image's own"
	case l.Channels == latentsOfUNets:
		return "one of Stable Diffusion 1, 2 or XL"
	case l.Channels == latentsOfTransformers:
		return "one of Stable Diffusion 3, FLUX or Z-Image"
	case l.Channels == latentsOfFlux2:
		return "one of FLUX.2"
	}
	return fmt.Sprintf("one of %d channels", l.Channels)
}
