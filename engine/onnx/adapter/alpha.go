package adapter

import (
	"cmp"
	"encoding/json"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nirvana/engine/wholefile"
)

// trainings are the training settings in a file's metadata, by component; "" is for all.
type trainings map[string]training

// training is PEFT's settings that scale a delta.
type training struct {
	alpha    float64 // 0: not given
	byRoot   bool    // rank-stabilised: alpha over the square root of the rank
	patterns []alphaPattern

	exactly     bool // OFT's rotations are Cayley's, not their series
	terms       int  // of that series; 0: PEFT's usual 5
	olderSeries bool // as before PEFT 0.18
}

// alphaPattern is the alpha of modules whose name matches.
type alphaPattern struct {
	name  *regexp.Regexp
	alpha float64
}

// mostConfig is the size of the largest adapter_config.json that is read.
const mostConfig = 1 << 20

// mostTerms is how many terms of a series are summed; more change nothing in float32.
const mostTerms = 64

// trainingOf reads the settings from lora_adapter_metadata (diffusers from 0.34 on), from plain keys of the metadata
// (SimpleTuner and others), or from the adapter_config.json next to a file of PEFT.
func trainingOf(path string, metadata map[string]string) trainings {
	all := trainings{}
	for key, value := range metadata {
		all.set(key, json.RawMessage(value))
	}
	all.read([]byte(metadata["lora_adapter_metadata"]))
	if strings.HasPrefix(filepath.Base(path), "adapter_model") {
		all.read(config(filepath.Join(filepath.Dir(path), "adapter_config.json")))
	}
	return all
}

func config(path string) []byte {
	data, _ := wholefile.ReadMost(path, mostConfig)
	return data
}

// read reads an object of settings; unreadable ones are ignored.
func (a trainings) read(data []byte) {
	var settings map[string]json.RawMessage
	if json.Unmarshal(data, &settings) != nil {
		return
	}
	for key, value := range settings {
		a.set(key, value)
	}
	if settings["use_cayley_neumann"] != nil && settings["peft_version"] == nil { // which only later versions write
		t := a[""]
		t.olderSeries = true
		a[""] = t
	}
}

// set sets one setting: "unet.lora_alpha", "lora_alpha".
func (a trainings) set(key string, value json.RawMessage) {
	component, name := "", key
	if i := strings.LastIndex(key, "."); i >= 0 {
		component, name = key[:i], key[i+1:]
	}
	if component == "transformer" || component == "diffusion_model" {
		component = "unet"
	}
	t := a[component]
	switch name {
	case "lora_alpha", "network_alpha":
		if v, err := strconv.ParseFloat(strings.Trim(string(value), `" `), 64); err == nil && v > 0 && !math.IsInf(v, 0) {
			t.alpha = v
		}
	case "use_cayley_neumann":
		t.exactly = string(value) == "false"
	case "num_cayley_neumann_terms":
		if n, err := strconv.Atoi(string(value)); err == nil && n > 0 && n <= mostTerms {
			t.terms = n
		}
	case "use_rslora":
		t.byRoot = strings.EqualFold(strings.Trim(string(value), `" `), "true")
	case "alpha_pattern":
		var inner string
		if json.Unmarshal(value, &inner) == nil {
			value = json.RawMessage(inner)
		}
		var alphas map[string]float64
		if json.Unmarshal(value, &alphas) != nil {
			return
		}
		for pattern, alpha := range alphas {
			// PEFT's rule: the whole name, or its end after a dot
			if name, err := regexp.Compile(`^(?:.*\.)?(?:` + strings.TrimPrefix(pattern, "^") + `)$`); err == nil && alpha > 0 {
				t.patterns = append(t.patterns, alphaPattern{name, alpha})
			}
		}
		// the most specific first, whatever their order in the file
		slices.SortFunc(t.patterns, func(a, b alphaPattern) int {
			return cmp.Or(len(b.name.String())-len(a.name.String()), strings.Compare(a.name.String(), b.name.String()))
		})
	default:
		return
	}
	a[component] = t
}

// of are the settings of a component.
func (a trainings) of(component string) training {
	if t, ok := a[component]; ok {
		return t
	}
	return a[""]
}

var tensorEnd = regexp.MustCompile(`\.(lora_A|lora_B|lora|lora_down|lora_up|lora_linear_layer|lora_magnitude_vector)\..*$`)

// scale is the factor of a module's delta; 1 without settings.
func (t training) scale(tensor string, rank int) float32 {
	alpha := t.alpha
	module := tensorEnd.ReplaceAllString(tensor, "")
	for _, p := range t.patterns {
		if p.name.MatchString(module) {
			alpha = p.alpha
			break
		}
	}
	if alpha == 0 {
		return 1
	}
	if t.byRoot {
		return float32(alpha / math.Sqrt(float64(rank)))
	}
	return float32(alpha / float64(rank))
}
