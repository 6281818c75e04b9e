package recipe

import (
	"path"
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
	// changes are those that the steps report.
	changes []engine.Change
}

// Changes are the changes of parameters during the run.
func (t *Trail) Changes() []engine.Change { return t.changes }

// Since prepends the hashes and scales of an earlier run, of which this one continued from step at.
func (t *Trail) Since(used Recipe, at int) {
	if at > 0 && at < len(used.Hashes) && at <= len(used.Scales) && len(t.Hashes) > 0 {
		t.Hashes = append(append([]string(nil), used.Hashes[:at]...), t.Hashes...)
		t.Scales = append(append([]float32(nil), used.Scales[:at]...), t.Scales...)
	}
}

// Add records one step. A step that is reported again, for example with its pictures, replaces the first record.
func (t *Trail) Add(s engine.Step) {
	n := len(t.Hashes)
	if n == 0 || t.last != s.Index {
		t.changes = append(t.changes, s.Changes...)
	}
	if n > 0 && t.last == s.Index {
		if s.Guidance == 0 && n > 1 { // a continued run does not know the guidance of its first step
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

// Into stores the trail in the recipe.
func (t *Trail) Into(r *Recipe) { r.Hashes, r.Scales = t.Hashes, t.Scales }

// notCompared are the fields that Same does not compare directly, each with the reason.
var notCompared = map[string]string{
	"Version": "of the format", "Syntax": "shows in the first step", "EmptyNegative": "likewise", "Styles": "included in the prompts", "Model": "reported by Why", "ModelHash": "likewise", "VAE": "sameParts", "TextEncoders": "sameParts", "Upscale": "of the finished picture",
	"Sampler": "sameSampler", "Schedule": "sameSampler", "Settings": "has no setting", "Interval": "likewise", "Curve": "likewise",
	"CFGPlusPlus": "sameSampling", "PerpNeg": "sameSampling", "EtaAncestral": "sameSampling", "SChurn": "sameSampling", "STMin": "sameSampling", "STMax": "sameSampling", "SNoise": "sameSampling", "Timesteps": "sameSampling", "Sigmas": "sameSampling",
	"Strength": "strength", "BestOf": "the seed alone reproduces it", "Score": "a result", "Content": "shows in the first step", "LoRAs": "have no setting", "Embeddings": "likewise",
	"ImageGuidance": "shows in the steps", "TrueGuidance": "likewise", "Aesthetic": "likewise", "OriginalSize": "likewise", "CropTopLeft": "likewise", "Refiner": "shows in the steps", "RefinerAt": "likewise",
	"Mask": "MaskHash", "MaskHash": "compared below if both have one", "Soft": "of the mask", "Feather": "of the mask", "Match": "of the mask", "Frame": "position in the picture", "Expand": "the initial picture's size",
	"Pictures": "reported by Why", "Controls": "pictures", "Trajectory": "a result", "Origin": "history only", "Unfinished": "a result", "Grid": "position in the grid", "Changes": "sameChanges", "Regions": "sameRegions",
	"Software": "not a parameter", "Runtime": "reported by Why", "Made": "not a parameter", "Seconds": "not a parameter", "Hashes": "a result", "Scales": "a result",
}

// Same reports whether two recipes describe the same run, whatever made them and when. The initial picture is not
// compared: another one shows in the first step.
func Same(a, b Recipe) bool {
	a.drawn()
	b.drawn()
	return len(carry.Differ(a, b, notCompared)) == 0 && a.sameSampler(b) && a.sameSampling(b) && a.sameRegions(b) && a.sameChanges(b) && a.sameParts(b) && a.strength() == b.strength() &&
		(a.MaskHash == b.MaskHash || a.MaskHash == "" || b.MaskHash == "")
}

// sameParts reports whether two recipes name the same files in place of the model's own parts, wherever they are.
func (r Recipe) sameParts(o Recipe) bool {
	same := func(a, b []string) bool {
		return slices.EqualFunc(a, b, func(x, y string) bool { return stem(x) == stem(y) })
	}
	return same(r.VAE, o.VAE) && same(r.TextEncoders, o.TextEncoders)
}

// stem is a file's name without folders and extension, in lower case.
func stem(file string) string {
	name := Base(file)
	return strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
}

// sameSampler compares by the names in the menus: a sampler has several names, and settings may use another than the
// recipe.
func (r Recipe) sameSampler(o Recipe) bool {
	if r.Sampler == "" || o.Sampler == "" {
		r.Sampler, o.Sampler = "", ""
	}
	sampler, schedule := engine.CanonicalNames(r.Sampler, r.Schedule)
	other, its := engine.CanonicalNames(o.Sampler, o.Schedule)
	return sampler == other && schedule == its
}

// SetPrompts stores the prompts, with the options that the seed chose.
func (r *Recipe) SetPrompts(q engine.Request) {
	q = engine.Drawn(q)
	r.Prompt, r.Negative = q.Prompt, q.Negative
}

// drawn applies the seed's choice of options to a prompt: early recipes stored it unresolved.
func (r *Recipe) drawn() {
	r.SetPrompts(engine.Request{Prompt: r.Prompt, Negative: r.Negative, Syntax: r.Syntax, Seed: r.Seed})
}

// strength returns the recipe's strength. Early recipes of the command line omit it for runs that began from a
// picture; those used the default.
func (r Recipe) strength() float32 {
	if r.Strength == 0 && r.Pictures["init"] != "" && r.MaskHash == "" {
		return 0.75
	}
	return or(r.Strength, 1)
}

// sameSampling reports whether two recipes use the same guidance and step noise.
func (r Recipe) sameSampling(o Recipe) bool {
	eta := func(r Recipe) float32 {
		if r.EtaAncestral == nil {
			return 1
		}
		return *r.EtaAncestral
	}
	return r.CFGPlusPlus == o.CFGPlusPlus && r.PerpNeg == o.PerpNeg && eta(r) == eta(o) && r.Churn() == o.Churn() &&
		slices.Equal(r.Timesteps, o.Timesteps) && slices.Equal(r.Sigmas, o.Sigmas)
}

// Compare compares the hashes of x_t of two runs. It returns the first step that differs, -1 if all are identical;
// false if either has none.
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

// Cause is a possible reason why a run differs from another with the same recipe.
type Cause int

const (
	Unknown        Cause = iota
	OtherModel           // its contents have another hash
	OtherStart           // another initial picture
	OtherControl         // another picture for a ControlNet
	OtherReference       // another reference picture
	OtherRuntime         // another version of ONNX Runtime, or another device
	OtherProgram         // another version of Nirvana, or another program
	OtherOrder           // another machine or number of threads, which recipes do not record
)

// Why returns the possible cause of a difference, from a step on, to the run whose recipe was used, as far as the
// recipes show it.
func (r Recipe) Why(used Recipe, step int) Cause {
	switch {
	case r.ModelHash != used.ModelHash:
		return OtherModel
	case used.Pictures["init"] != "" && r.Pictures["init"] != used.Pictures["init"]:
		return OtherStart
	case otherPicture(ControlRole, r.Pictures, used.Pictures):
		return OtherControl
	case otherPicture(ReferenceRole, r.Pictures, used.Pictures):
		return OtherReference
	case used.Runtime != "" && r.Runtime != used.Runtime:
		return OtherRuntime
	case used.Software != "" && !strings.EqualFold(r.Software, used.Software): // the command line wrote it in lower case
		return OtherProgram
	case step > 0:
		return OtherOrder
	}
	return Unknown
}

// otherPicture reports whether one of the pictures with a role was another.
func otherPicture(roleOf func(int) string, made, used map[string]string) bool {
	for i := 0; ; i++ {
		role := roleOf(i)
		switch {
		case used[role] == "":
			return false
		case made[role] != used[role]:
			return true
		}
	}
}
