package recipe

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"nirvana/engine"
)

// pair is one of AUTOMATIC1111's settings.
type pair struct{ key, value string }

// carried are the settings that take understands.
var carried = map[string]bool{"Steps": true, "Sampler": true, "Schedule type": true, "CFG scale": true, "Distilled CFG Scale": true, "Seed": true, "Size": true, "Model hash": true,
	"Model": true, "VAE": true, "Prediction": true, "Variation seed": true, "Variation seed strength": true, "Denoising strength": true, "Clip skip": true, "Eta": true, "Eta DDIM": true,
	"Sigma churn": true, "Sigma tmin": true, "Sigma tmax": true, "Sigma noise": true, "Perp-Neg": true, "CFG++": true, "CFG Rescale": true,
	"Best of": true, "Score": true, "RNG": true, "Version": true, "Refiner": true, "Refiner switch at": true, "Tiling": true, "Tile X": true, "Tile Y": true}

// stepsLine matches the line that settings begin with, in AUTOMATIC1111 and related programs.
var stepsLine = regexp.MustCompile(`(?m)^[ \t]*Steps: *\d`)

// splitParameters splits AUTOMATIC1111's text into prompts and settings. The settings begin at the last line that
// begins with "Steps:" and may span further lines: extensions write texts with line breaks.
func splitParameters(text string) (typed string, settings []pair) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if all := stepsLine.FindAllStringIndex(text, -1); all != nil {
		at := all[len(all)-1][0]
		if settings = settingsIn(text[at:]); len(settings) > 1 {
			return strings.TrimRight(text[:at], "\n"), settings
		}
	}
	at := strings.LastIndexByte(text, '\n') + 1
	settings = settingsIn(text[at:])
	known := 0
	for _, s := range settings {
		if carried[s.key] {
			known++
		}
	}
	if len(settings) < 3 || known < 2 { // the last line of a prompt
		return text, nil
	}
	return strings.TrimRight(text[:at], "\n"), settings
}

// settingsIn reads "key: value, key: value". Values may be quoted as in JSON, or be a JSON list or object; text
// without a key belongs to the value before.
func settingsIn(text string) (out []pair) {
	for rest := strings.TrimLeft(text, ", \n"); rest != ""; rest = strings.TrimLeft(rest, ", \n") {
		key, behind, ok := cutKey(rest)
		if !ok {
			var more string
			more, rest = cutPlain(rest)
			if n := len(out); n > 0 && more != "" {
				out[n-1].value += ", " + more
			}
			continue
		}
		var value string
		value, rest = cutValue(behind)
		out = append(out, pair{key, value})
	}
	return out
}

// cutKey cuts off a setting's name, which begins with a letter or digit and has no comma, quote or line break.
func cutKey(s string) (key, rest string, ok bool) {
	for i, r := range s {
		switch {
		case r == ':':
			return strings.TrimSpace(s[:i]), s[i+1:], i > 0
		case i > 60, i == 0 && !unicode.IsLetter(r) && !unicode.IsDigit(r), strings.ContainsRune(",\n\"{}[]<>|", r):
			return "", s, false
		}
	}
	return "", s, false
}

// cutValue cuts off a setting's value.
func cutValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, " ")
	if s != "" && strings.ContainsRune(`"[{`, rune(s[0])) && depth([]byte(s)) <= maxDepth {
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		var raw json.RawMessage
		if d.Decode(&raw) == nil {
			rest = strings.TrimLeft(s[d.InputOffset():], " ")
			if rest == "" || rest[0] == ',' || rest[0] == '\n' {
				if text := scalarText(raw); s[0] == '"' {
					return strings.TrimSpace(text), rest
				}
				return string(raw), rest
			}
		}
		if s[0] == '"' { // contains a line break, which JSON does not allow
			if m := quotedLines.FindString(s); m != "" {
				return strings.TrimSpace(strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n").Replace(m[1 : len(m)-1])), s[len(m):]
			}
		}
	}
	return cutPlain(s)
}

var quotedLines = regexp.MustCompile(`^"(?:\\.|[^\\"])*"`)

// cutPlain cuts before the next comma, or before a line that begins with a setting's name.
func cutPlain(s string) (value, rest string) {
	end := len(s)
	if i := strings.IndexByte(s, ','); i >= 0 {
		end = i
	}
	if m := settingLine.FindStringIndex(s[:end]); m != nil {
		end = m[0]
	}
	return strings.TrimSpace(s[:end]), s[end:]
}

// settingLine matches a line that continues with another setting, as dynamic prompts' templates do.
var settingLine = regexp.MustCompile(`\n(?:Template|Negative Template|Hires \w+|ADetailer [\w ]+|Lora hashes|TI hashes|Version|Dynamic \w+):`)

// parameters reads AUTOMATIC1111's text, and returns its settings.
func (f *Found) parameters(text string) []pair {
	f.Recipe = Recipe{Version: Version, Syntax: true}
	r := &f.Recipe
	typed, settings := splitParameters(text)
	var prompt, negative []string
	inNegative := false
	for _, l := range strings.Split(typed, "\n") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), "Negative prompt:"); ok && !inNegative {
			inNegative, l = true, strings.TrimSpace(rest)
		}
		if inNegative {
			negative = append(negative, l)
		} else {
			prompt = append(prompt, l)
		}
	}
	r.Prompt, r.Negative = strings.Join(prompt, "\n"), strings.Join(negative, "\n")
	var taken []string
	for _, s := range settings {
		if !slices.Contains(taken, s.key) { // the first wins: extensions append theirs
			f.take(s.key, s.value)
			taken = append(taken, s.key)
		}
	}
	r.splitSampler()
	r.Sampler = samplerName(r.Sampler)
	f.bound()
	return settings
}

// splitSampler separates the schedule from the sampler's name, as versions before 1.9 wrote it.
func (r *Recipe) splitSampler() {
	for _, schedule := range []string{"Karras", "Exponential", "Polyexponential"} {
		if name, ok := strings.CutSuffix(r.Sampler, " "+schedule); ok {
			r.Sampler = name
			if r.Schedule == "" {
				r.Schedule = schedule
			}
		}
	}
	if r.Schedule == "Automatic" { // the sampler's own
		r.Schedule = ""
	}
}

// take sets one field from a setting's name and value.
func (f *Found) take(key, value string) {
	r := &f.Recipe
	float := func() float32 { f, _ := strconv.ParseFloat(value, 32); return float32(f) }
	switch key {
	case "Steps":
		r.Steps, _ = strconv.Atoi(value)
	case "Sampler":
		r.Sampler = value
	case "Schedule type":
		r.Schedule = value
	case "CFG scale":
		r.Guidance = float()
	case "Distilled CFG Scale": // Forge: FLUX' own; classifier-free guidance is then off at 1
		f.distilled(float())
	case "Seed":
		r.Seed = f.seed(value)
	case "Size":
		w, h, _ := strings.Cut(value, "x")
		r.Width, _ = strconv.Atoi(w)
		r.Height, _ = strconv.Atoi(h)
	case "Model hash":
		r.ModelHash = value
	case "Model":
		r.Model = value
	case "VAE":
		r.vaeNamed(value)
	case "Prediction":
		if _, err := engine.ParsePrediction(value); err == nil {
			r.Prediction = value
		}
	case "Variation seed":
		r.VariationSeed = f.seed(value)
	case "Variation seed strength":
		r.Variation = float()
	case "Denoising strength":
		r.Strength = float()
	case "Clip skip":
		n, _ := strconv.Atoi(value)
		r.ClipSkip = max(n-1, 0)
	case "Eta DDIM":
		r.Eta = float()
	case "Eta": // of ancestral samplers; DDIM's has another name
		eta := float()
		r.EtaAncestral = &eta
	case "Sigma churn":
		r.SChurn = float()
	case "Sigma tmin":
		r.STMin = float()
	case "Sigma tmax":
		r.STMax = float()
	case "Sigma noise":
		r.SNoise = float()
	case "Perp-Neg":
		r.PerpNeg = float()
	case "CFG++":
		r.CFGPlusPlus = value == "True"
	case "CFG Rescale":
		r.Rescale = float()
	case "Best of":
		if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= engine.MaxSearch {
			r.BestOf = n
		}
	case "Score":
		r.Score = float()
	case "RNG":
		if value == "NV" || value == "GPU" {
			r.RNG = "philox"
		}
	case "Refiner":
		r.Refiner, _, _ = strings.Cut(value, " [")
	case "Refiner switch at":
		r.RefinerAt = float()
	case "Tiling":
		r.seamless(value == "True", value == "True")
	case "Tile X": // of the extension for tiling in one direction
		r.seamless(value == "True", false)
	case "Tile Y":
		r.seamless(false, value == "True")
	case "Version":
		r.Software = value
	}
}
