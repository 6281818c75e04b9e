package settings

import (
	"cmp"

	"nirvana/app/carry"
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/engine"
)

// Request is the settings as an engine request, without pictures and without what the model and a recipe in use add.
func (t Settings) Request() engine.Request {
	prompt, negative, err := style.Apply(t.Prompt, t.Negative, t.Styles)
	if err != nil { // styles made a prompt too long: leave them out
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

// ofRun are fields of a request that are not the settings' field of the same name, ofSettings the other way round.
var (
	ofRun      = map[string]string{"Strength": "depends on the mode", "Count": "runs of one picture each"}
	ofSettings = map[string]string{"Count": "runs of one picture each"}
)

// requestNames maps fields of a request to their names here; settingsNames is the inverse.
var (
	requestNames  = map[string]string{"AestheticScore": "Aesthetic", "Soft": "SoftMask"}
	settingsNames = map[string]string{"Aesthetic": "AestheticScore"}
)

// Take sets the settings from a request, as far as they have fields for it. A draft determines sampler, steps and
// guidance itself: the settings keep theirs for other runs.
func (t *Settings) Take(q engine.Request) {
	was := *t
	carry.Fields(t, q, ofSettings, settingsNames)
	t.Styles = nil                                                  // the prompts include them
	t.CutOut = q.CutOut || was.CutOut && task.NamesGround(q.Prompt) // a prompt that names a background is not cut out in either case
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
	if q.Draft { // a draft has its own: keep those of other runs
		t.CFGPlusPlus, t.PerpNeg, t.Churn, t.Sampler, t.Schedule, t.Eta, t.Prediction = was.CFGPlusPlus, was.PerpNeg, was.Churn, was.Sampler, was.Schedule, was.Eta, was.Prediction
		t.GuidanceRescale, t.Steps, t.Guidance = was.GuidanceRescale, was.Steps, was.Guidance
	}
}
