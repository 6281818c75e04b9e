package engine

import (
	"context"
	"image"

	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// Request is everything that decides a picture. Zero fields mean the model's own value or the usual default, as
// noted.
type Request struct {
	Shared

	Prompt, Negative string
	// Prompts and Negatives give each picture of a batch its own text.
	Prompts, Negatives []string
	// Texts of the second and third encoder (SDXL, SD 3, FLUX); nil: the first encoder's. The plural gives each
	// picture its own.
	Prompt2, Prompt3, Negative2, Negative3     *string
	Prompts2, Prompts3, Negatives2, Negatives3 []string
	// NoNegative distinguishes an absent negative prompt from an empty one (SDXL zeroes the states of an absent one).
	NoNegative bool
	// Syntax reads AUTOMATIC1111's attention syntax in prompts; without it the text is taken literally.
	Syntax bool

	Width, Height int // px; 0: the initial picture's size, or the model's own
	Count         int // pictures in one batch; 0: 1
	Seed          uint64
	Seeds         []uint64 // a generator for each picture; nil: one for the whole batch, seeded with Seed
	RNG           string   // "torch" (default), "philox", "numpy"
	// Variation blends the noise of VariationSeed into Seed's by spherical interpolation; 0 to 1.
	Variation     float32
	VariationSeed uint64

	Sampler, Schedule string           // AUTOMATIC1111's or diffusers' names; "": the model's own
	Scheduler         *schedule.Config // in place of the model's own scheduler; Sampler and Schedule are applied to it
	Steps             int              // 0: 25
	EtaAncestral      *float32         // scales the noise of ancestral and SDE samplers; nil: 1
	Churn             Churn            // Euler, Heun and DPM2
	// Timesteps or Sigmas, where set, replace the schedule; they fall (diffusers' timesteps and sigmas).
	Timesteps, Sigmas []float32

	Guidance        float32 // classifier-free guidance scale; 0: the model's own, 7.5 with most; 1: off
	NoGuidance      bool    // distinguishes a Guidance of 0 from the model's own
	GuidanceRescale float32 // 0 to 1 (Lin et al., 2023, section 3.4)
	GuidanceFrom    float32 // share of the steps from which guidance acts, 0 to 1
	GuidanceUntil   float32 // share of the steps until which guidance acts; 0: 1
	GuidanceCurve   []float32
	// CFGPlusPlus renoises with the unconditional prediction (Chung et al., 2024): DDIM, Euler and Euler a only.
	// Guidance is then its lambda, 0 to 1; 0: 0.6.
	CFGPlusPlus bool
	// PerpNeg is the weight of the negative prompt where only its part perpendicular to the prompt counts (Armandpour
	// et al., 2023); takes a third call of the network; 0: classifier-free guidance.
	PerpNeg          float32
	ImageGuidance    float32 // InstructPix2Pix; 0: 1.5
	TrueGuidance     float32 // FLUX: scale of classifier-free guidance in addition to the distilled one; up to 1: off
	AestheticScore   float32 // SDXL's refiner; 0: 6
	AestheticNeg     float32 // SDXL's refiner; 0: 2.5
	OriginalSize     [2]int  // SDXL, height and width, px; zero: the picture's
	CropTopLeft      [2]int
	TargetSize       [2]int
	NegativeOriginal [2]int
	ClassLabels      []int // class-conditional models; one for all or one a picture
	MaxSequence      int   // T5's tokens; 0: 256 in SD 3, 512 in FLUX
	WithoutT5        bool

	// Init is the initial picture, in the frame; nil: text to image.
	Init *image.RGBA
	// Mask has Init's size: 255 is repainted, 0 is kept. With Soft, grey latent pixels are repainted from a later
	// step on (differential diffusion); without it the mask is cut at 128.
	Mask *image.Gray
	Soft bool
	// Content is what is under the mask before the first step: "original" (default), "fill", "noise", "nothing".
	Content  string
	Strength float32 // how far Init is noised, 0 to 1; 0: see InitialStrength
	// References are further pictures that the network sees, in their order, up to Facts.References with Init.
	References []*image.RGBA
	// Depth is the depth map of 5-channel U-Nets, Control the pictures of ControlNets.
	Depth   *image.Gray
	Control []Control
	// Regions are parts of the picture with words of their own, up to MaxRegions.
	Regions []Region

	// Latents replace the encoded picture (a refiner's start); Start and End cut the schedule as diffusers'
	// denoising_start and denoising_end do.
	Latents    *Tensor
	Start, End float32

	// Window is the side in px of the windows in which pictures larger than the model's own size are denoised; 0: the
	// model's size where a side is more than twice that, else none. From text alone such a picture is made in stages,
	// the first of the model's own size.
	Window int

	// Early yields what the first call, with the prompt alone, predicts before guidance is computed: one more Step of
	// index 0, with X0. It comes where guidance takes two calls.
	Early bool
	// DeepCache computes the network's inner layers at every DeepCache-th evaluation only and reuses their outputs in
	// between (Ma et al., 2023): faster and less exact. 0 and 1: always.
	DeepCache int `json:"Draft"` // under the name of the first journals

	// Draft runs the model's denoiser that was distilled to few steps (Facts.Draft), as Draft.Of says.
	Draft bool `json:"FewSteps"`

	// CutOut gives pictures the decoder's opacity, transparent where the ground was plain; it fails where the decoder
	// has none (Facts.Opacity). Where a mask keeps the picture it changes nothing.
	CutOut bool

	// KeepLatents skips the decoder: the last Step has no pictures.
	KeepLatents bool
	// Watch, where set, receives intermediate tensors by name: token_ids, initial_latents, first_input, first_output,
	// conditioning and so on. It must not keep or write them.
	Watch func(name string, t Tensor) `json:"-"`
	// Report, where set, receives the progress of parts of a run that take long for large pictures.
	Report func(Phase, float64) `json:"-"`
	// Resume continues from a Step's State, bit-identically where Changes up to there are the same.
	Resume *State
	// Changes change parameters during the run.
	Changes []Change
	// Encoded, where set, is what the request before began from: of an Init that is like it only what differs is encoded.
	Encoded *Encoded `json:"-"`
	// Live, where set, is called before every evaluation for changes from it on, applied after those in Changes. It
	// may wait, which pauses the run; ctx ends when the run is stopped. Its changes are in the next Step's Changes.
	Live func(ctx context.Context, step int) ([]Change, error) `json:"-"`

	// Adapt, where set, is called with a prompt that a change brings, before it is encoded: LoRAs that it names with other
	// weights count from there.
	Adapt func(prompt string) error `json:"-"`

	noise *sources      // of later stages: the first stage's generators
	inits []*image.RGBA // of later stages: one a picture
	later bool          // it is a later stage
}

// InitialStrength is the request's strength, or the default: 0.75 for a picture without a mask, else 1.
func (r Request) InitialStrength() float32 {
	if r.Strength == 0 && r.Init != nil && r.Mask == nil {
		return 0.75
	}
	return or(r.Strength, 1)
}

// Phase is a part of a run, for Report.
type Phase int

const (
	Encoding  Phase = iota // the picture into latents; its share, 0 to 1
	Denoising              // the share of all the run's steps
	Decoding               // the latents into pictures; its share
	Upscaling              // an upscaler enlarges a picture; its share
)

func (r Request) report(p Phase, share float64) {
	if r.Report != nil {
		r.Report(p, share)
	}
}

// reporter reports the progress of one part of a run; nil without Report.
func (r Request) reporter(p Phase) func(share float64) {
	if r.Report == nil {
		return nil
	}
	return func(share float64) { r.Report(p, share) }
}

// Churn is Karras et al.'s noise for Euler, Heun and DPM2; see sample.Churn.
type Churn = sample.Churn

// Control is a picture for one ControlNet.
type Control struct {
	Net      int // index of the model's ControlNet
	Picture  *image.RGBA
	Scale    float32 // weight; 0: 1
	From     float32 // share of the steps from which it acts, 0 to 1
	Until    float32 // share of the steps until which it acts; 0: 1
	GuessRow bool    // guess mode: the conditional row alone, residuals scaled by depth
}

// pictures is the size of the batch.
func (r Request) pictures() int {
	n := max(r.Count, 1, len(r.Seeds))
	for _, texts := range [][]string{r.Prompts, r.Negatives, r.Prompts2, r.Prompts3, r.Negatives2, r.Negatives3} {
		n = max(n, len(texts))
	}
	if len(r.ClassLabels) > 1 {
		n = max(n, len(r.ClassLabels))
	}
	return n
}

// watch passes a tensor to Watch.
func (r Request) watch(name string, t Tensor) {
	if r.Watch != nil {
		r.Watch(name, t)
	}
}

// or is v, or fallback where v is 0.
func or(v, fallback float32) float32 {
	if v == 0 {
		return fallback
	}
	return v
}
