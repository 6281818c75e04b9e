package engine

import (
	"cmp"
	"image"
)

// Facts is what a model tells of itself: what the window and the command line
// need to know before the first step.
type Facts struct {
	Name string // as shown
	Hash string // SHA-256 of the folder
	Kind string // in words: "Stable Diffusion XL", "pixel space, class-conditional"

	Width, Height int  // the size it was trained at, px
	Multiple      int  // sizes must divide by this, px
	Fixed         bool // it was exported for Width x Height alone
	Pixel         bool
	// LatentChannels are the channels of x_t; Scale is pixels a latent pixel (1 in pixel space).
	LatentChannels, Scale int

	Text      bool // takes a prompt
	MaxTokens int  // of one chunk, without start and end
	ClipSkip  bool // its text encoder can end some layers early
	Classes   []string
	Guided    bool // classifier-free guidance means something
	Negative  bool // a negative prompt means something

	CanEncode         bool // image to image, inpaint, outpaint
	Inpaint           bool // its U-Net takes mask and masked picture
	Depth             bool
	Instruct          bool // InstructPix2Pix
	Refiner           bool
	ControlNets       int
	ControlNames      []string // their folders
	DistilledGuidance bool     // LCM, FLUX: guidance goes in as a number
	TrueGuided        bool     // FLUX: real guidance can be had beside that
	Sizes             bool     // SDXL: it is told the original size and the crop
	FlowMatching      bool

	Draft    Draft  // how its distilled denoiser is run; zero: it has none
	Opacity  bool   // its decoder tells what is ground: Request.CutOut
	Verifier bool   // it can score pictures: Model.Search
	Sampler  string // diffusers class of its own scheduler
	Steps    int    // a sensible default
	Guidance float32
	// Timesteps is T, the length of the noise schedule.
	Timesteps int
}

// OnlySize is the one size that the model takes, px; zero: any.
func (f Facts) OnlySize() image.Point {
	if !f.Fixed {
		return image.Point{}
	}
	return image.Pt(f.Width, f.Height)
}

// deriveFacts sums up the model for the window and the command line.
func (m *Model) deriveFacts(p Parts) Facts {
	c, t := m.config, m.traits
	f := Facts{Name: p.Name, Hash: p.Hash, Kind: t.Name, Width: c.Width, Height: c.Height, Multiple: c.Multiple, Fixed: c.Fixed,
		Pixel: m.vae.Pixel(), LatentChannels: m.vae.Channels, Scale: m.vae.Scale, Classes: c.Classes,
		CanEncode: m.vae.CanEncode(), Inpaint: t.SeesMask, Instruct: t.SeesPicture, Depth: t.SeesDepth, Refiner: t.Refiner,
		Guided: t.Guided, DistilledGuidance: t.DistilledGuidance, TrueGuided: t.TrueGuided, Sizes: t.Sizes, FlowMatching: t.Flow,
		Sampler: m.scheduler.Class, Timesteps: m.scheduler.TrainTimesteps, Text: m.net.NeedsText(), MaxTokens: m.text.MaxTokens(),
		Verifier: m.verifier != nil, Opacity: m.vae.Opacity(), Steps: t.Steps, Guidance: t.Guidance}
	if len(m.net.Residuals) > 0 { // others cannot be steered
		for _, c := range p.Control {
			f.ControlNames = append(f.ControlNames, c.Name)
		}
	}
	f.ControlNets = len(f.ControlNames)
	f.ClipSkip = f.Text && t.ClipSkip && m.text.CanSkip()
	f.Negative = f.Text && !f.DistilledGuidance
	if s := m.scheduler.Class; s == "LCMScheduler" || s == "TCDScheduler" {
		f.Steps, f.Guidance = 4, t.FewStepGuidance
	}
	f.Steps, f.Guidance = cmp.Or(c.Steps, f.Steps), cmp.Or(c.Guidance, f.Guidance)
	if p.Draft != nil {
		f.Draft = p.Draft.Draft
	}
	return f
}
