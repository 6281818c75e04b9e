package engine

import (
	"context"
	"image"

	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// Request is everything that decides a picture. The zero value of a field
// means the model's own or the field's usual default, as noted.
type Request struct {
	Prompt, Negative string
	// Prompts and Negatives give each picture of a batch a text of its own.
	Prompts, Negatives []string
	// Further encoders' texts (SDXL, SD 3, FLUX); nil: as for the first. The plural gives each picture its own.
	Prompt2, Prompt3, Negative2, Negative3     *string
	Prompts2, Prompts3, Negatives2, Negatives3 []string
	// NoNegative tells an absent negative prompt from an empty one (SDXL zeroes the absent one).
	NoNegative bool
	// Syntax reads A1111's attention syntax in prompts; without it the text is taken as it is.
	Syntax   bool
	ClipSkip int // 0: none; n: hidden states n layers before the last

	Width, Height int // px; 0: the model's own size, or the picture's
	Count         int // pictures in one batch; 0: 1
	Seed          uint64
	Seeds         []uint64 // a generator for each picture; nil: one, Seed, for the whole batch
	RNG           string   // "torch" (default), "philox", "numpy"
	// Variation blends the noise of VariationSeed into Seed's by spherical interpolation, 0 to 1.
	Variation     float32
	VariationSeed uint64

	Sampler, Schedule string           // names as AUTOMATIC1111 or diffusers users know them; "": the model's own
	Scheduler         *schedule.Config // a scheduler instead of the model's own; Sampler and Schedule act on it
	Steps             int              // 0: 25
	Eta               float32          // DDIM and TCD
	EtaAncestral      *float32         // the noise of ancestral and SDE samplers; nil: 1, all of it
	Churn             Churn            // Euler, Heun and DPM2
	// Timesteps or Sigmas, where set, are the run's own, falling (diffusers' timesteps and sigmas).
	Timesteps, Sigmas []float32

	Guidance        float32 // classifier-free guidance scale; 0: the model's own, 7.5 with most; 1: off
	NoGuidance      bool    // tells a Guidance of 0 from one that is left to the model
	GuidanceRescale float32 // 0 to 1 (Lin et al., 2023, section 3.4)
	GuidanceFrom    float32 // guidance acts on this share of the steps only, 0 to 1
	GuidanceUntil   float32 // 0 means 1
	GuidanceCurve   []float32
	// CFGPlusPlus renoises by the answer without the prompt (Chung et al., 2024): DDIM, Euler and
	// Euler a only. Guidance is then its lambda, 0 to 1; 0: 0.6.
	CFGPlusPlus bool
	// PerpNeg is the weight of the negative prompt where it is kept from working against the
	// prompt (Armandpour et al., 2023), which asks the network a third time; 0: guidance as usual.
	PerpNeg          float32
	ImageGuidance    float32 // InstructPix2Pix; 0: 1.5
	TrueGuidance     float32 // FLUX: real guidance beside the distilled one; at most 1: off
	AestheticScore   float32 // refiner; 0: 6
	AestheticNeg     float32 // refiner; 0: 2.5
	OriginalSize     [2]int  // SDXL, height and width; zero: the picture's
	CropTopLeft      [2]int
	TargetSize       [2]int
	NegativeOriginal [2]int
	ClassLabels      []int // class-conditional models; one for all or one a picture
	MaxSequence      int   // T5; 0: 256 in SD 3, 512 in FLUX
	WithoutT5        bool

	// Init is the picture under the frame, nil for text to image.
	Init *image.RGBA
	// Mask is of Init's size: 255 is repainted, 0 is kept. Grey values are repainted from a later step on (differential diffusion) when Soft is set, else cut at 128.
	Mask *image.Gray
	Soft bool
	// Content says what stands under the mask before the first step: "original" (default), "fill", "noise", "nothing".
	Content  string
	Strength float32 // 0 to 1; 0: see InitialStrength
	// Depth is the depth map of a 5-channel U-Net, Control the pictures of ControlNets.
	Depth   *image.Gray
	Control []Control

	// Latents replace the encoded picture (refiner hand-over); Start and End cut the schedule as denoising_start and denoising_end do.
	Latents    *Tensor
	Start, End float32

	// Window is the side in px of the windows that pictures larger than the model's own size
	// are denoised in; 0: the model's size where a side is more than twice that, else none. From
	// text alone such a picture is made in stages, the first of the model's own size.
	Window int

	// Early shows what the first call, with the prompt alone, predicts before guidance is computed: one
	// more Step of the first index, with X0. It comes where guidance takes two calls.
	Early bool
	// DeepCache computes the network's inner layers every so many evaluations only and takes them over in
	// between (Ma et al., 2023): quicker and less exact. 0 and 1: always.
	DeepCache int `json:"Draft"` // under the name of the first journals

	// Draft runs the model's denoiser that was distilled to few steps (Facts.Draft), as Draft.Of says.
	Draft bool `json:"FewSteps"`

	// CutOut gives pictures the opacity that the model's decoder tells, transparent where the drawing's plain ground was;
	// it fails where the decoder tells none (Facts.Opacity). Where a mask keeps the picture it changes nothing.
	CutOut bool

	// Tiling makes a picture seamless: it goes on at its opposite side in "x", "y" or "both"; "": in neither.
	Tiling string

	// KeepLatents skips the decoding: the last Step has no pictures.
	KeepLatents bool
	// Watch, where set, is told what the run is given, by name: token_ids, initial_latents,
	// first_input, first_output, conditioning and so on. It must not keep or write the tensors.
	Watch func(name string, t Tensor) `json:"-"`
	// Report, where set, is told how far the parts of a run are that take long on large pictures.
	Report func(Phase, float64) `json:"-"`
	// Resume goes on from a Step's State, bit-identically where Changes up to there are the same.
	Resume *State
	// Changes are what the run is told otherwise on its way; see Change.
	Changes []Change
	// Live, where set, is asked before every evaluation for changes that count from it on, after those in Changes.
	// It may wait, which holds the run; ctx ends when the run is stopped. What it gives is in the next Step's Changes.
	Live func(ctx context.Context, step int) ([]Change, error) `json:"-"`

	noise *sources      // of a later stage: the first one's, drawn on
	inits []*image.RGBA // of a later stage: one a picture
}

// InitialStrength is the request's strength, or the usual one: 0.75 of a picture without a mask, else 1.
func (r Request) InitialStrength() float32 {
	if r.Strength == 0 && r.Init != nil && r.Mask == nil {
		return 0.75
	}
	return or(r.Strength, 1)
}

// Phase is a part of a run that Report tells of.
type Phase int

const (
	Encoding  Phase = iota // the picture into latents; share of it, 0 to 1
	Denoising              // share of all the run's steps
	Decoding               // the latents into pictures; share of it
)

func (r Request) report(p Phase, share float64) {
	if r.Report != nil {
		r.Report(p, share)
	}
}

// reporter tells how far one part of a run is; nil where nobody asks.
func (r Request) reporter(p Phase) func(share float64) {
	if r.Report == nil {
		return nil
	}
	return func(share float64) { r.Report(p, share) }
}

// Churn is the noise that Euler, Heun and DPM2 stir in; see sample.Churn.
type Churn = sample.Churn

// Control is the picture that steers one ControlNet.
type Control struct {
	Net      int // which of the model's ControlNets
	Picture  *image.RGBA
	Scale    float32 // 0: 1
	From     float32 // share of the steps
	Until    float32 // 0 means 1
	GuessRow bool    // guess mode: the positive row alone, residuals scaled by depth
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

// watch tells a trace what a run is given: token ids, the first call's inputs and the like.
func (r Request) watch(name string, t Tensor) {
	if r.Watch != nil {
		r.Watch(name, t)
	}
}

// or is v, or the fallback for 0.
func or(v, fallback float32) float32 {
	if v == 0 {
		return fallback
	}
	return v
}
