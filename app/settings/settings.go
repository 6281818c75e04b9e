// Package settings is the user's settings: a plain value with its defaults and ranges, and its conversion to an
// engine request. Start with Settings and its Request.
package settings

import (
	"image"
	"image/color"
	"slices"

	"nirvana/app/library"
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/engine"
)

// Settings are the user's settings, a plain value. Read it anywhere on the owner's goroutine, change it through
// Studio.Set.
type Settings struct {
	engine.Shared

	Prompt, Negative string
	Styles           []style.Style // applied to both prompts, in this order
	Regions          []Region      // parts of the picture with prompts of their own
	Grid             []string      // the axes of the last grid of pictures, as grid.Parse reads them
	Guidance         float32       // classifier-free guidance scale; 1: off
	Steps            int
	// GuidanceCurve replaces Guidance by a scale that changes from the first step to the last; nil: none. Guidance is
	// active between the shares of the steps GuidanceFrom and GuidanceUntil, 0 to 1; Until 0: to the end.
	GuidanceCurve               []float32
	GuidanceFrom, GuidanceUntil float32
	Strength                    float32 // 0 to 1, image to image and inpaint
	Sampler                     string  // "": the model's own
	Schedule                    string
	Seed                        uint64 // the next run's
	Locked                      bool   // keep the seed; otherwise every Generate draws one
	Count                       int    // 1 to 4 candidates per run
	BestOf                      int    // number of seeds of which the verifier picks the best, if the model has one; 1: no search
	Width, Height               int    // px, the size of the frame and of what is generated
	RNG                         string // "torch" or "philox"
	GuidanceRescale             float32
	CFGPlusPlus                 bool    // Guidance is CFG++'s lambda, 0 to 1
	PerpNeg                     float32 // weight of the negative prompt under Perp-Neg; 0: classifier-free guidance
	Churn                       float32 // noise that Euler, Heun and DPM2 add per step
	DeepCache                   int     `json:"Draft"` // the network's inner layers run every so many steps; 0: every step
	CutOut                      bool    // pictures whose prompt names no background get a transparent one, if the model predicts opacity
	Draft                       bool    `json:"FewSteps"` // use the denoiser distilled to few steps, if the model has one
	Class                       int     // of class-conditional models
	Model                       string  // library.Model.Name
	ModelDir                    string  // distinguishes models of one name; "" or missing: the first of the name
	VAE                         string  // a file in place of the model's own VAE; "": its own
	TextEncoders                library.Encoders
	// OfModels is what was chosen for models that are not in use at the moment, by their ModelDir.
	OfModels map[string]OfModel `json:",omitempty"`

	Control      Control   // of the first ControlNet
	MoreControls []Control // of the other ControlNets
	// Parameters of some kinds of models only.
	ImageGuidance                 float32 // InstructPix2Pix
	TrueGuidance                  float32 // FLUX: classifier-free guidance in addition to the distilled one; 1: off
	Aesthetic                     float32 // SDXL refiner, 1 to 10
	OriginalWidth, OriginalHeight int     // px, SDXL's original size; 0: the picture's own
	CropLeft, CropTop             int
	DepthFile                     string   // the depth map of a depth model
	References                    []string // files of pictures that the model sees beside the one under the frame, in their order
	Refiner                       string   // Dir of the model that an SDXL base hands over to; "": none
	RefinerAt                     float32  // share of the steps at which it takes over

	Content     string  // under the mask before the first step: "original", "fill", "noise", "nothing"
	HoldMask    bool    // the mask stays when a result is kept
	ResultLayer bool    // a kept result becomes a layer, even if the document has none yet
	ReadLayer   bool    // a run reads the selected layer only, not all visible ones
	Keep        float32 // how firmly the rest is kept outside of the mask, 0 (not at all) to 1 (as usual)
	SoftMask    bool    // gray parts of the mask are repainted in later steps only
	OnlyMasked  bool    // process the mask's surroundings, enlarged to the model's size
	Padding     int     // px around the mask with OnlyMasked
	Feather     int     // px over which a result blends into its surroundings
	Match       bool    // match a result's colours to its surroundings
	Overlap     int     // px of the picture next to the edge that outpainting repaints

	Upscale Upscale // what pictures were last enlarged with

	BrushSize     float32 // px, 1 to 512
	BrushSoftness float32 // 0 hard to 1 soft
	BrushOpacity  float32 // 0 to 1
	BrushThins    bool    // faster strokes are thinner
	Tolerance     int     // of the flood select, 0 to 255 a channel
	Paint         Paint
	MaskColor     color.NRGBA
	MaskOpacity   float32
	ShowNoise     bool               // x_t on the canvas instead of the predicted x_0
	ShowChain     bool               // the noise view also shows the forward process step by step
	ShowLanes     bool               // the timeline also shows the related paths
	Theme         string             // "dark" or "light"
	Folder        string             // last used in a file dialog
	Folders       []string           // the artist's own model folders, used in place
	Roots         []string           // folders whose models are all listed: of other programs, or plain ones
	Recent        []string           // last opened or saved files, newest first
	Pace          map[string]float64 // seconds per step and pixel, by model and device; for estimates
	Language      string             // of the window, a BCP 47 tag; "": the system's

	Device   string   // a provider of ONNX Runtime; "": the processor
	Threads  int      // 0: all cores
	Tool     int      // selected tool, as numbered in ui/canvas
	Turned   []string // the panel's sections that are folded or unfolded unlike the default
	Window   [2]int   // its size, in device-independent pixels; 0: not known yet
	Scale    int      // of everything in the window, percent; 0: the system's
	Contrast bool     // black, white and stronger lines
	// StepsOf is for how many of the newest pictures the steps are kept, and StepsMegabytes how much room they may
	// take; 0: none.
	StepsOf, StepsMegabytes int
}

// Default returns the settings of a first start.
func Default() Settings {
	return Settings{StepsOf: 200, StepsMegabytes: 2000, CutOut: true, Guidance: 7.5, Steps: 25, Strength: task.Strength, Count: 1, BestOf: 1, Width: 512, Height: 512, RNG: "torch", Control: Control{Scale: 1, Until: 1},
		ImageGuidance: 1.5, TrueGuidance: 1, Aesthetic: 6, RefinerAt: task.RefinerAt,
		Content: "original", Keep: 1, Padding: 32, Feather: task.Feather, Match: true, Overlap: task.Overlap,
		BrushSize: 40, BrushSoftness: 0.3, BrushOpacity: 1, Tolerance: 32, MaskColor: color.NRGBA{255, 163, 64, 255}, MaskOpacity: 0.45, Theme: "dark", Paint: usualPaint, Upscale: usualUpscale}
}

// Belong copies what belongs to the artist and this machine, not to a picture: projects do not bring it.
func (t *Settings) Belong(mine Settings) {
	t.Theme, t.Contrast, t.Scale, t.Language = mine.Theme, mine.Contrast, mine.Scale, mine.Language
	t.MaskColor, t.MaskOpacity, t.Tool, t.Turned, t.Window = mine.MaskColor, mine.MaskOpacity, mine.Tool, mine.Turned, mine.Window
	t.Paint, t.Upscale, t.ShowLanes = mine.Paint, mine.Upscale, mine.ShowLanes
	t.StepsOf, t.StepsMegabytes, t.OfModels = mine.StepsOf, mine.StepsMegabytes, mine.OfModels
	t.Device, t.Threads, t.Folder, t.Folders, t.Roots, t.Recent, t.Pace = mine.Device, mine.Threads, mine.Folder, mine.Folders, mine.Roots, mine.Recent, mine.Pace
}

// OfPicture are the settings that can change a picture; the others are zero.
func (t Settings) OfPicture() Settings {
	t.Belong(Settings{})
	t.BrushSize, t.BrushSoftness, t.BrushOpacity, t.BrushThins, t.Tolerance = 0, 0, 0, false, 0
	t.ShowNoise, t.ShowChain, t.Grid = false, false, nil
	return t
}

// mostReferences are kept; how many of them count is the model's.
const mostReferences = 16

// mostStyles can be applied to a prompt at once.
const mostStyles = 32

// Clamp keeps every number in its range.
func (t *Settings) Clamp(f engine.Facts) {
	t.name(f)
	t.Steps = min(max(t.Steps, 1), 1000)
	t.clampCurve()
	t.Count = min(max(t.Count, 1), 4)
	t.BestOf = min(max(t.BestOf, 1), 16)
	t.Guidance = min(max(t.Guidance, 0), 100)
	t.Strength = min(max(t.Strength, 0.01), 1)
	for _, p := range t.Shared.Each() {
		p.Clamp()
	}
	m := task.Multiple(f)
	t.Width, t.Height = task.Snap(t.Width, m), task.Snap(t.Height, m)
	if one := f.OnlySize(); one != (image.Point{}) {
		t.Width, t.Height = one.X, one.Y
	}
	t.Class, t.Tool, t.Window = max(t.Class, 0), max(t.Tool, 0), [2]int{min(max(t.Window[0], 0), 1<<14), min(max(t.Window[1], 0), 1<<14)}
	t.Feather, t.Padding, t.Overlap = min(max(t.Feather, 0), 256), min(max(t.Padding, 0), 1024), min(max(t.Overlap, 0), 256)
	t.BrushSize = min(max(t.BrushSize, 1), 512)
	t.Tolerance = min(max(t.Tolerance, 0), 255)
	t.BrushSoftness, t.BrushOpacity, t.MaskOpacity = unit(t.BrushSoftness), unit(t.BrushOpacity), unit(t.MaskOpacity)
	t.GuidanceRescale, t.Keep = unit(t.GuidanceRescale), unit(t.Keep)
	t.PerpNeg, t.Churn = min(max(t.PerpNeg, 0), 10), min(max(t.Churn, 0), 100)
	t.Control.clamp()
	t.Styles, t.Grid = t.Styles[:min(len(t.Styles), mostStyles)], t.Grid[:min(len(t.Grid), 3)]
	t.Paint.clamp()
	t.References = t.References[:min(len(t.References), mostReferences)]
	t.Upscale.clamp()
	t.clampRegions()
	for i := range t.MoreControls {
		t.MoreControls[i].clamp()
	}
	t.Threads = min(max(t.Threads, 0), 256)
	t.StepsOf, t.StepsMegabytes = min(max(t.StepsOf, 0), 100000), min(max(t.StepsMegabytes, 0), 1<<20)
	if t.Scale != 0 {
		t.Scale = min(max(t.Scale, 50), 400)
	}
	t.clampKinds()
}

// name gives sampler and schedule the menus' names, whatever a recipe or an earlier version called them. The open
// model's own sampler is "".
func (t *Settings) name(f engine.Facts) {
	if f.Name == "" { // the model's own sampler is unknown until it is open
		return
	}
	if t.Sampler == f.Sampler {
		t.Sampler = ""
	}
	t.Sampler, t.Schedule = engine.CanonicalNames(t.Sampler, t.Schedule)
}

// clampKinds is clamp for parameters of some kinds of models; zeros come from settings of versions without them.
func (t *Settings) clampKinds() {
	usual := Default()
	for v, fallback := range map[*float32]float32{&t.ImageGuidance: usual.ImageGuidance, &t.TrueGuidance: 1, &t.Aesthetic: usual.Aesthetic, &t.RefinerAt: usual.RefinerAt} {
		if *v <= 0 {
			*v = fallback
		}
	}
	t.ImageGuidance, t.TrueGuidance = min(t.ImageGuidance, 100), min(max(t.TrueGuidance, 1), 100)
	t.Aesthetic, t.RefinerAt = min(max(t.Aesthetic, 1), 10), min(max(t.RefinerAt, 0.05), 0.95)
	for _, v := range []*int{&t.OriginalWidth, &t.OriginalHeight, &t.CropLeft, &t.CropTop} {
		*v = min(max(*v, 0), 1<<14)
	}
}

// Hardware is what models are to run on.
func (t *Settings) Hardware() library.Hardware {
	return library.Hardware{Device: t.Device, Threads: t.Threads}
}

func unit(v float32) float32 { return min(max(v, 0), 1) }

// PlusPlus turns CFG++ on or off and converts the guidance: CFG++'s lambda ends about where a guidance scale begins.
func (t *Settings) PlusPlus(on bool, f engine.Facts) {
	switch t.CFGPlusPlus = on; {
	case on && t.Guidance > 1:
		t.Guidance = engine.PlusGuidance
	case !on && t.Guidance <= 1:
		if t.Guidance = f.Guidance; t.Guidance == 0 {
			t.Guidance = Default().Guidance
		}
	}
}

// mostCurve is how many values a curve can have.
const mostCurve = 1000

// clampCurve keeps the guidance's curve and interval in their ranges.
func (t *Settings) clampCurve() {
	if n := len(t.GuidanceCurve); n == 0 || n > mostCurve {
		t.GuidanceCurve = nil
	}
	for i, v := range t.GuidanceCurve {
		if !(v >= 0 && v <= 100) { // copied: other settings share the slice
			t.GuidanceCurve = slices.Clone(t.GuidanceCurve)
			t.GuidanceCurve[i] = min(max(v, 0), 100)
			if v != v {
				t.GuidanceCurve[i] = t.Guidance
			}
		}
	}
	t.GuidanceFrom, t.GuidanceUntil = unit(t.GuidanceFrom), unit(t.GuidanceUntil)
	if t.GuidanceUntil == 1 || t.GuidanceUntil > 0 && t.GuidanceUntil <= t.GuidanceFrom {
		t.GuidanceUntil = 0
	}
}
