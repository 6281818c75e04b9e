// Package family holds what each family of diffusion models does in its own way: its text states, the denoiser's
// other inputs, the layout of x_t, where runs begin. The engine's loop is the same for all.
//
// A new family is a type in a file of its own, which embeds standard and overrides what differs, and a line in Of.
package family

import (
	"context"
	"errors"
	"fmt"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
	"nirvana/engine/vae"
)

// Family is what differs between families of models.
type Family interface {
	Traits() Traits
	// Encode encodes one picture's text states as the denoiser takes them.
	Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error)
	// Condition adds the denoiser's inputs that are numbers: sizes, scores, guidance, classes, positions.
	Condition(c Condition, s Settings, negative bool) error
	// Plan sets the sampler's options, and where a run from a picture begins.
	Plan(p *Plan)
	// Extra is what the denoiser takes with x_t, in x_t's layout: further channels, or tokens (Traits.Joined); no data:
	// nothing.
	Extra(ctx context.Context, s Source) (tensor.Tensor, error)
}

// Traits are the properties of a family that are plain values.
type Traits struct {
	Name   string // in words: "Stable Diffusion XL"
	Layout Layout
	// Encoders are the folder names of the text encoders that it needs.
	Encoders []string
	// TimestepDivisor converts the schedule's timestep to the network's: 1, or 1000.
	TimestepDivisor float32

	Steps    int     // usual number
	Guidance float32 // usual scale
	// FewSteps is the usual number with the schedulers of networks distilled to few steps.
	FewSteps int
	// FewStepGuidance is the usual scale with the schedulers of networks distilled to few steps.
	FewStepGuidance float32

	FinalNorm     bool // takes text states after the encoder's final norm
	ClipSkip      bool // clip skip applies
	Unbounded     bool // x_0 is unbounded: diffusers' pipelines switch clip_sample off
	Flow          bool // rectified flow
	Refiner       bool
	Sizes         bool // takes the original size and the crop (SDXL)
	RoundsSize    bool // diffusers' pipelines round sizes down and do not refuse them
	OneDraw       bool // diffusers' pipelines encode a picture once, whatever the number of generators
	SeparateCalls bool // diffusers' pipelines call the network for each row separately, and record the timestep each time
	DrawsPicture  bool // diffusers' inpainting draws the picture's posterior also where the run begins from noise alone

	Guided bool // guidance applies
	// KeepsNorm: a guided prediction is scaled to the norm of the prompt's own, row by row of x_t's last axis.
	KeepsNorm bool
	// GuidanceOffset is added to a guidance scale above 1: 1 where the scale counts from the prompt's own prediction.
	GuidanceOffset    float32
	DistilledGuidance bool // guidance is an input of the network
	TrueGuided        bool // classifier-free guidance is possible in addition to the distilled one

	SmoothMask  bool // masks are brought to x_t's size by linear interpolation
	SeesMask    bool // takes mask and masked picture: nothing is kept by blending
	SeesDepth   bool
	SeesPicture bool // runs begin from noise, and the network takes the picture (InstructPix2Pix, FLUX Kontext)
	// ReadsPicture: the text encoder sees the picture too, without which there is no run (Qwen-Image-Edit).
	ReadsPicture bool
	References   References
	// PictureGuided: guidance acts on the picture too, without which there is no run (InstructPix2Pix).
	PictureGuided bool
}

// Needs reports whether every run needs a picture.
func (t Traits) Needs() bool { return t.SeesMask || t.SeesDepth || t.PictureGuided || t.ReadsPicture }

// Plan is set by Family.Plan.
type Plan struct {
	Options   sample.Options // in and out
	Scheduler schedule.Config
	// Height and Width are x_t's, in latent pixels.
	Height, Width int
	// Picture is set where the run begins from a picture, noised by Strength, 0 to 1.
	Picture  bool
	Strength float32
	// Skip is the result: how many of Options.Steps strength leaves out.
	Skip int
}

// Source gives Family.Extra the run's pictures, at the size of x_t.
type Source interface {
	// PictureMean is the mean of the picture's posterior, not scaled, for the whole batch.
	PictureMean(ctx context.Context) (tensor.Tensor, error)
	// Mask is 1 where the picture is repainted, [batch, 1, height, width].
	Mask() (tensor.Tensor, error)
	// PictureLatents are the scaled latents of the picture's mean, in x_t's layout; no data: there is none.
	PictureLatents(ctx context.Context) (tensor.Tensor, error)
	// MaskPixels is Mask at full size: a latent pixel's channels are its pixels' rows, 0 or 1, [batch, scale scale, height, width].
	MaskPixels() (tensor.Tensor, error)
	// MaskedLatents are the scaled latents of the picture with grey under the mask, in x_t's layout.
	MaskedLatents(ctx context.Context) (tensor.Tensor, error)
	Batch() int // pictures
	// References are the reference pictures' scaled latents, [1, channel, height, width] each in a size of its own.
	References() []tensor.Tensor
	// Depth is the depth map in -1 to 1, [batch, 1, height, width].
	Depth() (tensor.Tensor, error)
}

// Of determines a denoiser's family from what its graph declares, not from class names.
func Of(n *Network, c Config, v *vae.VAE, control bool) (Family, error) {
	base := standard{network: n, config: c}
	var f Family
	pooled := n.Has["pooled_projections"]
	switch {
	case len(n.X.Shape) == 3 && pooled:
		return fluxOf(base, v)
	case n.Class() == "QwenImageTransformer2DModel":
		return qwenImageOf(base), nil
	case pooled:
		f = sd3{base}
	case n.Has["text_embeds"] && n.Has["time_ids"]:
		f = sdxl{base}
	case len(n.X.Shape) != 4:
		return nil, unsupported("%s takes %s of %d axes, not [batch, channel, height, width]: it makes no single pictures", n.Name, n.X.Name, len(n.X.Shape))
	case n.X.Name == "hidden_states" && n.Class() == "ZImageTransformer2DModel":
		return zimage{base}, nil
	case n.X.Name == "hidden_states" && n.Class() == "Flux2Transformer2DModel":
		return flux2{base}, nil
	case n.X.Name == "hidden_states":
		return nil, unsupported("%s is a transformer without pooled_projections (AuraFlow, Lumina and relatives)", n.Name)
	case v.Pixel():
		f = pixel{base}
	default:
		f = sd{standard: base, control: control}
	}
	in := n.InChannels
	switch {
	case in == 0 || in == v.Channels:
		return f, nil
	case v.Pixel():
	case in == v.Channels+1:
		return depth{f}, nil
	case in == 2*v.Channels:
		return instruct{f}, nil
	case in == 2*v.Channels+1:
		return inpaint{f}, nil
	}
	return nil, unsupported("%s takes %d channels where x_t has %d, and what the others are is not known (upscalers and relatives)", n.Name, in, v.Channels)
}

// unsupported is the error for networks that this program cannot run.
func unsupported(format string, args ...any) error {
	return fault.Unknown.Mark(errUnsupported{fmt.Sprintf(format, args...)})
}

type errUnsupported struct{ reason string }

func (e errUnsupported) Error() string {
	return e.reason + ": this kind of model is not supported"
}

// Named adds the class name in model_index.json to the error of a network that cannot be run.
func Named(err error, index []byte) error {
	var file indexFile
	if errors.As(err, new(errUnsupported)) && graph.ReadJSON(index, &file) == nil && file.Class != "" {
		return fmt.Errorf("it is a %s: %w", file.Class, err)
	}
	return err
}
