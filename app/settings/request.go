package settings

import (
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/engine"
)

// Request is the settings as an engine request, without the pictures and what the model and a recipe in use add.
func (t Settings) Request() engine.Request {
	prompt, negative, err := style.Apply(t.Prompt, t.Negative, t.Styles)
	if err != nil { // longer than anything can be: without them
		prompt, negative = t.Prompt, t.Negative
	}
	q := engine.Request{Prompt: prompt, Negative: negative, NoNegative: negative == "", Syntax: true, ClipSkip: t.ClipSkip,
		Width: t.Width, Height: t.Height, Seed: t.Seed, RNG: t.RNG, Sampler: t.Sampler, Schedule: t.Schedule, Steps: t.Steps, Eta: t.Eta,
		Churn: engine.Churn{Amount: t.Churn}, Guidance: t.Guidance, NoGuidance: t.Guidance == 0, GuidanceRescale: t.GuidanceRescale,
		CFGPlusPlus: t.CFGPlusPlus, PerpNeg: t.PerpNeg, ImageGuidance: t.ImageGuidance, TrueGuidance: t.TrueGuidance, AestheticScore: t.Aesthetic,
		CropTopLeft: [2]int{t.CropTop, t.CropLeft}, DeepCache: t.DeepCache, Draft: t.Draft, CutOut: t.CutOut, Tiling: t.Tiling, Content: t.Content, Soft: t.SoftMask, Early: true}
	if t.OriginalWidth > 0 && t.OriginalHeight > 0 {
		q.OriginalSize = [2]int{t.OriginalHeight, t.OriginalWidth}
	}
	return q
}

// Take sets the settings from a request, as far as they have fields for it. A draft decides sampler, steps and
// guidance itself: what is set stays for other runs.
func (t *Settings) Take(q engine.Request) {
	t.Styles = nil // the prompts have them
	t.Prompt, t.Negative, t.ClipSkip, t.Seed = q.Prompt, q.Negative, q.ClipSkip, q.Seed
	t.DeepCache, t.Draft, t.Tiling = q.DeepCache, q.Draft, q.Tiling
	t.CutOut = q.CutOut || t.CutOut && task.NamesGround(q.Prompt)                                    // of those nothing is cut out either way
	t.ImageGuidance, t.TrueGuidance, t.Aesthetic = q.ImageGuidance, q.TrueGuidance, q.AestheticScore // zeros become the usual
	t.OriginalHeight, t.OriginalWidth = q.OriginalSize[0], q.OriginalSize[1]
	t.CropTop, t.CropLeft = q.CropTopLeft[0], q.CropTopLeft[1]
	if q.RNG != "" {
		t.RNG = q.RNG
	}
	if q.Width > 0 && q.Height > 0 {
		t.Width, t.Height = q.Width, q.Height
	}
	if q.Strength > 0 {
		t.Strength = q.Strength
	}
	if q.Content != "" {
		t.Content = q.Content
	}
	if q.Draft {
		return
	}
	t.CFGPlusPlus, t.PerpNeg, t.Churn = q.CFGPlusPlus, q.PerpNeg, q.Churn.Amount
	t.Sampler, t.Schedule, t.Eta, t.GuidanceRescale = q.Sampler, q.Schedule, q.Eta, q.GuidanceRescale
	if q.Steps > 0 {
		t.Steps = q.Steps
	}
	if q.Guidance > 0 || q.NoGuidance {
		t.Guidance = q.Guidance
	}
}
