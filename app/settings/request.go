package settings

import (
	"cmp"

	"nirvana/app/carry"
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
	q := engine.Request{Syntax: true, Early: true, Churn: engine.Churn{Amount: t.Churn}, NoGuidance: t.Guidance == 0, CropTopLeft: [2]int{t.CropTop, t.CropLeft}}
	carry.Fields(&q, t, ofRun, requestNames)
	q.Prompt, q.Negative, q.NoNegative = prompt, negative, negative == ""
	if t.OriginalWidth > 0 && t.OriginalHeight > 0 {
		q.OriginalSize = [2]int{t.OriginalHeight, t.OriginalWidth}
	}
	return q
}

// ofRun are fields of a request that settings of the same name are no part of, ofSettings the other way.
var (
	ofRun      = map[string]string{"Strength": "the mode has a say", "Count": "runs one behind the other"}
	ofSettings = map[string]string{"Count": "runs one behind the other"}
)

// requestNames are fields of a request by what they are called here; settingsNames is the other way.
var (
	requestNames  = map[string]string{"AestheticScore": "Aesthetic", "Soft": "SoftMask"}
	settingsNames = map[string]string{"Aesthetic": "AestheticScore"}
)

// Take sets the settings from a request, as far as they have fields for it. A draft decides sampler, steps and
// guidance itself: what is set stays for other runs.
func (t *Settings) Take(q engine.Request) {
	was := *t
	carry.Fields(t, q, ofSettings, settingsNames)
	t.Styles = nil                                                  // the prompts have them
	t.CutOut = q.CutOut || was.CutOut && task.NamesGround(q.Prompt) // of those nothing is cut out either way
	t.OriginalHeight, t.OriginalWidth = q.OriginalSize[0], q.OriginalSize[1]
	t.CropTop, t.CropLeft = q.CropTopLeft[0], q.CropTopLeft[1]
	t.Churn = q.Churn.Amount
	if q.Width <= 0 || q.Height <= 0 {
		t.Width, t.Height = was.Width, was.Height
	}
	t.RNG, t.Content, t.Strength = cmp.Or(q.RNG, was.RNG), cmp.Or(q.Content, was.Content), cmp.Or(max(q.Strength, 0), was.Strength)
	if q.Steps <= 0 {
		t.Steps = was.Steps
	}
	if q.Guidance <= 0 && !q.NoGuidance {
		t.Guidance = was.Guidance
	}
	if q.Draft { // it has these of its own: what is set stays for runs without
		t.CFGPlusPlus, t.PerpNeg, t.Churn, t.Sampler, t.Schedule, t.Eta, t.Prediction = was.CFGPlusPlus, was.PerpNeg, was.Churn, was.Sampler, was.Schedule, was.Eta, was.Prediction
		t.GuidanceRescale, t.Steps, t.Guidance = was.GuidanceRescale, was.Steps, was.Guidance
	}
}
