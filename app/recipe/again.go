package recipe

import (
	"slices"
	"strings"

	"nirvana/app/carry"
	"nirvana/engine"
)

// Trail records hashes and scales of a run's steps.
type Trail struct {
	Hashes []string  // of x_t, x_T first
	Scales []float32 // of guidance, from the first evaluation on
	last   int
	// changes are those that the steps told of.
	changes []engine.Change
}

// Changes are what the run was told on its way.
func (t *Trail) Changes() []engine.Change { return t.changes }

// Since puts the hashes and scales of an earlier run before those of a run that went on from its step at.
func (t *Trail) Since(used Recipe, at int) {
	if at > 0 && at < len(used.Hashes) && at <= len(used.Scales) && len(t.Hashes) > 0 {
		t.Hashes = append(append([]string(nil), used.Hashes[:at]...), t.Hashes...)
		t.Scales = append(append([]float32(nil), used.Scales[:at]...), t.Scales...)
	}
}

// Add takes one step down. One that is told again, with its pictures for example, takes its own place.
func (t *Trail) Add(s engine.Step) {
	n := len(t.Hashes)
	if n == 0 || t.last != s.Index {
		t.changes = append(t.changes, s.Changes...)
	}
	if n > 0 && t.last == s.Index {
		if s.Guidance == 0 && n > 1 { // a run that was continued does not know what led to its first step
			s.Guidance = t.Scales[n-2]
		}
		t.Hashes = t.Hashes[:n-1]
		t.Scales = t.Scales[:max(n-2, 0)]
	}
	if len(t.Hashes) > 0 {
		t.Scales = append(t.Scales, s.Guidance)
	}
	t.Hashes, t.last = append(t.Hashes, s.X.SHA256()), s.Index
}

// Into puts it into the recipe.
func (t *Trail) Into(r *Recipe) { r.Hashes, r.Scales = t.Hashes, t.Scales }

// unasked are the fields that Same does not compare as they are, each with the reason.
var unasked = map[string]string{
	"Version": "the layout's", "Syntax": "shows in the first step", "EmptyNegative": "likewise", "Styles": "the prompts have them", "Model": "Why tells of it", "ModelHash": "likewise", "VAE": "likewise: the hash", "TextEncoders": "likewise", "Upscale": "of the finished picture",
	"Sampler": "sameSampler", "Schedule": "sameSampler", "Settings": "no setting takes it", "Interval": "likewise", "Curve": "likewise",
	"CFGPlusPlus": "sameWalk", "PerpNeg": "sameWalk", "EtaAncestral": "sameWalk", "SChurn": "sameWalk", "STMin": "sameWalk", "STMax": "sameWalk", "SNoise": "sameWalk", "Timesteps": "sameWalk", "Sigmas": "sameWalk",
	"Strength": "strength", "BestOf": "the seed alone makes it again", "Score": "what came of it", "Content": "shows in the first step", "LoRAs": "no setting takes them", "Embeddings": "likewise",
	"ImageGuidance": "shows in the steps", "TrueGuidance": "likewise", "Aesthetic": "likewise", "OriginalSize": "likewise", "CropTopLeft": "likewise", "Refiner": "another model", "RefinerAt": "its share",
	"Mask": "MaskHash", "MaskHash": "below: where both have one", "Soft": "of the mask", "Feather": "of the mask", "Match": "of the mask", "Frame": "where in the picture", "Expand": "what the picture was before",
	"Pictures": "hashes: Why tells of them", "Controls": "pictures", "Trajectory": "what came of it", "Origin": "what it came from", "Unfinished": "what came of it", "Grid": "what it stands beside", "Changes": "sameChanges", "Regions": "sameRegions",
	"Software": "who made it", "Runtime": "what with", "Made": "when", "Seconds": "how long", "Hashes": "what came of it", "Scales": "what came of it",
}

// Same reports whether two recipes ask for the same, whatever made them and when. The picture that a run began from is
// not looked at: another one shows in the first step.
// Same reports whether two recipes ask for the same, whatever made them and when. The initial picture is not
// compared: another one shows in the first step.
func Same(a, b Recipe) bool {
	a.drawn()
	b.drawn()
	return len(carry.Differ(a, b, unasked)) == 0 && a.sameSampler(b) && a.sameWalk(b) && a.sameRegions(b) && a.sameChanges(b) && a.strength() == b.strength() &&
		(a.MaskHash == b.MaskHash || a.MaskHash == "" || b.MaskHash == "")
}

// sameSampler compares by the menus' names: a sampler has several, and the settings may have another than the recipe.
func (r Recipe) sameSampler(o Recipe) bool {
	if r.Sampler == "" || o.Sampler == "" {
		r.Sampler, o.Sampler = "", ""
	}
	sampler, schedule := engine.CanonicalNames(r.Sampler, r.Schedule)
	other, its := engine.CanonicalNames(o.Sampler, o.Schedule)
	return sampler == other && schedule == its
}

// SetPrompts puts down what a run was asked for in words, of wildcards what its seed drew.
func (r *Recipe) SetPrompts(q engine.Request) {
	q = engine.Drawn(q)
	r.Prompt, r.Negative = q.Prompt, q.Negative
}

// drawn takes what the seed draws of wildcards, which recipes carried undrawn once.
func (r *Recipe) drawn() {
	r.SetPrompts(engine.Request{Prompt: r.Prompt, Negative: r.Negative, Syntax: r.Syntax, Seed: r.Seed})
}

// strength is the recipe's; one that began from a picture and does not say, as the command line's once were, had the
// usual one.
func (r Recipe) strength() float32 {
	if r.Strength == 0 && r.Pictures["init"] != "" && r.MaskHash == "" {
		return 0.75
	}
	return or(r.Strength, 1)
}

// sameWalk reports whether guidance and the steps' noise are of the same kind.
func (r Recipe) sameWalk(o Recipe) bool {
	eta := func(r Recipe) float32 {
		if r.EtaAncestral == nil {
			return 1
		}
		return *r.EtaAncestral
	}
	return r.CFGPlusPlus == o.CFGPlusPlus && r.PerpNeg == o.PerpNeg && eta(r) == eta(o) && r.Churn() == o.Churn() &&
		slices.Equal(r.Timesteps, o.Timesteps) && slices.Equal(r.Sigmas, o.Sigmas)
}

// Compare compares the hashes of x_t of two runs. It returns the first step that differs, -1 where all are identical;
// false where either has none.
func Compare(a, b []string) (step int, ok bool) {
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i, true
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b)), true
	}
	return -1, true
}

// Cause is what may have made a run differ from another of the same recipe.
type Cause int

const (
	Unknown      Cause = iota
	OtherModel         // its contents have another hash
	OtherStart         // the picture that it began from is another
	OtherControl       // a ControlNet followed another picture
	OtherRuntime       // ONNX Runtime or the device is another
	OtherProgram       // the version of Nirvana, or the program, is another
	OtherOrder         // another machine or number of threads, which recipes do not tell
)

// Why is what may have made a run differ, from a step on, from the one whose recipe it used, as far as both recipes
// show.
func (r Recipe) Why(used Recipe, step int) Cause {
	switch {
	case r.ModelHash != used.ModelHash:
		return OtherModel
	case used.Pictures["init"] != "" && r.Pictures["init"] != used.Pictures["init"]:
		return OtherStart
	case otherControl(r.Pictures, used.Pictures):
		return OtherControl
	case used.Runtime != "" && r.Runtime != used.Runtime:
		return OtherRuntime
	case used.Software != "" && !strings.EqualFold(r.Software, used.Software): // the command line writes it small
		return OtherProgram
	case step > 0:
		return OtherOrder
	}
	return Unknown
}

// otherControl reports whether some ControlNet followed another picture.
func otherControl(made, used map[string]string) bool {
	for i := 0; ; i++ {
		role := ControlRole(i)
		switch {
		case used[role] == "":
			return false
		case made[role] != used[role]:
			return true
		}
	}
}
