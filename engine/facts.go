package engine

import (
	"cmp"
	"image"
)

// Facts describes a model: what the window and the command line need to know before the first step.
type Facts struct {
	Name string // as shown to users
	Hash string // SHA-256 of the folder, hex
	Kind string // the family and its variant in words: "Stable Diffusion XL Inpainting", "pixel space, class-conditional"

	Width, Height int  // trained size, px
	Multiple      int  // sides must be divisible by this, px
	Fixed         bool // exported for Width x Height alone
	Pixel         bool
	// LatentChannels is the number of x_t's channels; Scale is px per latent pixel along one axis (1 in pixel space).
	LatentChannels, Scale int

	Text      bool // takes a prompt
	MaxTokens int  // of one chunk, without start and end tokens
	ClipSkip  bool // the text encoder can skip its last layers
	Classes   []string
	// RegionAttention: cross-attention takes biases, so that regions act in it.
	RegionAttention bool
	Guided          bool // classifier-free guidance applies
	Negative        bool // a negative prompt applies

	CanEncode         bool // image to image, inpaint and outpaint are possible
	Inpaint           bool // the U-Net takes mask and masked picture
	Depth             bool
	Instruct          bool // it edits the picture as the prompt says, from noise (InstructPix2Pix, FLUX Kontext)
	References        int  // how many pictures it sees, the one under the frame among them: Request.References; 0: none beside that
	PictureGuided     bool // Request.ImageGuidance applies (InstructPix2Pix)
	Refiner           bool
	ControlNets       int
	ControlNames      []string // folder names
	DistilledGuidance bool     // LCM, FLUX: the network takes the guidance scale as an input
	TrueGuided        bool     // FLUX: classifier-free guidance is possible in addition (true CFG)
	Sizes             bool     // SDXL: the network takes the original size and the crop
	FlowMatching      bool

	Draft    Draft // how its distilled denoiser is run; zero: it has none
	Opacity  bool  // its decoder gives an opacity channel: Request.CutOut
	Verifier bool  // it can score pictures: Model.Score and Model.Search
	// Prediction is what the model's files say that it predicts: one of Predictions, "flow" or "sample".
	Prediction string
	Sampler    string // diffusers class name of its own scheduler
	Steps      int    // usual number of steps
	Guidance   float32
	BestOf     int // usual number of seeds of a search; 1 where there is no verifier
	// Timesteps is T, the number of training timesteps.
	Timesteps int
	// Forward is the forward process over them.
	Forward Forward
}

// OnlySize is the only size that the model runs at, px; zero: any.
func (f Facts) OnlySize() image.Point {
	if !f.Fixed {
		return image.Point{}
	}
	return image.Pt(f.Width, f.Height)
}

// deriveFacts derives the model's Facts from its parts.
func (m *Model) deriveFacts(p Parts) Facts {
	c, t := m.config, m.traits
	f := Facts{Name: p.Name, Hash: p.Hash, Kind: cmp.Or(c.Kind, t.Name), Width: c.Width, Height: c.Height, Multiple: c.Multiple, Fixed: c.Fixed,
		Pixel: m.vae.Pixel(), LatentChannels: m.vae.Channels, Scale: m.vae.Scale, Classes: c.Classes,
		RegionAttention: len(m.net.Biases) > 0, CanEncode: m.vae.CanEncode(), Inpaint: t.SeesMask, Instruct: t.SeesPicture, References: t.References.Most, PictureGuided: t.PictureGuided, Depth: t.SeesDepth, Refiner: t.Refiner,
		Guided: t.Guided, DistilledGuidance: t.DistilledGuidance, TrueGuided: t.TrueGuided, Sizes: t.Sizes, FlowMatching: t.Flow,
		Prediction: predictionOf(m.scheduler), Sampler: m.scheduler.Class, Timesteps: m.scheduler.TrainTimesteps, Text: m.net.NeedsText(), MaxTokens: m.text.MaxTokens(),
		Verifier: m.verifier != nil, Opacity: m.vae.Opacity(), Steps: t.Steps, Guidance: t.Guidance}
	f.Forward, _ = forwardOf(m.scheduler) // a scheduler without a table is told of when a run asks for it
	if len(m.net.Residuals) > 0 {         // other denoisers take no residuals
		for _, c := range p.Control {
			f.ControlNames = append(f.ControlNames, c.Name)
		}
	}
	f.ControlNets = len(f.ControlNames)
	f.ClipSkip = f.Text && t.ClipSkip && m.text.CanSkip()
	f.Negative = f.Text && !f.DistilledGuidance
	if m.scheduler.FewSteps() {
		f.Steps, f.Guidance = t.FewSteps, t.FewStepGuidance
	}
	f.Steps, f.Guidance = cmp.Or(c.Steps, f.Steps), cmp.Or(c.Guidance, f.Guidance)
	if f.BestOf = 1; f.Verifier {
		f.BestOf = min(max(c.BestOf, 1), MaxSearch)
	}
	if p.Draft != nil {
		f.Draft = p.Draft.Draft
	}
	return f
}
