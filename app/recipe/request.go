package recipe

import (
	"encoding/json"
	"slices"

	"nirvana/app/carry"
	"nirvana/engine"
	"nirvana/engine/schedule"
)

// ofPictures are fields of a recipe that apply to a request only if there is a picture, see use, and TrueGuidance,
// which is on only above 1.
var ofPictures = map[string]string{"Strength": "use", "Content": "use", "Soft": "use", "TrueGuidance": "Of"}

// recipeNames maps fields of a request to their names in recipes, if they differ. requestNames is the inverse.
var (
	recipeNames  = map[string]string{"Rescale": "GuidanceRescale", "Curve": "GuidanceCurve", "Aesthetic": "AestheticScore"}
	requestNames = map[string]string{"GuidanceRescale": "Rescale", "GuidanceCurve": "Curve", "AestheticScore": "Aesthetic"}
)

// Of is the recipe of a request to a model: every parameter, with the model's value for those that are left to the
// model. Of the pictures it has only the parameters: strength, and weights of ControlNets. See ReadPictures and
// SetMask.
func Of(q engine.Request, f engine.Facts) Recipe {
	r := Recipe{Version: Version, EmptyNegative: !q.NoNegative && q.Negative == ""}
	carry.Fields(&r, q, ofPictures, recipeNames)
	r.SetPrompts(q)
	r.Regions = regionsOf(q)
	r.SetChurn(q.Churn)
	if q.TrueGuidance > 1 {
		r.TrueGuidance = q.TrueGuidance
	}
	if q.GuidanceFrom > 0 || q.GuidanceUntil > 0 {
		r.Interval = []float32{q.GuidanceFrom, or(q.GuidanceUntil, 1)}
	}
	if q.Scheduler != nil {
		r.Settings, _ = json.Marshal(q.Scheduler) // consists of texts and numbers only: cannot fail
	}
	if q.OriginalSize != [2]int{} {
		r.OriginalSize = q.OriginalSize[:]
	}
	if q.CropTopLeft != [2]int{} {
		r.CropTopLeft = q.CropTopLeft[:]
	}
	if len(q.ClassLabels) > 0 && q.ClassLabels[0] < len(f.Classes) {
		r.Class = f.Classes[q.ClassLabels[0]]
	}
	r.own(q, f)
	r.use(q, f)
	return r
}

// own fills in the model's value for what a request leaves open.
func (r *Recipe) own(q engine.Request, f engine.Facts) {
	if r.Sampler == "" && q.Scheduler == nil && !q.Draft {
		r.Sampler = f.Sampler
	}
	if r.Steps == 0 && len(q.Timesteps)+len(q.Sigmas) == 0 {
		r.Steps = f.Steps
	}
	if r.RNG == "" {
		r.RNG = "torch"
	}
	if len(q.Regions) > 0 {
		r.RegionMode = f.RegionModeOf(q)
	}
	switch {
	case r.NoGuidance:
		r.Guidance = 0
	case r.Guidance == 0 && r.CFGPlusPlus:
		r.Guidance = engine.PlusGuidance
	case r.Guidance == 0:
		r.Guidance = f.Guidance
	}
}

// Suit has a recipe that was written before the model was open tell what the model is run with.
func (r *Recipe) Suit(q engine.Request, f engine.Facts) {
	of := Of(q, f)
	r.ImageGuidance, r.TrueGuidance, r.Aesthetic, r.CutOut = of.ImageGuidance, of.TrueGuidance, of.Aesthetic, of.CutOut
	r.OriginalSize, r.CropTopLeft, r.Class = of.OriginalSize, of.CropTopLeft, of.Class
	r.Regions, r.RegionMode = of.Regions, of.RegionMode
	r.Sampler, r.Steps, r.Guidance = of.Sampler, of.Steps, of.Guidance
}

// ReadPictures records the hashes of a request's pictures. It takes long.
func (r *Recipe) ReadPictures(q engine.Request) {
	r.Read("init", q.Init)
	r.ReadGrey("depth", q.Depth)
	for i, c := range q.Control {
		r.Read(ControlRole(i), c.Picture)
	}
	for i, img := range q.References {
		r.Read(ReferenceRole(i), img)
	}
	if r.Regions = regionsOf(q); len(r.Regions) == 0 {
		r.RegionMode = "" // none is under the frame
	}
	r.readRegions(q)
}

// use records how pictures are used.
func (r *Recipe) use(q engine.Request, f engine.Facts) {
	for _, c := range q.Control {
		net := ""
		if c.Net < len(f.ControlNames) {
			net = f.ControlNames[c.Net]
		}
		r.Controls = append(r.Controls, ControlOf(c, net))
	}
	if q.Init != nil {
		r.Strength = q.InitialStrength()
	}
	if q.Mask != nil {
		r.Content, r.Soft = q.Content, q.Soft
	}
}

// Request is the recipe as an engine request, without the pictures, which recipes do not contain: Init, Mask, Depth
// and Control are nil. The class is looked up by name in the model's classes. It fails on invalid scheduler settings.
func (r Recipe) Request(f engine.Facts) (engine.Request, error) {
	q := engine.Request{NoNegative: r.Negative == "" && !r.EmptyNegative, Churn: r.Churn()}
	carry.Fields(&q, r, nil, requestNames)
	if len(r.Interval) == 2 {
		q.GuidanceFrom, q.GuidanceUntil = r.Interval[0], r.Interval[1]
	}
	copy(q.OriginalSize[:], r.OriginalSize)
	copy(q.CropTopLeft[:], r.CropTopLeft)
	if i := slices.Index(f.Classes, r.Class); i >= 0 && r.Class != "" {
		q.ClassLabels = []int{i}
	}
	if len(q.Timesteps)+len(q.Sigmas) > 0 {
		q.Steps = 0 // their number decides
	}
	if len(r.Settings) > 0 {
		c, err := schedule.ParseConfig(r.Settings)
		if err != nil {
			return q, err
		}
		q.Scheduler = &c
	}
	var err error
	q.Regions, err = r.regions()
	return q, err
}

// ControlOf converts a request's ControlNet; net is its name.
func ControlOf(c engine.Control, net string) Control {
	return Control{Net: net, Weight: or(c.Scale, 1), From: c.From, Until: c.Until}
}

// Request converts it back, as the net-th ControlNet of the model and without its picture.
func (c Control) Request(net int) engine.Control {
	return engine.Control{Net: net, Scale: c.Weight, From: c.From, Until: c.Until}
}

// Software is the program's name in recipes.
func Software(version string) string {
	if version == "" {
		return "Nirvana"
	}
	return "Nirvana " + version
}

// older converts recipes of earlier versions: guidance that is off was a tiny number, the command line omitted a strength that
// was left to the engine, regions were mixed predictions, and a picture without an initial one that was enlarged had a strength.
func (r *Recipe) older() {
	if r.Pictures["init"] != "" {
		r.Strength = r.strength()
	}
	if len(r.Regions) > 0 && r.RegionMode == "" {
		r.RegionMode = engine.RegionPrediction
	}
	if r.Upscale != nil && r.Mode == "text to image" {
		r.Strength = 0
	}
	if r.Guidance > 0 && r.Guidance < 1e-20 {
		r.Guidance, r.NoGuidance = 0, true
	}
}

func or(v, fallback float32) float32 {
	if v == 0 {
		return fallback
	}
	return v
}
