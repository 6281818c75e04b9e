// Package family holds what each family of diffusion models does in a way of its own: how its text states are made, what
// its denoiser is told beside x_t, how x_t lies in memory, where its runs begin. The engine's loop is the same for all.
//
// A new family is a type in a file of its own, which embeds standard and changes what differs, and a line in Of.
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

// Family is what the engine asks of a family.
type Family interface {
	Traits() Traits
	// Encode makes one picture's text states as the denoiser takes them.
	Encode(ctx context.Context, e *text.Encoders, o text.Options, r text.Row, picture int) (text.States, error)
	// Condition adds what the denoiser is told in numbers: sizes, scores, guidance, classes, positions.
	Condition(c Condition, s Settings, negative bool) error
	// Plan settles what the sampler is told, and where a run from a picture begins.
	Plan(p *Plan)
	// Extra is what the denoiser sees as channels beside x_t, [batch, channel, height, width]; no data: nothing.
	Extra(ctx context.Context, s Source) (tensor.Tensor, error)
}

// Traits are what can be said of a family in values.
type Traits struct {
	Name   string // in words: "Stable Diffusion XL"
	Layout Layout
	// Encoders are the folders of the text encoders that it cannot do without.
	Encoders []string
	// TimestepDivisor brings the schedule's timestep to the network's: 1, or 1000.
	TimestepDivisor float32

	Steps    int     // usual ones
	Guidance float32 // usual scale
	// FewStepGuidance is the usual scale with a scheduler of few steps (LCM, TCD).
	FewStepGuidance float32

	FinalNorm     bool // takes text states with the final norm behind them
	ClipSkip      bool // text states of earlier layers mean something to it
	Unbounded     bool // x_0 has no bounds: its pipelines switch clip_sample off
	Flow          bool // rectified flow
	Refiner       bool
	Sizes         bool // is told the original size and the crop
	RoundsSize    bool // its pipelines round a size down instead of refusing it
	OneDraw       bool // its pipelines encode a picture once, whatever the number of generators
	SeparateCalls bool // its pipelines ask for each row in a call of its own, and note the timestep each time

	Guided            bool // guidance means something
	DistilledGuidance bool // guidance goes in as a number
	TrueGuided        bool // real guidance can be had beside that

	SeesMask    bool // mask and masked picture: nothing has to be kept by blending
	SeesDepth   bool
	SeesPicture bool // runs begin from noise, and guidance acts on the picture too (InstructPix2Pix)
}

// Needs says whether there is no run without a picture.
func (t Traits) Needs() bool { return t.SeesMask || t.SeesDepth || t.SeesPicture }

// Plan is what Family.Plan settles.
type Plan struct {
	Options   sample.Options // in and out
	Scheduler schedule.Config
	// Height and Width are x_t's, in latent pixels.
	Height, Width int
	// Picture says that the run begins from a picture, noised by Strength, 0 to 1.
	Picture  bool
	Strength float32
	// Skip is how many of Options.Steps strength leaves out: out.
	Skip int
}

// Source gives Family.Extra what a run was given, at the size of x_t.
type Source interface {
	// PictureMean is the mean of the picture's posterior, not scaled, for the whole batch.
	PictureMean(ctx context.Context) (tensor.Tensor, error)
	// Mask is 1 where the picture is repainted, [batch, 1, height, width].
	Mask() (tensor.Tensor, error)
	// MaskedLatents are the scaled latents of the picture with grey under the mask.
	MaskedLatents(ctx context.Context) (tensor.Tensor, error)
	// Depth is the depth map in -1 to 1, [batch, 1, height, width].
	Depth() (tensor.Tensor, error)
}

// Of tells a denoiser's family by what its graph declares; class names say nothing.
func Of(n *Network, c Config, v *vae.VAE, control bool) (Family, error) {
	base := standard{network: n, config: c}
	var f Family
	pooled := n.Has["pooled_projections"]
	switch {
	case len(n.X.Shape) == 3 && pooled:
		return flux{base}, nil
	case pooled:
		f = sd3{base}
	case n.Has["text_embeds"] && n.Has["time_ids"]:
		f = sdxl{base}
	case len(n.X.Shape) != 4:
		return nil, unsupported("%s takes %s of %d axes, not [batch, channel, height, width]: it makes no single pictures", n.Name, n.X.Name, len(n.X.Shape))
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

// unsupported is what a network asks for that this program cannot do.
func unsupported(format string, args ...any) error {
	return fault.Unknown.Mark(errUnsupported{fmt.Sprintf(format, args...)})
}

type errUnsupported struct{ reason string }

func (e errUnsupported) Error() string {
	return e.reason + ": this kind of model is not supported"
}

// Named says what the folder calls itself in its model_index.json, where its network cannot be run.
func Named(err error, index []byte) error {
	var file indexFile
	if errors.As(err, new(errUnsupported)) && graph.ReadJSON(index, &file) == nil && file.Class != "" {
		return fmt.Errorf("it is a %s: %w", file.Class, err)
	}
	return err
}
