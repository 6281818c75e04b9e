package recipe

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// What extensions and related programs add to AUTOMATIC1111's settings.
func TestSettings(t *testing.T) {
	const head = "a red fox\nNegative prompt: mud\nSteps: 25, Sampler: Euler a, CFG scale: 5, Seed: 3, Size: 512x640, Model: fine"
	for _, c := range []struct {
		name, text string
		change     func(*Recipe)
		lost       []string
	}{
		{"plain", head, func(*Recipe) {}, nil},
		{"a template with a line break", head + ", Template: a {red|blue} cat\non a roof, and so on, Negative Template: dog", func(*Recipe) {}, []string{"Template: a {red|blue} cat on a roof, and so on", "Negative Template: dog"}},
		{"templates on lines of their own", head + "\nTemplate: a {red|blue} cat\nNegative Template: dog", func(*Recipe) {}, []string{"Template: a {red|blue} cat", "Negative Template: dog"}},
		{"a template that has settings", head + ", Template: x\nSeed: 9, Steps: 2 ", func(*Recipe) {}, []string{"Template: x Seed: 9"}},
		{"resources of Civitai", head + `, Civitai resources: [{"modelName": "Some, Model: v8 (Seed: 1, Steps: 2)", "weight": 0.8}, {"a": "\"}], Steps: 9"}], Civitai metadata: {}`, func(*Recipe) {}, []string{"Civitai resources: [{", "Civitai metadata: {}"}},
		{"a value in quotes", head + `, Hires prompt: "a, b: c, \"Steps: 3\", d", Lora hashes: "x: 1, Model: y"`, func(*Recipe) {}, []string{`Hires prompt: a, b: c, "Steps: 3", d`, "Lora hashes: x: 1, Model: y"}},
		{"a value in quotes with a line break", head + ", ADetailer prompt: \"a\nSteps: b, Model: c\", Clip skip: 2", func(r *Recipe) { r.ClipSkip = 1 }, []string{"ADetailer prompt: a Steps: b, Model: c"}},
		{"a quote that is never closed", head + `, Note: "a, b, Clip skip: 2`, func(r *Recipe) { r.ClipSkip = 1 }, []string{`Note: "a, b`}},
		{"Windows' line ends", strings.ReplaceAll(head, "\n", "\r\n"), func(*Recipe) {}, nil},
		{"settings pasted into the prompt", "old\nSteps: 9, Sampler: DDIM, CFG scale: 1, Seed: 8, Size: 8x8\n" + head, func(r *Recipe) {
			r.Prompt = "old\nSteps: 9, Sampler: DDIM, CFG scale: 1, Seed: 8, Size: 8x8\na red fox"
		}, nil},
		{"FLUX in Forge", head + ", Distilled CFG Scale: 3.5", func(r *Recipe) { r.Guidance, r.TrueGuidance = 3.5, 5 }, nil},
		{"FLUX in Forge without real guidance", strings.Replace(head, "CFG scale: 5", "CFG scale: 1, Distilled CFG Scale: 3.5", 1), func(r *Recipe) { r.Guidance = 3.5 }, nil},
		{"diffusers' class", strings.Replace(head, "Euler a", "PNDMScheduler", 1), func(r *Recipe) { r.Sampler = "PLMS" }, nil},
		{"a seed of 64 bits", strings.Replace(head, "Seed: 3", "Seed: 18446744073709551615", 1), func(r *Recipe) { r.Seed = math.MaxUint64 }, nil},
		{"a seed that is none", strings.Replace(head, "Seed: 3", "Seed: -1", 1), func(r *Recipe) { r.Seed = 0 }, []string{"seed -1"}},
		{"numbers beyond all", strings.Replace(head, "Size: 512x640", "Size: 99999999x3, Clip skip: 1000000, Denoising strength: NaN", 1), func(r *Recipe) { r.Width, r.Height = 0, 3 }, []string{"width: 9.9999999e+07", "strength: NaN", "clip_skip is 999999, and can be from 0 to 100"}},
	} {
		f, err := readTexts(map[string]string{a1111: c.text})
		want := Recipe{Version: Version, Prompt: "a red fox", Negative: "mud", Syntax: true, Steps: 25, Sampler: "Euler a", Guidance: 5, Seed: 3, Width: 512, Height: 640, Model: "fine", RNG: "philox"}
		c.change(&want)
		if err != nil || !reflect.DeepEqual(f.Recipe, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", c.name, err, f.Recipe, want)
		}
		for _, l := range c.lost {
			if !strings.Contains("\n"+strings.Join(f.Lost, "\n"), "\n"+l) {
				t.Errorf("%s: %q is not in what was lost, %q", c.name, l, f.Lost)
			}
		}
		if len(f.Lost) != len(c.lost) {
			t.Errorf("%s: lost %q", c.name, f.Lost)
		}
	}
	if r := parseParameters("a cat, style: oil, mood: calm, light: soft"); r.Prompt != "a cat, style: oil, mood: calm, light: soft" || r.Steps != 0 {
		t.Errorf("a prompt was read as settings: %+v", r)
	}
}

// Our own text uses AUTOMATIC1111's names, and is read back.
func TestOwnNames(t *testing.T) {
	for class, name := range map[string]string{"PNDMScheduler": "PLMS", "EulerDiscreteScheduler": "Euler", "DPMSolverMultistepScheduler": "DPM++ 2M", "DDIMScheduler": "DDIM", "FlowMatchEulerDiscreteScheduler": "Euler",
		"sample_dpmpp_2m_sde": "DPM++ 2M SDE", "DPM++ SDE": "DPM++ SDE", "EulerAncestralDiscrete": "Euler a"} {
		r := Recipe{Sampler: class, Steps: 4, Prompt: "x", Seed: math.MaxUint64, CFGPlusPlus: true, Guidance: 0.5}
		text := r.Parameters()
		if !strings.Contains(text, "Sampler: "+name+",") || !strings.Contains(text, "Seed: 18446744073709551615,") {
			t.Errorf("%s: %s", class, text)
		}
		if again := parseParameters(text); again.Sampler != name || again.Seed != r.Seed || !again.CFGPlusPlus {
			t.Errorf("%s was read as %+v", class, again)
		}
	}
	flux := Recipe{Guidance: 3.5, TrueGuidance: 2, Steps: 4, Sampler: "Euler", Model: "f"}
	if again := parseParameters(flux.Parameters()); again.Guidance != 3.5 || again.TrueGuidance != 2 {
		t.Errorf("FLUX' guidance came back as %g and %g: %s", again.Guidance, again.TrueGuidance, flux.Parameters())
	}
}

func TestSeeds(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "42": 42, " 42 ": 42, "42.0": 42, "3e9": 3e9, "18446744073709551615": math.MaxUint64, "9007199254740993": 9007199254740993, "1e19": 1e19} {
		var f Found
		if got := f.seed(text); got != want || f.Lost != nil {
			t.Errorf("%q is %d, %q", text, got, f.Lost)
		}
	}
	for _, text := range []string{"-1", "18446744073709551616", "1e400", "0.5", "abc", "Inf", strings.Repeat("9", 1000)} {
		var f Found
		if got := f.seed(text); got != 0 || len(f.Lost) != 1 {
			t.Errorf("%q is %d, %q", text, got, f.Lost)
		}
	}
	for _, text := range []string{`{"prompt": "x", "seed": 18446744073709551615, "sampler": "euler", "steps": 1}`, `{"sui_image_params": {"seed": 18446744073709551615}}`, `{"c": "x", "uc": "", "seed": 18446744073709551615}`,
		`{"extraMetadata": {"seed": 18446744073709551615}}`, `{"extraMetadata": "{\"seed\": \"18446744073709551615\"}"}`} {
		if f, err := readTexts(map[string]string{a1111: text}); err != nil || f.Recipe.Seed != math.MaxUint64 {
			t.Errorf("%s: %d, %v", text, f.Recipe.Seed, err)
		}
	}
}

// Numbers that no run could have had are refused in our own recipes.
func TestLimits(t *testing.T) {
	for _, js := range []string{`{"expand": [1000000000, 0, 0, 0]}`, `{"expand": [1, 2, 3, 4, 5]}`, `{"expand": [-1, 0, 0, 0]}`, `{"steps": -1}`, `{"width": 1000000}`, `{"strength": 2}`, `{"clip_skip": -3}`, `{"feather": 1000000000}`,
		`{"draft": -1}`, `{"refiner_at": 7}`, `{"original_size": [1, 2, 3]}`, `{"guidance_interval": [0, 1, 2]}`, `{"controls": [{"weight": 1e30}]}`, `{"variation": -1}`} {
		if r, err := Parse([]byte(js)); err == nil {
			t.Errorf("%s was read as %+v", js, r)
		}
	}
	if err := full.check(); err != nil {
		t.Error(err)
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("a\nNegative prompt: b\nSteps: 2, Sampler: Euler, Civitai resources: [{}], Note: \"x\\\"\", Size: 1x1")
	f.Fuzz(func(t *testing.T, text string) {
		r := parseParameters(text)
		if err := r.check(); err != nil {
			t.Error(err)
		}
	})
}

// parseParameters reads AUTOMATIC1111's text and ignores what it does not know.
func parseParameters(text string) Recipe {
	var f Found
	f.parameters(text)
	return f.Recipe
}
