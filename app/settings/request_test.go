package settings

import (
	"reflect"
	"testing"

	"nirvana/app/recipe"
	"nirvana/app/style"
	"nirvana/engine"
)

// notParameters are the settings that are not part of the engine's request, each with the reason.
var notParameters = map[string]string{
	"Grid": "several requests", "Regions": "pictures", "Styles": "laid over the prompts: below", "Strength": "of the mode: the mode has a say", "Locked": "of the next seed", "BestOf": "a search of several requests", "Count": "runs one behind the other", "Class": "an index into the model's", "Model": "of the run", "ModelDir": "of the run", "VAE": "a part of the model", "TextEncoders": "likewise", "Upscale": "of a picture that is enlarged", "OfModels": "of models that are not in use",
	"Control": "pictures", "MoreControls": "likewise", "DepthFile": "a picture", "References": "pictures", "Refiner": "another model", "RefinerAt": "another model's share",
	"Keep": "a change at the first step, of masked runs", "ShowLanes": "how steps are shown",
	"OnlyMasked": "of the region", "Padding": "likewise", "Feather": "of the ground: task.Ground", "Match": "likewise", "Overlap": "likewise",
	"BrushSize": "the brush", "Paint": "the brush", "BrushSoftness": "the brush", "BrushOpacity": "the brush", "BrushThins": "the brush", "Tolerance": "the flood", "MaskColor": "how the mask is shown", "MaskOpacity": "likewise", "ShowNoise": "what of a step is shown", "ShowChain": "likewise",
	"Theme": "the window's", "Folder": "the window's", "Folders": "the window's", "Roots": "the window's", "Recent": "the window's", "Pace": "for estimates", "HoldMask": "what Keep does with the mask", "ResultLayer": "what Keep does with the result", "ReadLayer": "what is read for the request's pictures", "Language": "the window's", "Device": "of the library", "Threads": "of the library", "Tool": "the window's", "Turned": "the window's",
	"Window": "the window's", "Scale": "the window's", "Contrast": "the window's", "StepsOf": "of what is kept", "StepsMegabytes": "of what is kept",
}

// Styles are applied to the prompts; a recipe that already includes them does not apply them again.
func TestStyles(t *testing.T) {
	set := Default()
	set.Prompt, set.Styles = "a moon", []style.Style{{Prompt: "ink of {prompt}", Negative: "colour"}, {Prompt: "grainy"}}
	q := set.Request()
	if q.Prompt != "ink of a moon, grainy" || q.Negative != "colour" || q.NoNegative {
		t.Errorf("%q, %q", q.Prompt, q.Negative)
	}
	kept := Default()
	kept.Sampler, kept.Schedule, kept.Steps, kept.Guidance, kept.ClipSkip, kept.Prompt = "Euler a", "Karras", 9, 3, 1, "an owl"
	if s := kept.AsStyle(" mine "); s.Name != "mine" || s.Prompt != "an owl" || !reflect.DeepEqual(s.Settings, style.Settings{Sampler: "Euler a", Schedule: "Karras", Steps: 9, Guidance: 3, ClipSkip: 1}) {
		t.Errorf("saved as %+v", s)
	}
	again := kept
	again.ToggleStyle(kept.AsStyle("mine"), true, true)
	if got, want := again.Request(), kept.Request(); got.Prompt != want.Prompt || got.Negative != want.Negative {
		t.Errorf("under the style that was saved of it, %q is %q, and %q %q", want.Prompt, got.Prompt, want.Negative, got.Negative)
	}
	full := style.Style{Name: "full", Prompt: "{prompt}, film", Settings: kept.AsStyle("").Settings}
	other := Default()
	other.ToggleStyle(full, true, false)
	if other.Steps != Default().Steps || len(other.Styles) != 1 {
		t.Errorf("without its settings: %+v", other.Styles)
	}
	other.ToggleStyle(full, true, true)
	if other.Sampler != "Euler a" || other.Steps != 9 || other.Guidance != 3 || other.ClipSkip != 1 || len(other.Styles) != 1 {
		t.Errorf("with its settings: %q, %d, %g, %d styles", other.Sampler, other.Steps, other.Guidance, len(other.Styles))
	}
	if other.ToggleStyle(full, false, true); len(other.Styles) != 0 {
		t.Error("taken off it is still there")
	}
	if set.Take(q); set.Prompt != q.Prompt || set.Request().Prompt != q.Prompt {
		t.Errorf("taken back it is %q", set.Request().Prompt)
	}
}

// Every setting goes into the request and comes back from its recipe, or is named as not a parameter with the reason.
func TestEverySetting(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(Settings{})) {
		if !field.Anonymous {
			testSetting(t, field)
		}
	}
}

func testSetting(t *testing.T, field reflect.StructField) {
	usual := Default()
	set := usual
	v := reflect.ValueOf(&set).Elem().FieldByIndex(field.Index)
	reason, left := notParameters[field.Name]
	switch v.Kind() {
	case reflect.String:
		v.SetString(map[string]string{"RNG": "philox", "Content": "noise"}[field.Name] + map[bool]string{true: "x"}[field.Name != "RNG" && field.Name != "Content"])
	case reflect.Int:
		v.SetInt(3)
	case reflect.Uint64:
		v.SetUint(1<<64 - 1)
	case reflect.Float32:
		v.SetFloat(0.25)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		if field.Type != reflect.TypeFor[[]float32]() {
			if !left {
				t.Errorf("%s: a setting of a new kind; carry it, or name it in notParameters with the reason", field.Name)
			}
			return
		}
		v.Set(reflect.ValueOf([]float32{0.25, 3}))
	default:
		if !left {
			t.Errorf("%s: a setting of a new kind; carry it, or name it in notParameters with the reason", field.Name)
		}
		return
	}
	switch field.Name { // fields that need a pair of values
	case "OriginalWidth", "OriginalHeight":
		set.OriginalWidth, set.OriginalHeight = 3, 3
	case "TrueGuidance":
		set.TrueGuidance = 3
	}
	same := reflect.DeepEqual(set.Request(), usual.Request())
	if left {
		if !same || reason == "" {
			t.Errorf("%s is named as no parameter (%s), and changes the request", field.Name, reason)
		}
		return
	}
	if same {
		t.Errorf("%s changes nothing of the request: carry it, or name it in notParameters with the reason", field.Name)
		return
	}
	q := set.Request()
	r := recipe.Of(q, engine.Facts{})
	r.Content, r.Soft = q.Content, q.Soft // stored with a mask only
	back, err := r.Request(engine.Facts{})
	got := usual
	got.Take(back)
	got.SoftMask = back.Soft
	was, is := reflect.ValueOf(set).FieldByIndex(field.Index), reflect.ValueOf(got).FieldByIndex(field.Index)
	if err != nil || !reflect.DeepEqual(was.Interface(), is.Interface()) {
		t.Errorf("%s came back as %v, was %v (%v)", field.Name, is, was, err)
	}
}
