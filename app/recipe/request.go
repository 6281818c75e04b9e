package recipe

import (
	"encoding/json"
	"slices"

	"nirvana/app/carry"
	"nirvana/engine"
	"nirvana/engine/schedule"
)

// ofPictures are fields of a recipe that are a request's only where there is a picture, see use, and TrueGuidance, which
// is on only above 1.
var ofPictures = map[string]string{"Strength": "use", "Content": "use", "Soft": "use", "TrueGuidance": "Of"}

// recipeNames are fields of a request by what recipes call them; all others have one name. requestNames is the other way.
var (
	recipeNames  = map[string]string{"Rescale": "GuidanceRescale", "Curve": "GuidanceCurve", "Aesthetic": "AestheticScore"}
	requestNames = map[string]string{"GuidanceRescale": "Rescale", "GuidanceCurve": "Curve", "AestheticScore": "Aesthetic"}
)

// Of is the recipe of a request to a model: every parameter, those left to the model with the model's own value. Of the
// pictures it has what is not theirs: strength, and weights of ControlNets. See ReadPictures and SetMask.
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
		r.Settings, _ = json.Marshal(q.Scheduler) // of texts and numbers alone
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

// own fills in what a request leaves to the model.
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
	switch {
	case r.NoGuidance:
		r.Guidance = 0
	case r.Guidance == 0 && r.CFGPlusPlus:
		r.Guidance = engine.PlusGuidance
	case r.Guidance == 0:
		r.Guidance = f.Guidance
	}
}

// ReadPictures notes the pictures of a request by their hashes, which takes long.
func (r *Recipe) ReadPictures(q engine.Request) {
	r.Read("init", q.Init)
	r.ReadGrey("depth", q.Depth)
	for i, c := range q.Control {
		r.Read(ControlRole(i), c.Picture)
	}
	r.Regions = regionsOf(q)
	r.readRegions(q)
}

// use notes how pictures are used.
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

// Request is what the recipe asks of an engine, but for the pictures, which recipes do not contain: Init, Mask, Depth and
// Control are nil. The class is that of the model's of that name. It fails on scheduler settings that are none.
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
		q.Steps = 0 // as many as there are
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

// ControlOf is a ControlNet of a request, called net.
func ControlOf(c engine.Control, net string) Control {
	return Control{Net: net, Weight: or(c.Scale, 1), From: c.From, Until: c.Until}
}

// Request is the ControlNet as a request has it, the net-th of the model, without its picture.
func (c Control) Request(net int) engine.Control {
	return engine.Control{Net: net, Scale: c.Weight, From: c.From, Until: c.Until}
}

// Software is what recipes say of the program that made them.
func Software(version string) string {
	if version == "" {
		return "Nirvana"
	}
	return "Nirvana " + version
}

// older brings recipes of earlier versions to today's fields: guidance that was off was a number close to none, and the
// command line did not write down a strength that was left to the engine.
func (r *Recipe) older() {
	if r.Pictures["init"] != "" {
		r.Strength = r.strength()
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
