package recipe

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/schedule"
)

// notCarried are the fields of a request that recipes do not have, each with the reason.
var notCarried = map[string]string{
	"Prompts": "window and command line make pictures one by one", "Negatives": "likewise", "Prompts2": "likewise", "Prompts3": "likewise", "Negatives2": "likewise", "Negatives3": "likewise",
	"Count": "likewise", "Seeds": "likewise", "Prompt2": "neither has a text for each encoder", "Prompt3": "likewise", "Negative2": "likewise", "Negative3": "likewise",
	"AestheticNeg": "neither sets it", "TargetSize": "neither sets it: it is the picture's size", "NegativeOriginal": "neither sets it", "MaxSequence": "neither sets it", "WithoutT5": "neither sets it",
	"Init": "a picture: its hash alone", "Mask": "a picture, which may lie over a larger one: SetMask", "Depth": "a picture: its hash alone", "References": "pictures: their hashes alone", "Control": "pictures: their hashes, and weights in Controls",
	"Latents": "of a refiner's half of a run", "Start": "likewise: RefinerAt", "End": "likewise: RefinerAt", "Window": "follows from the size", "Early": "shows more and changes nothing", "KeepLatents": "changes nothing of the run",
	"Encoded": "a live picture's: saves time alone", "Watch": "an observer", "Report": "an observer", "Resume": "goes on with a run, and changes nothing",
	"Changes": "have pictures: SetChanges and Change.Request", "Live": "what it gives is in the steps' changes", "Adapt": "what it does is in the prompts",
}

// notOfRequest are the fields of a recipe that requests do not have.
var notOfRequest = map[string]string{
	"Version": "the layout's", "Mode": "what the pictures come to", "Grid": "what it stands beside", "Styles": "names of what the prompts have already", "Model": "the model's name", "ModelHash": "the model's contents", "VAE": "a part of the model", "TextEncoders": "likewise", "Upscale": "of the finished picture", "LoRAs": "merged before the run", "Embeddings": "merged before the run",
	"BestOf": "the search that chose the seed", "Score": "likewise", "Refiner": "another model", "RefinerAt": "the other model's share", "Mask": "see Request.Mask", "MaskHash": "likewise", "Feather": "how the result is laid over the picture", "Match": "likewise", "Expand": "what the picture was before", "Frame": "where in the picture",
	"Pictures": "hashes of pictures", "Controls": "see Request.Control", "Software": "who made it", "Runtime": "what with", "Made": "when", "Seconds": "how long", "Hashes": "what came of it", "Scales": "what came of it", "Changes": "see Request.Changes", "Unfinished": "what came of it", "Trajectory": "what came of it", "Origin": "what it came from",
}

// filledShared sets every shared parameter that can be set to a value other than its default.
func filledShared() (s engine.Shared) {
	for _, p := range s.Each() {
		switch v := p.Value.(type) {
		case *string:
			if *v = "x"; p.Name == "prediction" {
				*v = "v"
			} else if p.Name == "noise_curve" {
				*v = "1,0.5"
			} else if p.Name == "region_mode" {
				*v = engine.RegionPrediction
			}
		case *int:
			*v = int(p.Most)
		case *float32:
			*v = float32(p.Most)
		case *bool:
			*v = true
		}
	}
	return s
}

// filled is a request with every field that recipes carry set to a value other than its default.
func filled() engine.Request {
	eta := float32(0.5)
	c, _ := schedule.ParseConfig([]byte(`{"_class_name": "DDIMScheduler", "beta_start": 0.01}`))
	return engine.Request{Prompt: "a", Negative: "b", Syntax: true, Width: 64, Height: 32, Seed: 1<<64 - 1, RNG: "philox", Variation: 0.25, VariationSeed: 3,
		Sampler: "Euler a", Schedule: "Karras", Scheduler: &c, Steps: 7, EtaAncestral: &eta, Churn: engine.Churn{Amount: 1, From: 2, Until: 3, Noise: 0.5},
		Guidance: 4, GuidanceRescale: 0.5, GuidanceFrom: 0.1, GuidanceUntil: 0.8, GuidanceCurve: []float32{9, 4}, CFGPlusPlus: true, PerpNeg: 1,
		ImageGuidance: 1.25, TrueGuidance: 3, AestheticScore: 7, OriginalSize: [2]int{5, 6}, CropTopLeft: [2]int{7, 8}, ClassLabels: []int{1}, Soft: true, Content: "noise", Strength: 0.5, DeepCache: 2, Draft: true, CutOut: true, Shared: filledShared(), Regions: []engine.Region{{Mask: image.NewGray(image.Rect(0, 0, 5, 4)), Prompt: "c", Weight: 2}},
		Init: image.NewRGBA(image.Rect(0, 0, 4, 4)), Mask: image.NewGray(image.Rect(0, 0, 4, 4))}
}

// Every field of a request is carried by a recipe and comes back, or is named as left out with the reason; every
// field of a recipe is in the request or named as not part of it.
func TestEveryParameter(t *testing.T) {
	facts := engine.Facts{Classes: []string{"cat", "dog"}, ControlNames: []string{"lines"}}
	q := filled()
	r := Of(q, facts)
	r.ReadPictures(q)
	back, err := r.Request(facts)
	if err != nil {
		t.Fatal(err)
	}
	was, is := reflect.ValueOf(q), reflect.ValueOf(back)
	for i := range was.NumField() {
		field := was.Type().Field(i)
		reason, left := notCarried[field.Name]
		switch {
		case !field.IsExported(), left && reason != "":
		case field.Name == "Scheduler":
			a, _ := json.Marshal(q.Scheduler)
			b, _ := json.Marshal(back.Scheduler)
			if string(a) != string(b) {
				t.Errorf("the scheduler came back as %s, was %s", b, a)
			}
		case field.Name == "Timesteps", field.Name == "Sigmas", field.Name == "NoNegative", field.Name == "NoGuidance": // tested below: they exclude others
		case was.Field(i).IsZero():
			t.Errorf("%s is not set: carry it in a recipe, or name it in notCarried with the reason", field.Name)
		case !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()):
			t.Errorf("%s came back as %v, was %v", field.Name, is.Field(i), was.Field(i))
		}
	}
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch name {
		case "Timesteps", "Sigmas", "EmptyNegative", "NoGuidance":
		default:
			if v.Field(i).IsZero() && notOfRequest[name] == "" {
				t.Errorf("a recipe's %s comes of nothing: fill it in Of, or name it in notOfRequest", name)
			}
		}
	}
	for _, change := range []func(*engine.Request){func(q *engine.Request) { q.Timesteps = []float32{900, 100} }, func(q *engine.Request) { q.Sigmas = []float32{9, 0} }, func(q *engine.Request) { q.NoNegative, q.Negative = true, "" },
		func(q *engine.Request) { q.NoNegative, q.Negative = false, "" }, func(q *engine.Request) { q.NoGuidance, q.Guidance = true, 0 }} {
		q := filled()
		q.Steps = 0
		q.Init, q.Mask, q.Regions = nil, nil, nil
		change(&q)
		js, err := Of(q, facts).JSON()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(js)
		if err != nil {
			t.Fatal(err)
		}
		back, err := r.Request(facts)
		if err != nil || !reflect.DeepEqual(back.Timesteps, q.Timesteps) || !reflect.DeepEqual(back.Sigmas, q.Sigmas) || back.NoNegative != q.NoNegative || back.Negative != q.Negative || back.NoGuidance != q.NoGuidance || back.Guidance != q.Guidance {
			t.Errorf("%v: %+v became %+v", err, q, back)
		}
	}
}

// Parameters that a request leaves to the model are in the recipe with the model's value.
func TestOwnValues(t *testing.T) {
	f := engine.Facts{Sampler: "PNDMScheduler", Steps: 25, Guidance: 7.5}
	r := Of(engine.Request{Prompt: "x", Init: image.NewRGBA(image.Rect(0, 0, 2, 2))}, f)
	if r.Sampler != "PNDMScheduler" || r.Steps != 25 || r.Guidance != 7.5 || r.RNG != "torch" || r.Strength != 0.75 {
		t.Errorf("%+v", r)
	}
	if text := r.Parameters(); !strings.Contains(text, "Sampler: PLMS") {
		t.Error(text)
	}
	if r := Of(engine.Request{CFGPlusPlus: true}, f); r.Guidance != engine.PlusGuidance {
		t.Errorf("CFG++ at %g", r.Guidance)
	}
	if r := Of(engine.Request{NoGuidance: true}, f); r.Guidance != 0 || !r.NoGuidance {
		t.Errorf("%+v", r)
	}
}

// Recipes of earlier versions keep their meaning.
func TestOlderRecipes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		q, err := r.Request(engine.Facts{Classes: []string{"cat", "dog"}})
		if err != nil || q.Steps != 4 || q.Seed != 7 {
			t.Errorf("%s: %v, %+v", path, err, q)
		}
		switch filepath.Base(path) {
		case "0.1-off.json":
			if !q.NoGuidance || q.Guidance != 0 {
				t.Errorf("guidance that was off is %g", q.Guidance)
			}
		case "0.1-command.json":
			if q.Guidance != 7.5 || q.GuidanceFrom != 0 || q.GuidanceUntil != 0.8 || !reflect.DeepEqual(q.GuidanceCurve, []float32{9, 5}) || q.Sampler != "DDIMScheduler" {
				t.Errorf("%+v", q)
			}
		case "0.1-window.json":
			if q.Strength != 0.5 || !q.Soft || r.Feather != 8 || q.Content != "fill" || r.Refiner != "refiner" || len(q.ClassLabels) != 1 {
				t.Errorf("%+v", q)
			}
		case "0.1-scheduler.json":
			if q.Scheduler == nil || q.Scheduler.Class != "EulerDiscreteScheduler" || len(q.Timesteps) != 0 {
				t.Errorf("%+v", q)
			}
		}
	}
}

// DeepCache was called "draft" in old recipes; today "draft" is the distilled denoiser only.
func TestDeepCacheUnderItsOldName(t *testing.T) {
	for _, text := range []string{`{"draft": 3}`, `{"deepcache": 3}`} {
		if r, err := Parse([]byte(text)); err != nil || r.DeepCache != 3 || r.Draft {
			t.Errorf("%s: every %d, a draft %v, %v", text, r.DeepCache, r.Draft, err)
		}
	}
}

// A recipe says how its regions acted: as they could in the model that it is of; recipes of earlier versions mixed predictions.
func TestRegionModeInRecipes(t *testing.T) {
	takes, mixes := engine.Facts{Text: true, RegionAttention: true}, engine.Facts{Text: true}
	q := engine.Request{Prompt: "a", Regions: []engine.Region{{Prompt: "b", Mask: image.NewGray(image.Rect(0, 0, 4, 4))}}}
	by := func(mode string) engine.Request { q := q; q.RegionMode = mode; return q }
	for want, all := range map[string][]Recipe{
		engine.RegionAttention:  {Of(q, takes), Of(by(engine.RegionAttention), takes)},
		engine.RegionPrediction: {Of(q, mixes), Of(by(engine.RegionAttention), mixes), Of(by(engine.RegionPrediction), takes)},
	} {
		for _, r := range all {
			r.ReadPictures(q)
			data, err := r.JSON()
			if err != nil {
				t.Fatal(err)
			}
			back, err := Parse(data)
			if err != nil || back.RegionMode != want {
				t.Errorf("%q, want %q: %v", back.RegionMode, want, err)
			}
			if again, err := back.Request(takes); err != nil || again.RegionMode != want {
				t.Errorf("made again by %q, want %q: %v", again.RegionMode, want, err)
			}
		}
	}
	if r, err := Parse([]byte(`{"prompt":"a","regions":[{"prompt":"b"}]}`)); err != nil || r.RegionMode != engine.RegionPrediction {
		t.Errorf("an early recipe: %q, %v", r.RegionMode, err)
	}
	r := Of(q, takes)
	if r.ReadPictures(engine.Request{}); r.RegionMode != "" {
		t.Errorf("without regions under the frame: %q", r.RegionMode)
	}
	if _, err := Parse([]byte(`{"prompt":"a","region_mode":"magic"}`)); err == nil {
		t.Error("a mode that is not known is read")
	}
}
